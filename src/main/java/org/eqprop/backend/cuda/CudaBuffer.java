package org.eqprop.backend.cuda;

import com.sun.jna.Memory;
import org.jspecify.annotations.Nullable;

/** Memory of the GPU that grows as needed; growing loses what it held. For its stream's thread. */
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
   * Makes room; what the buffer held is lost if there was not enough.
   *
   * @param bytes how many, ≥ 0
   * @throws CudaException if the GPU has not enough memory; the buffer then holds none
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

  /** Makes room for whole numbers of 32 bits and copies them to the GPU. */
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
