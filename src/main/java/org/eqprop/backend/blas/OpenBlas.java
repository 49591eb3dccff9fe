package org.eqprop.backend.blas;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.openblas.global.openblas_nolapack;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The OpenBLAS that this process, including ND4J, computes with: its kernels and its number of
 * threads.
 *
 * <p>OpenBLAS chooses its kernels when it is loaded. On AMD's processors it chooses those for Zen,
 * which use AVX2 even if the processor has AVX-512, and which copy operands more slowly than the
 * kernels for Haswell, otherwise the same (ADR 5). Only an environment variable can override its
 * choice, and executors are not started by this program. So this class sets the variable within the
 * process before the library is loaded, unless it is already set in the environment.
 */
public final class OpenBlas {
  private static final Logger LOG = LoggerFactory.getLogger(OpenBlas.class);
  private static final String CORE_VARIABLE = "OPENBLAS_CORETYPE";
  private static final String AVX512_CORE = "SKYLAKEX";
  private static final String AVX2_CORE = "HASWELL";
  private static final List<String> AVX2 = List.of("avx2", "fma");
  private static final List<String> AVX512 =
      List.of("avx512f", "avx512dq", "avx512cd", "avx512bw", "avx512vl");

  /** OpenBLAS's names for the cores whose kernels use AVX-512. */
  private static final List<String> AVX512_CORES =
      List.of("skylakex", "cooperlake", "sapphirerapids");

  private static final String UNKNOWN = "unknown";

  private static final OpenBlas INSTANCE = new OpenBlas();

  private final String core;
  private final @Nullable NativeLibrary library;

  private OpenBlas() {
    String problem = Jna.load();
    if (problem == null && System.getenv(CORE_VARIABLE) == null) {
      betterCore(cpuInfo()).ifPresent(OpenBlas::choose);
    }
    Loader.load(openblas_nolapack.class);
    library = problem == null ? loadedLibrary() : null;
    core =
        library == null
            ? UNKNOWN
            : library.getFunction("openblas_get_corename").invokeString(new Object[0], false);
    if (library == null) {
      LOG.warn(
          "OpenBLAS chooses its kernels on its own, so weights may differ from those of other processes: {}",
          problem == null ? "its library was not found" : problem);
    }
    useOneThread();
  }

  /**
   * Returns the library, loaded, with one thread per calling thread.
   *
   * @throws LinkageError if it does not exist for this platform
   */
  public static OpenBlas load() {
    return INSTANCE;
  }

  /**
   * Sets the number of threads per calling thread back to one; call it after the initialisation of
   * ND4J, which sets its own number. Spark runs as many tasks as there are cores; with more threads
   * than that, the throughput collapses.
   */
  public final void useOneThread() {
    if (library != null) {
      library.getFunction("openblas_set_num_threads").invoke(new Object[] {1});
    } else {
      openblas_nolapack.blas_set_num_threads(1);
    }
  }

  /**
   * Returns OpenBLAS's name for the processor whose kernels it runs, such as {@code SkylakeX};
   * {@code unknown} if JNA cannot be loaded.
   */
  public String core() {
    return core;
  }

  /** Returns the number of threads that a call may use; empty if JNA cannot be loaded. */
  public OptionalInt threads() {
    return library == null
        ? OptionalInt.empty()
        : OptionalInt.of(library.getFunction("openblas_get_num_threads").invokeInt(new Object[0]));
  }

  /** Describes the kernels and threads, such as {@code SkylakeX kernels, 1 thread per task}. */
  public String description() {
    OptionalInt threads = threads();
    return core
        + " kernels"
        + (passesOverAvx512() ? " (set by OPENBLAS_CORETYPE; this processor has AVX-512)" : "")
        + (threads.isEmpty()
            ? ""
            : ", "
                + threads.getAsInt()
                + " thread"
                + (threads.getAsInt() == 1 ? "" : "s")
                + " per task");
  }

  /** Returns whether the kernels use AVX-512. */
  public boolean avx512() {
    return AVX512_CORES.contains(core.toLowerCase(Locale.ROOT));
  }

  /**
   * Returns whether the environment selects kernels without AVX-512 although the processor has it.
   */
  private boolean passesOverAvx512() {
    return System.getenv(CORE_VARIABLE) != null
        && !core.equals(UNKNOWN)
        && !avx512()
        && hasAvx512(cpuInfo());
  }

  private static @Nullable NativeLibrary loadedLibrary() {
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
    } catch (IOException e) { // not Linux: leave the choice to OpenBLAS
      return "";
    }
  }

  /**
   * Returns the core whose kernels suit this processor better than those that OpenBLAS would
   * choose: for AMD's processors with AVX2 or AVX-512.
   */
  static Optional<String> betterCore(String cpuInfo) {
    if (!cpuInfo.contains("AuthenticAMD")) {
      return Optional.empty();
    }
    return hasAvx512(cpuInfo)
        ? Optional.of(AVX512_CORE)
        : Optional.of(AVX2_CORE).filter(core -> has(cpuInfo, AVX2));
  }

  private static boolean hasAvx512(String cpuInfo) {
    return has(cpuInfo, AVX512);
  }

  private static boolean has(String cpuInfo, List<String> flags) {
    return List.of(cpuInfo.split("\\s+")).containsAll(flags);
  }

  private static void choose(String core) {
    Object[] arguments = {CORE_VARIABLE, core, 1};
    var unused = Function.getFunction("c", "setenv").invokeInt(arguments);
  }
}
