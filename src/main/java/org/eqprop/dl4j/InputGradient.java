package org.eqprop.dl4j;

import org.eqprop.backend.nd4j.Nd4jFirstLink;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.learning.GradientEstimator.Contrast;
import org.eqprop.network.Dense;
import org.eqprop.network.Network;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Estimates the gradient of each example's cost with respect to s_0, for the layer below that
 * produced s_0. Since ∂E/∂s_0 = s_0 − A_1ᵀ(s_1), to which a readout does not contribute,
 *
 * <pre>
 *   ∂C/∂s_0 ≈ −A_1ᵀ(s_1 at plus − s_1 at minus)/scale      A_1 linear around s_0
 * </pre>
 */
final class InputGradient implements AutoCloseable {
  private final Network network;
  private final DataType type;
  private @Nullable Nd4jFirstLink kernel;

  /**
   * @param type data type of the relaxer's computations
   */
  InputGradient(Network network, DataType type) {
    this.network = network;
    this.type = type;
  }

  /**
   * Returns the estimate [B × n_0].
   *
   * @param relaxer holds the equilibria
   * @param x s_0 [B × n_0]; not modified
   * @param weight W_1, with the shape of its link and DL4J's data type; not modified
   */
  INDArray estimate(Relaxer relaxer, Contrast contrast, INDArray x, INDArray weight) {
    try (INDArray difference = relaxer.state(contrast.minus(), 1);
        INDArray plus = relaxer.state(contrast.plus(), 1)) {
      difference.subi(plus).divi(contrast.scale());
      return network.link(1) instanceof Dense
          ? difference.castTo(weight.dataType()).mmul(weight.transpose())
          : kernel().down(weight, x, difference).castTo(weight.dataType());
    }
  }

  private Nd4jFirstLink kernel() {
    Nd4jFirstLink known = kernel;
    if (known == null) {
      known = new Nd4jFirstLink(network, type);
      kernel = known;
    }
    return known;
  }

  @Override
  public void close() {
    if (kernel != null) {
      kernel.close();
      kernel = null;
    }
  }
}
