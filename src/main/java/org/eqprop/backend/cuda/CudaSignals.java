package org.eqprop.backend.cuda;

import org.eqprop.dynamics.Convergence;

/**
 * The signals between the kernel's blocks, and how the last phase ended: three residuals, the
 * barrier, and the two numbers of {@link #lastPhase}.
 */
final class CudaSignals implements AutoCloseable {
  private static final int RESIDUALS = 3;
  private static final int BARRIER_AT = RESIDUALS * Integer.BYTES;
  private static final int ENDS_AT = (RESIDUALS + 1) * Integer.BYTES;
  private static final int BYTES = ENDS_AT + 2 * Long.BYTES;

  private final CudaStream stream;
  private final DeviceMemory memory;

  /** Allocates the memory and sets it to zero. */
  CudaSignals(CudaStream stream) {
    this.stream = stream;
    this.memory = new DeviceMemory(stream.device(), BYTES);
    stream.clear(memory.address(), memory.bytes());
  }

  /** Sets the barrier to zero: no block has arrived. */
  void clearBarrier() {
    stream.clear(barrier(), Integer.BYTES);
  }

  /** Returns the address of the residuals, three floats. */
  long residuals() {
    return memory.address();
  }

  /** Returns the address of the barrier, which counts how often a block has arrived. */
  long barrier() {
    return memory.address() + BARRIER_AT;
  }

  /** Returns the address of the two numbers that tell how the last phase with a tolerance ended. */
  long ends() {
    return memory.address() + ENDS_AT;
  }

  /** Waits for the stream's work, and returns how the last phase with a tolerance ended. */
  Convergence lastPhase() {
    long[] end = new long[2]; // steps taken, the last residual as the bits of a float
    stream.download(ends(), end);
    return new Convergence((int) end[0], Float.intBitsToFloat((int) end[1]));
  }

  @Override
  public void close() {
    memory.close();
  }
}
