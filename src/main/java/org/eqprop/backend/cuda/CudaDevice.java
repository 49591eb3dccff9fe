package org.eqprop.backend.cuda;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.LongByReference;
import com.sun.jna.ptr.PointerByReference;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** One GPU, in this process's primary context. Thread-safe. */
public final class CudaDevice {
  private static final int MOST_THREADS = 1;
  private static final int MULTIPROCESSORS = 16;
  private static final int MAJOR = 75;
  private static final int MINOR = 76;
  private static final int COOPERATIVE = 95;

  /**
   * The lowest major compute capability at which one multiprocessor can release memory and another
   * acquire it.
   */
  private static final int LOWEST_MAJOR = 7;

  private static final int MOST_SHARED_BYTES = 97;
  private static final int SET_MOST_SHARED_BYTES = 8;

  /** Bytes of shared memory that kernels may use in addition to what their launch requests. */
  private static final int STATIC_SHARED_BYTES = 1024;

  private static final Map<Integer, CudaDevice> DEVICES = new ConcurrentHashMap<>();

  private final int device;
  private final Pointer context;
  private final Map<String, Pointer> modules = new ConcurrentHashMap<>();

  private CudaDevice(int ordinal) {
    if (ordinal < 0 || ordinal >= Cuda.devices()) {
      throw Cuda.noSuchDevice(ordinal);
    }
    IntByReference handle = new IntByReference();
    Cuda.check(Cuda.driver().cuDeviceGet(handle, ordinal), "open GPU " + ordinal);
    device = handle.getValue();
    if (attribute(COOPERATIVE) == 0 || attribute(MAJOR) < LOWEST_MAJOR) {
      throw new CudaException(
          name()
              + " has compute capability "
              + capability()
              + ": expected "
              + LOWEST_MAJOR
              + ".0 or later, and support for kernels whose blocks wait for each other");
    }
    PointerByReference primary = new PointerByReference();
    Cuda.check(
        Cuda.driver().cuDevicePrimaryCtxRetain(primary, device), "create a context on " + name());
    context = primary.getValue();
  }

  /**
   * Returns a GPU.
   *
   * @param ordinal its number among those that this process may use, from 0
   * @throws CudaException if it does not exist or cannot be used
   */
  public static CudaDevice of(int ordinal) {
    var unused = Cuda.driver();
    return DEVICES.computeIfAbsent(ordinal, CudaDevice::new);
  }

  /** Returns the card's name, such as {@code NVIDIA A100}. */
  public String name() {
    byte[] name = new byte[256];
    Cuda.check(Cuda.driver().cuDeviceGetName(name, name.length, device), "read the GPU's name");
    return Native.toString(name);
  }

  /** Returns the card's memory in bytes. */
  public long memory() {
    LongByReference bytes = new LongByReference();
    Cuda.check(Cuda.driver().cuDeviceTotalMem_v2(bytes, device), "read the GPU's memory size");
    return bytes.getValue();
  }

  /** Returns the compute capability, such as {@code 9.0}. */
  public String capability() {
    return attribute(MAJOR) + "." + attribute(MINOR);
  }

  /** Describes the card: its name, memory and versions. */
  public String description() {
    return name()
        + ", "
        + Math.round(memory() / (double) (1 << 30))
        + " GiB, compute capability "
        + capability()
        + ", CUDA "
        + Cuda.driverVersion();
  }

  /** Returns the number of multiprocessors. */
  public int multiprocessors() {
    return attribute(MULTIPROCESSORS);
  }

  /** Returns how many threads a block may have. */
  public int mostThreads() {
    return attribute(MOST_THREADS);
  }

  /** Returns how many bytes of shared memory a launch may request per block. */
  public int sharedBytes() {
    return attribute(MOST_SHARED_BYTES) - STATIC_SHARED_BYTES;
  }

  private int attribute(int which) {
    IntByReference value = new IntByReference();
    Cuda.check(
        Cuda.driver().cuDeviceGetAttribute(value, which, device),
        "read the GPU's attribute " + which);
    return value.getValue();
  }

  /** Directs the calling thread's calls to this GPU. */
  void enter() {
    Cuda.check(Cuda.driver().cuCtxSetCurrent(context), "use the GPU on this thread");
  }

  /**
   * Returns a kernel. Its source is compiled for this GPU when its first kernel is requested. The
   * kernel may use all the shared memory that a block can have.
   *
   * @param source CUDA C++
   * @param macros the macros to define, such as {@code THREADS=512}
   * @param name of a kernel that is {@code extern "C"}
   * @throws CudaException if the source cannot be compiled
   */
  public Pointer kernel(String source, List<String> macros, String name) {
    enter();
    Pointer module = modules.computeIfAbsent(source + macros, key -> load(source, macros));
    PointerByReference function = new PointerByReference();
    Cuda.check(
        Cuda.driver().cuModuleGetFunction(function, module, name), "find the kernel " + name);
    Cuda.check(
        Cuda.driver().cuFuncSetAttribute(function.getValue(), SET_MOST_SHARED_BYTES, sharedBytes()),
        "give a kernel its shared memory");
    return function.getValue();
  }

  private Pointer load(String source, List<String> macros) {
    String architecture = "sm_" + attribute(MAJOR) + attribute(MINOR);
    PointerByReference module = new PointerByReference();
    Cuda.check(
        Cuda.driver().cuModuleLoadData(module, Cuda.compile(source, macros, architecture)),
        "load the kernels");
    return module.getValue();
  }
}
