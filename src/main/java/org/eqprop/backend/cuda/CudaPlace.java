package org.eqprop.backend.cuda;

import org.eqprop.backend.Backend;

/**
 * Where a thread's relaxers compute with {@link Backend#CUDA}.
 *
 * @param device the GPU's number among those that this process may use, from 0
 * @param sharing how many replicas use this GPU at the same time, ≥ 1: each takes that part of its
 *     multiprocessors, which changes no result
 */
public record CudaPlace(int device, int sharing) {
  private static final ThreadLocal<CudaPlace> CURRENT =
      ThreadLocal.withInitial(() -> new CudaPlace(0, 1));

  /** Returns this thread's place: GPU 0, shared with nobody, unless another was chosen. */
  public static CudaPlace current() {
    return CURRENT.get();
  }

  /** Makes this the place of the relaxers that this thread makes from now on. */
  public void choose() {
    CURRENT.set(this);
  }
}
