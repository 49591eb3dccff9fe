package org.eqprop.backend.blas;

import java.util.ServiceLoader;
import org.eqprop.backend.LinkKind;
import org.eqprop.dynamics.LinkKernel;
import org.eqprop.network.Link;

/**
 * Makes the kernels of one kind of link for the backend blas. Found by {@link ServiceLoader}: name
 * the class in {@code META-INF/services}.
 */
public interface BlasLink extends LinkKind {
  /**
   * Returns the kernel of link k for batches of a size.
   *
   * @param batch B
   * @param own the parameters that it sends states with
   * @param small whether OpenBLAS's kernels have a way for small products
   */
  LinkKernel<BlasMatrix, BlasWeights> kernel(int k, int batch, BlasWeights own, boolean small);

  /**
   * Returns the one for a link.
   *
   * @throws IllegalArgumentException if there is none
   */
  static BlasLink of(Link link) {
    return LinkKind.of(BlasLink.class, link, "blas");
  }
}
