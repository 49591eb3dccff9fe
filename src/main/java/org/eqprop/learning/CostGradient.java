package org.eqprop.learning;

import org.eqprop.network.Cost;
import org.eqprop.network.Link;
import org.eqprop.network.Network;

/**
 * The gradient of one example's cost in the states of layer L, from the definitions of the cost and
 * of its readout, z = A(s_L) + c:
 *
 * <pre>
 *   without a readout   ∂C/∂s_L = 2a s_L − f
 *   with a readout      ∂C/∂s_L = −Aᵀ(f),   ∂C/∂W = −∂⟨f, A(s_L)⟩/∂W,   ∂C/∂c = −f
 * </pre>
 */
public final class CostGradient {
  private final Network network;
  private final double[] w;
  private final double[] c;

  /**
   * @param weights W_k row-major, each at k, as many as the network has layers of weights; not
   *     copied
   * @param biases b_k, each at k; not copied
   */
  public CostGradient(Network network, double[][] weights, double[][] biases) {
    this.network = network;
    this.w = weights[network.weightLayers()];
    this.c = biases[network.weightLayers()];
  }

  /**
   * Returns ∂C/∂s_L.
   *
   * @param top s_L; not modified
   * @param label y
   */
  public double[] at(double[] top, int label) {
    double[] gradient = new double[top.length];
    if (network.hasReadout()) {
      readout().down(w, top, minusForce(top, label), gradient);
      return gradient;
    }
    Cost cost = network.cost();
    cost.force(top, label, 0, top.length, gradient);
    for (int j = 0; j < gradient.length; j++) {
      gradient[j] = 2 * cost.curvature() * top[j] - gradient[j];
    }
    return gradient;
  }

  /**
   * Adds the gradient in a readout's own W and c; without a readout, nothing.
   *
   * @param top s_L; not modified
   * @param label y
   * @param factor on the gradient
   * @param weightSum as W; modified
   * @param biasSum as c; modified
   */
  public void addReadout(
      double[] top, int label, double factor, double[] weightSum, double[] biasSum) {
    if (!network.hasReadout()) {
      return;
    }
    double[] error = minusForce(top, label);
    for (int j = 0; j < error.length; j++) {
      biasSum[j] += factor * error[j];
    }
    readout().correlate(w, top, top, error, factor, weightSum);
  }

  private Link readout() {
    return network.link(network.weightLayers());
  }

  /** Returns −f = ∂C/∂z. */
  private double[] minusForce(double[] top, int label) {
    double[] z = c.clone();
    readout().up(w, top, top, z);
    double[] error = new double[z.length];
    network.cost().force(z, label, 0, z.length, error);
    for (int j = 0; j < z.length; j++) {
      error[j] = -error[j];
    }
    return error;
  }
}
