package org.eqprop.backend.nd4j;

import java.util.ServiceLoader;
import org.eqprop.backend.LinkKind;
import org.eqprop.dynamics.LinkKernel;
import org.eqprop.network.Link;
import org.eqprop.network.Parameters;

/**
 * Creates the kernels of one kind of link for the backend nd4j, float32 and float64. Discovered
 * through {@link ServiceLoader}: list the class in {@code META-INF/services}.
 */
public interface Nd4jLink extends LinkKind {
  /**
   * Creates the kernel of link k for batches of B examples.
   *
   * @param batch B
   * @param own the parameters with which it sends states up and down
   */
  LinkKernel<Nd4jStates, Parameters> kernel(int k, int batch, Parameters own);

  /**
   * Returns the instance that supports a link.
   *
   * @throws IllegalArgumentException if there is none
   */
  static Nd4jLink of(Link link) {
    return LinkKind.of(Nd4jLink.class, link, "nd4j");
  }
}
