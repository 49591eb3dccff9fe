package org.eqprop.learning;

import org.eqprop.network.Cost;
import org.eqprop.network.Link;
import org.eqprop.network.Network;

/**
 * The gradient of one example's cost with respect to the states of layer L, computed from the
 * definitions of the cost and of its readout, z = A(s_L) + c:
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
   * @param weights W_k at index k, row-major, for all layers of weights of the network; not copied
   * @param biases b_k at index k; not copied
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
   * Adds the gradient with respect to the readout's own W and c. Does nothing without a readout.
   *
   * @param top s_L; not modified
   * @param label y
   * @param factor what the gradient is multiplied by
   * @param weightSum laid out like W; modified
   * @param biasSum laid out like c; modified
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
