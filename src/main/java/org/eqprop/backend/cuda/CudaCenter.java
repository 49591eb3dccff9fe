package org.eqprop.backend.cuda;

import java.util.Arrays;
import org.eqprop.data.InputCenter;
import org.jspecify.annotations.Nullable;

/** The input center m in a GPU's memory, [n_0] floats; no memory if there is none. */
final class CudaCenter implements AutoCloseable {
  private final @Nullable DeviceMemory memory;

  /**
   * Copies m to the GPU.
   *
   * @param inputs n_0
   */
  CudaCenter(CudaStream stream, InputCenter center, int inputs) {
    if (center.isNone()) {
      memory = null;
    } else {
      float[] m = Arrays.copyOf(center.values(), CudaNetwork.pitch(inputs));
      memory = new DeviceMemory(stream.device(), (long) m.length * Float.BYTES);
      stream.upload(m, memory.address());
    }
  }

  /** Returns the address of m; 0 if there is none. */
  long address() {
    return memory == null ? 0 : memory.address();
  }

  @Override
  public void close() {
    if (memory != null) {
      memory.close();
    }
  }
}
