package org.eqprop.backend.cuda;

import com.sun.jna.Library;
import com.sun.jna.Memory;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.LongByReference;
import com.sun.jna.ptr.PointerByReference;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.eqprop.backend.blas.Jna;
import org.jspecify.annotations.Nullable;

/**
 * CUDA on this machine: its driver and its run-time compiler, loaded on first use. Both are called
 * through JNA, so that any version from 11.2 on works and the job jar contains none of it. See
 * {@code adr/0012-cuda.md}.
 */
public final class Cuda {
  private static final int OUT_OF_MEMORY = 2;
  private static final int SUCCESS = 0;
  private static final List<String> DRIVERS = List.of("libcuda.so.1", "nvcuda");
  private static final List<String> COMPILERS =
      List.of(
          "libnvrtc.so",
          "libnvrtc.so.13",
          "libnvrtc.so.12",
          "libnvrtc.so.11.2",
          "nvrtc64_130_0",
          "nvrtc64_120_0",
          "nvrtc64_112_0");

  /** Folders to search for CUDA's libraries if the system's loader does not find them. */
  private static final List<String> FOLDERS =
      List.of("/usr/local/cuda/lib64", "/usr/local/cuda/lib", "/usr/lib/x86_64-linux-gnu");

  private static final Cuda INSTANCE = new Cuda();

  private @Nullable Driver driver;
  private @Nullable Nvrtc compiler;
  private @Nullable String problem;
  private int devices;

  private Cuda() {
    problem = load();
  }

  private @Nullable String load() {
    String jna = Jna.load();
    if (jna != null) {
      return jna;
    }
    driver = first(DRIVERS, Driver.class);
    if (driver == null) {
      return "NVIDIA's driver was not found (no libcuda.so.1): expected a machine with an NVIDIA GPU and its driver";
    }
    int error = driver.cuInit(0);
    if (error != SUCCESS) {
      return "NVIDIA's driver does not start ("
          + name(error)
          + "): expected a GPU that this process may use (nvidia-smi, CUDA_VISIBLE_DEVICES)";
    }
    IntByReference count = new IntByReference();
    check(driver.cuDeviceGetCount(count), "count the GPUs");
    devices = count.getValue();
    if (devices == 0) {
      return "there is no GPU: expected one that this process may use (nvidia-smi, CUDA_VISIBLE_DEVICES)";
    }
    compiler = first(COMPILERS, Nvrtc.class);
    return compiler == null
        ? "CUDA's run-time compiler was not found (no libnvrtc.so): expected CUDA 11.2 or later, in"
            + " /usr/local/cuda or on LD_LIBRARY_PATH"
        : null;
  }

  /** Returns the first library that can be loaded: first by name, then in the known folders. */
  private static <T extends Library> @Nullable T first(List<String> names, Class<T> type) {
    Stream<String> paths =
        FOLDERS.stream()
            .flatMap(folder -> names.stream().map(name -> folder + "/" + name))
            .filter(path -> Files.isRegularFile(Path.of(path)));
    return Stream.concat(names.stream(), paths)
        .map(name -> loaded(name, type))
        .filter(Objects::nonNull)
        .findFirst()
        .orElse(null);
  }

  private static <T extends Library> @Nullable T loaded(String name, Class<T> type) {
    try {
      return Native.loadLibrary(name, type);
    } catch (UnsatisfiedLinkError e) {
      return null; // the caller reports what is missing
    }
  }

  /** Returns why no GPU can compute here, in one line; null if one can. */
  public static @Nullable String problem() {
    return INSTANCE.problem;
  }

  /** Returns how many GPUs this process may use, 0 if none. */
  public static int devices() {
    return INSTANCE.devices;
  }

  /** Returns the version of CUDA that the driver supports, such as {@code 13.0}. */
  public static String driverVersion() {
    IntByReference version = new IntByReference();
    check(driver().cuDriverGetVersion(version), "read the driver's version");
    return version.getValue() / 1000 + "." + version.getValue() % 1000 / 10;
  }

  /** Returns the version of the run-time compiler, such as {@code 13.0}. */
  public static String compilerVersion() {
    IntByReference major = new IntByReference();
    IntByReference minor = new IntByReference();
    int unused = compiler().nvrtcVersion(major, minor);
    return major.getValue() + "." + minor.getValue();
  }

  /**
   * Returns the driver.
   *
   * @throws CudaException if no GPU can compute here
   */
  static Driver driver() {
    Driver driver = INSTANCE.driver;
    if (driver == null || INSTANCE.problem != null) {
      throw new CudaException(INSTANCE.problem == null ? "no driver" : INSTANCE.problem);
    }
    return driver;
  }

  private static Nvrtc compiler() {
    Nvrtc compiler = INSTANCE.compiler;
    if (compiler == null) {
      throw new CudaException(INSTANCE.problem == null ? "no compiler" : INSTANCE.problem);
    }
    return compiler;
  }

  /**
   * Checks what a function of the driver returned.
   *
   * @param what the call does, starting with a verb, such as {@code start a kernel}
   * @throws CudaException if it is an error
   */
  static void check(int error, String what) {
    if (error == OUT_OF_MEMORY) {
      throw new CudaException(
          "the GPU does not have enough memory to "
              + what
              + ": expected fewer replicas per GPU, smaller batches or fewer examples per replica");
    }
    if (error != SUCCESS) {
      throw new CudaException("CUDA could not " + what + ": " + INSTANCE.name(error));
    }
  }

  private String name(int error) {
    PointerByReference name = new PointerByReference();
    Driver cuda = driver;
    if (cuda == null || cuda.cuGetErrorName(error, name) != SUCCESS) {
      return "error " + error;
    }
    return name.getValue().getString(0) + ", " + error;
  }

  /**
   * Compiles CUDA C++ for a GPU architecture.
   *
   * @param macros the macros to define, such as {@code THREADS=512}
   * @param architecture such as {@code sm_90}
   * @return the device's code
   * @throws CudaException if the source does not compile; the message contains the compiler's first
   *     error
   */
  static Memory compile(String source, List<String> macros, String architecture) {
    Nvrtc nvrtc = compiler();
    PointerByReference program = new PointerByReference();
    int created =
        nvrtc.nvrtcCreateProgram(program, source, "kernels.cu", 0, Pointer.NULL, Pointer.NULL);
    if (created != SUCCESS) {
      throw new CudaException("CUDA's compiler does not start: error " + created);
    }
    try {
      String[] options =
          Stream.concat(
                  Stream.of("--gpu-architecture=" + architecture, "--std=c++17"),
                  macros.stream().map(macro -> "--define-macro=" + macro))
              .toArray(String[]::new);
      int compiled = nvrtc.nvrtcCompileProgram(program.getValue(), options.length, options);
      if (compiled != SUCCESS) {
        throw new CudaException(
            "CUDA's compiler "
                + compilerVersion()
                + " could not compile the kernels for "
                + architecture
                + " ("
                + log(nvrtc, program.getValue())
                + "): expected a CUDA version that supports this GPU");
      }
      LongByReference size = new LongByReference();
      int sized = nvrtc.nvrtcGetCUBINSize(program.getValue(), size);
      Memory code = new Memory(Math.max(1, size.getValue()));
      if (sized != SUCCESS || nvrtc.nvrtcGetCUBIN(program.getValue(), code) != SUCCESS) {
        throw new CudaException("CUDA's compiler produced no code for " + architecture);
      }
      return code;
    } finally {
      int unused = nvrtc.nvrtcDestroyProgram(program);
    }
  }

  private static String log(Nvrtc nvrtc, Pointer program) {
    LongByReference size = new LongByReference();
    if (nvrtc.nvrtcGetProgramLogSize(program, size) != SUCCESS || size.getValue() < 2) {
      return "it gave no reason";
    }
    Memory log = new Memory(size.getValue());
    int unused = nvrtc.nvrtcGetProgramLog(program, log);
    List<String> lines = log.getString(0, StandardCharsets.UTF_8.name()).lines().toList();
    return lines.stream().filter(l -> l.contains("error")).findFirst().orElse(lines.get(0));
  }

  static CudaException noSuchDevice(int ordinal) {
    return new CudaException(
        "there is no GPU " + ordinal + ": expected 0 to " + (INSTANCE.devices - 1));
  }
}
