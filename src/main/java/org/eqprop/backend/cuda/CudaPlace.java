package org.eqprop.backend.cuda;

import org.eqprop.backend.Backend;

/**
 * The place where a thread's relaxers compute with {@link Backend#CUDA}.
 *
 * @param device the GPU's number among those that this process may use, from 0
 * @param sharing how many replicas use this GPU at the same time, ≥ 1: each uses that share of its
 *     multiprocessors, which does not change any result
 */
public record CudaPlace(int device, int sharing) {
  private static final ThreadLocal<CudaPlace> CURRENT =
      ThreadLocal.withInitial(() -> new CudaPlace(0, 1));

  /** Returns this thread's place: GPU 0, not shared, unless another was chosen. */
  public static CudaPlace current() {
    return CURRENT.get();
  }

  /** Makes this the place of the relaxers that this thread creates from now on. */
  public void choose() {
    CURRENT.set(this);
  }
}
