package org.eqprop.backend.blas;

import java.util.ServiceLoader;
import org.eqprop.backend.LinkKind;
import org.eqprop.dynamics.LinkKernel;
import org.eqprop.network.Link;

/**
 * Creates the kernels of one kind of link for the backend blas. Discovered through {@link
 * ServiceLoader}: list the class in {@code META-INF/services}.
 */
public interface BlasLink extends LinkKind {
  /**
   * Creates the kernel of link k for batches of B examples.
   *
   * @param batch B
   * @param own the parameters with which it sends states up and down
   * @param small whether OpenBLAS's kernels have a fast path for small products
   */
  LinkKernel<BlasMatrix, BlasWeights> kernel(int k, int batch, BlasWeights own, boolean small);

  /**
   * Returns the instance that supports a link.
   *
   * @throws IllegalArgumentException if there is none
   */
  static BlasLink of(Link link) {
    return LinkKind.of(BlasLink.class, link, "blas");
  }
}
