package org.eqprop.backend.cuda;

import com.sun.jna.ptr.LongByReference;

/** Memory on a GPU, freed when it is closed. May be used by any thread. */
public final class DeviceMemory implements AutoCloseable {
  private static final long MEBIBYTE = 1 << 20;

  private final CudaDevice device;
  private final long bytes;
  private long address;

  /**
   * Allocates memory; its initial contents are undefined.
   *
   * @param bytes how many, ≥ 0
   * @throws CudaException if there is not enough
   */
  public DeviceMemory(CudaDevice device, long bytes) {
    this.device = device;
    this.bytes = bytes;
    device.enter();
    LongByReference reference = new LongByReference();
    Cuda.check(
        Cuda.driver().cuMemAlloc_v2(reference, Math.max(1, bytes)),
        "allocate " + (bytes + MEBIBYTE - 1) / MEBIBYTE + " MiB more");
    address = reference.getValue();
  }

  /**
   * Returns the address of the first byte.
   *
   * @throws IllegalStateException if it is closed
   */
  public long address() {
    if (address == 0) {
      throw new IllegalStateException("the GPU memory has been freed");
    }
    return address;
  }

  /** Returns the GPU that the memory is on. */
  public CudaDevice device() {
    return device;
  }

  /** Returns the size in bytes. */
  public long bytes() {
    return bytes;
  }

  @Override
  public void close() {
    if (address != 0) {
      device.enter();
      Cuda.check(Cuda.driver().cuMemFree_v2(address), "free memory");
      address = 0;
    }
  }
}
