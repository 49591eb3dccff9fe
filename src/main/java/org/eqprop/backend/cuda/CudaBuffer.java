package org.eqprop.backend.cuda;

import com.sun.jna.Memory;
import org.jspecify.annotations.Nullable;

/**
 * GPU memory that grows as needed; growing discards its contents. Used only on its stream's thread.
 */
final class CudaBuffer implements AutoCloseable {
  private final CudaStream stream;
  private @Nullable DeviceMemory memory;

  /**
   * Creates a buffer that holds no memory yet.
   *
   * @param stream the work that reads and writes the buffer
   */
  CudaBuffer(CudaStream stream) {
    this.stream = stream;
  }

  /**
   * Makes room; the buffer's contents are lost if there was not enough.
   *
   * @param bytes how many, ≥ 0
   * @throws CudaException if the GPU does not have enough memory; the buffer then holds none
   */
  void reserve(long bytes) {
    if (memory == null || memory.bytes() < bytes) {
      close();
      memory = new DeviceMemory(stream.device(), bytes);
    }
  }

  /** Makes room for values and copies them to the GPU. */
  void upload(Memory values) {
    reserve(values.size());
    stream.upload(values, values.size(), address());
  }

  /** Makes room for 32-bit integers and copies them to the GPU. */
  void upload(int[] values) {
    Memory copy = new Memory((long) values.length * Integer.BYTES);
    copy.write(0, values, 0, values.length);
    upload(copy);
  }

  /** Makes room for floats and copies them to the GPU. */
  void upload(float[] values) {
    reserve((long) values.length * Float.BYTES);
    stream.upload(values, address());
  }

  /** Returns the address of the first byte; 0 if the buffer holds no memory. */
  long address() {
    return memory == null ? 0 : memory.address();
  }

  /** Frees the memory, after all work that may still use it. */
  @Override
  public void close() {
    if (memory != null) {
      stream.synchronize();
      memory.close();
      memory = null;
    }
  }
}
