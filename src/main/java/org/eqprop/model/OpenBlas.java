package org.eqprop.model;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.openblas.global.openblas_nolapack;
import org.jspecify.annotations.Nullable;

/**
 * The OpenBLAS that this process computes with, ND4J included: which kernels, how many threads.
 *
 * <p>OpenBLAS chooses its kernels when it is loaded, and for AMD's processors it takes those for
 * AVX2 even where the processor has AVX-512. Its choice can be overruled by an environment variable
 * alone, and executors are started by others; so this class sets the variable within the process,
 * before the library is loaded, unless the environment has it already.
 */
public final class OpenBlas {
  private static final String CORE_VARIABLE = "OPENBLAS_CORETYPE";
  private static final String AVX512_CORE = "SKYLAKEX";
  private static final List<String> AVX512 =
      List.of("avx512f", "avx512dq", "avx512cd", "avx512bw", "avx512vl");

  /** OpenBLAS's names of the cores whose kernels use AVX-512. */
  private static final List<String> AVX512_CORES =
      List.of("skylakex", "cooperlake", "sapphirerapids");

  private static final OpenBlas INSTANCE = new OpenBlas();

  private final String core;
  private final int threads;

  private OpenBlas() {
    if (System.getenv(CORE_VARIABLE) == null && cpuNeedsToldOfAvx512(cpuInfo())) {
      setVariable(CORE_VARIABLE, AVX512_CORE);
    }
    Loader.load(openblas_nolapack.class);
    NativeLibrary library = library();
    if (library == null) {
      core = "unknown";
      threads = 0;
      return;
    }
    // Spark runs as many tasks as there are cores; threads beyond that collapse the throughput.
    library.getFunction("openblas_set_num_threads").invoke(new Object[] {1});
    core = library.getFunction("openblas_get_corename").invokeString(new Object[0], false);
    threads = library.getFunction("openblas_get_num_threads").invokeInt(new Object[0]);
  }

  /**
   * Returns the library, loaded and with one thread a calling thread.
   *
   * @throws LinkageError if there is none for this platform
   */
  public static OpenBlas load() {
    return INSTANCE;
  }

  /** Returns OpenBLAS's name of the processor whose kernels it runs, such as {@code SkylakeX}. */
  public String core() {
    return core;
  }

  /** Returns the threads a call may use; 0 if that cannot be told. */
  public int threads() {
    return threads;
  }

  /** Returns whether the kernels use AVX-512. */
  public boolean avx512() {
    return AVX512_CORES.contains(core.toLowerCase(Locale.ROOT));
  }

  /** Returns whether the processor has AVX-512 but the kernels do not use it. */
  public boolean passesOverAvx512() {
    return !avx512() && hasAvx512(cpuInfo());
  }

  private static @Nullable NativeLibrary library() {
    return Loader.getLoadedLibraries().values().stream()
        .filter(Objects::nonNull)
        .filter(path -> Path.of(path).getFileName().toString().matches("libopenblas[._].*"))
        .findFirst()
        .map(NativeLibrary::getInstance)
        .orElse(null);
  }

  private static String cpuInfo() {
    try {
      return Files.readString(Path.of("/proc/cpuinfo"));
    } catch (IOException e) { // not Linux: OpenBLAS may choose
      return "";
    }
  }

  /** Whether OpenBLAS would pass over this processor's AVX-512: it has it, and is not Intel's. */
  static boolean cpuNeedsToldOfAvx512(String cpuInfo) {
    return cpuInfo.contains("AuthenticAMD") && hasAvx512(cpuInfo);
  }

  private static boolean hasAvx512(String cpuInfo) {
    return List.of(cpuInfo.split("\\s+")).containsAll(AVX512);
  }

  private static void setVariable(String name, String value) {
    var unused = Function.getFunction("c", "setenv").invokeInt(new Object[] {name, value, 1});
  }
}
