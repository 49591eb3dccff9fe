package org.eqprop.backend.cuda;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import com.sun.jna.ptr.PointerByReference;
import java.lang.ref.Reference;

/**
 * A queue of work for one GPU: copies and kernels, carried out in the order of the calls. May be
 * used by one thread at a time.
 */
public final class CudaStream implements AutoCloseable {
  private static final int NON_BLOCKING = 1;

  private final CudaDevice device;
  private final Pointer stream;
  private boolean closed;

  /** Creates an empty queue. */
  public CudaStream(CudaDevice device) {
    this.device = device;
    device.enter();
    PointerByReference reference = new PointerByReference();
    Cuda.check(Cuda.driver().cuStreamCreate(reference, NON_BLOCKING), "create a stream");
    this.stream = reference.getValue();
  }

  /** Returns the GPU that does the work. */
  public CudaDevice device() {
    return device;
  }

  /** Copies to the GPU; the source may be changed as soon as the call returns. */
  public void upload(Memory source, long bytes, long target) {
    if (bytes > 0) {
      device.enter();
      Cuda.check(
          Cuda.driver().cuMemcpyHtoDAsync_v2(target, source, bytes, stream),
          "copy data to the GPU");
    }
  }

  /** Copies to the GPU. */
  public void upload(float[] source, long target) {
    if (source.length > 0) {
      Memory memory = new Memory((long) source.length * Float.BYTES);
      memory.write(0, source, 0, source.length);
      upload(memory, memory.size(), target);
    }
  }

  /** Copies to the GPU. */
  public void upload(byte[] source, long target) {
    if (source.length > 0) {
      Memory memory = new Memory(source.length);
      memory.write(0, source, 0, source.length);
      upload(memory, memory.size(), target);
    }
  }

  /** Copies from the GPU, after all earlier work. */
  public void download(long source, float[] target) {
    if (target.length > 0) {
      download(source, (long) target.length * Float.BYTES).read(0, target, 0, target.length);
    }
  }

  /** Copies from the GPU, after all earlier work. */
  public void download(long source, double[] target) {
    if (target.length > 0) {
      download(source, (long) target.length * Double.BYTES).read(0, target, 0, target.length);
    }
  }

  /** Copies from the GPU, after all earlier work. */
  public void download(long source, long[] target) {
    if (target.length > 0) {
      download(source, (long) target.length * Long.BYTES).read(0, target, 0, target.length);
    }
  }

  private Memory download(long source, long bytes) {
    device.enter();
    Memory memory = new Memory(bytes);
    Cuda.check(
        Cuda.driver().cuMemcpyDtoHAsync_v2(memory, source, bytes, stream),
        "copy data from the GPU");
    synchronize();
    return memory;
  }

  /** Copies within the GPU's memory. */
  public void copy(long source, long target, long bytes) {
    device.enter();
    Cuda.check(
        Cuda.driver().cuMemcpyDtoDAsync_v2(target, source, bytes, stream),
        "copy data within the GPU");
  }

  /** Sets memory of the GPU to zero. */
  public void clear(long target, long bytes) {
    device.enter();
    Cuda.check(Cuda.driver().cuMemsetD8Async(target, (byte) 0, bytes, stream), "clear GPU memory");
  }

  /**
   * Starts a kernel.
   *
   * @param kernel from {@link CudaDevice#kernel}
   * @param blocks the number of blocks
   * @param threads the number of threads per block
   * @param arguments 64-bit integers and addresses, one {@link Long} each
   */
  public void launch(Pointer kernel, int blocks, int threads, Long... arguments) {
    device.enter();
    Memory values = new Memory((long) arguments.length * Long.BYTES);
    Memory addresses = new Memory((long) arguments.length * Long.BYTES);
    for (int i = 0; i < arguments.length; i++) {
      values.setLong((long) i * Long.BYTES, arguments[i]);
      addresses.setPointer((long) i * Long.BYTES, values.share((long) i * Long.BYTES));
    }
    try {
      Cuda.check(
          Cuda.driver()
              .cuLaunchKernel(
                  kernel, blocks, 1, 1, threads, 1, 1, 0, stream, addresses, Pointer.NULL),
          "start a kernel");
    } finally {
      Reference.reachabilityFence(values); // only its address is known to the call
    }
  }

  /**
   * Starts a kernel whose blocks wait for each other, so all of them run at the same time.
   *
   * @param kernel from {@link CudaDevice#kernel}
   * @param blocks the number of blocks
   * @param threads the number of threads per block
   * @param sharedBytes shared memory per block
   * @param argument the kernel's only argument
   */
  public void launchTogether(
      Pointer kernel, int blocks, int threads, int sharedBytes, Memory argument) {
    device.enter();
    Memory addresses = new Memory(Long.BYTES);
    addresses.setPointer(0, argument);
    try {
      Cuda.check(
          Cuda.driver()
              .cuLaunchCooperativeKernel(
                  kernel, blocks, 1, 1, threads, 1, 1, sharedBytes, stream, addresses),
          "start a kernel");
    } finally {
      Reference.reachabilityFence(argument); // only its address is known to the call
    }
  }

  /** Waits for all work so far. */
  public void synchronize() {
    device.enter();
    Cuda.check(Cuda.driver().cuStreamSynchronize(stream), "finish the work of a stream");
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      synchronize();
      Cuda.check(Cuda.driver().cuStreamDestroy_v2(stream), "close a stream");
    }
  }
}
