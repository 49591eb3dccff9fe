package org.eqprop.learning;

import org.eqprop.base.InputException;
import org.eqprop.network.Link;
import org.eqprop.network.Network;
import org.eqprop.network.ParameterLayout;
import org.eqprop.network.Parameters;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The gradient of the mean cost at the free equilibrium, without any nudge: recurrent
 * backpropagation (Almeida 1987; Pineda 1987; related to equilibrium propagation by Scellier &amp;
 * Bengio 2019). At a fixed point s_k = clip(u_k), u_k = b_k + A_k(s_{k−1}) + A_{k+1}ᵀ(s_{k+1}), the
 * adjoint v solves
 *
 * <pre>
 *   v_k = D_k (∂C/∂s_k + A_k(v_{k−1}) + A_{k+1}ᵀ(v_{k+1})),   D_k = 1 where u_k is inside the layer's range, else 0
 *   ∂C/∂W_k = ∂/∂W_k (⟨v_k, A_k(s_{k−1})⟩ + ⟨s_k, A_k(v_{k−1})⟩),   ∂C/∂b_k = v_k, summed over the units that share a bias
 * </pre>
 *
 * (W_k acts on both its layers, and v_0 = 0 since the input is clamped). Equilibrium propagation is
 * checked against this gradient. It is computed example by example from the links' definitions and
 * shares no code with a relaxer.
 */
public final class LossGradient {
  private static final int MAX_SWEEPS = 10_000;
  private static final double CONVERGED = 1e-14;

  private final Network network;
  private final double[][] weights;
  private final double[][] biases;
  private final CostGradient cost;
  private final double[][] weightSums;
  private final double[][] biasSums;

  private LossGradient(Parameters parameters) {
    this.network = parameters.network();
    int depth = network.weightLayers();
    ParameterLayout layout = ParameterLayout.of(network);
    weights = new double[depth + 1][];
    biases = new double[depth + 1][];
    weightSums = new double[depth + 1][];
    biasSums = new double[depth + 1][];
    for (int k = 1; k <= depth; k++) {
      weights[k] = values(parameters.weight(k));
      biases[k] = values(parameters.bias(k));
      weightSums[k] = new double[layout.weight(k).size()];
      biasSums[k] = new double[layout.bias(k).size()];
    }
    cost = new CostGradient(network, weights, biases);
  }

  private static double[] values(INDArray array) {
    try (INDArray rowMajor = array.dup('c')) {
      return rowMajor.data().asDouble();
    }
  }

  /**
   * Computes the gradient.
   *
   * @param parameters W and b; not modified
   * @param states s_0 … s_L at the free equilibrium, each [B × n_k]; not modified
   * @param labels [B]; not modified
   * @return ∂(mean C)/∂θ; the caller closes it
   * @throws InputException if the adjoint does not converge
   */
  public static Parameters of(Parameters parameters, INDArray[] states, int[] labels) {
    LossGradient gradient = new LossGradient(parameters);
    for (int i = 0; i < labels.length; i++) {
      double[][] s = new double[states.length][];
      for (int k = 0; k < states.length; k++) {
        s[k] = states[k].getRow(i).toDoubleVector();
      }
      gradient.add(s, labels[i], 1.0 / labels.length);
    }
    return gradient.sums(parameters);
  }

  private void add(double[][] s, int label, double weight) {
    int depth = network.depth();
    boolean[][] inside = new boolean[depth + 1][];
    for (int k = 1; k <= depth; k++) {
      double[] u = new double[s[k].length];
      for (int j = 0; j < u.length; j++) {
        u[j] = biases[k][bias(k, j)];
      }
      addBelow(s, s, k, u);
      addAbove(s, s, k, u);
      inside[k] = new boolean[u.length];
      for (int j = 0; j < u.length; j++) {
        inside[k][j] = network.layer(k).range().isInside(u[j]);
      }
    }
    int readout = network.weightLayers();
    cost.addReadout(s[depth], label, weight, weightSums[readout], biasSums[readout]);
    double[][] v = adjoint(s, inside, cost.at(s[depth], label));
    for (int k = 1; k <= depth; k++) {
      Link link = network.link(k);
      link.correlate(weights[k], s[k - 1], s[k - 1], v[k], weight, weightSums[k]);
      if (k > 1) { // v_0 = 0
        link.correlate(weights[k], s[k - 1], v[k - 1], s[k], weight, weightSums[k]);
      }
      for (int j = 0; j < v[k].length; j++) {
        biasSums[k][bias(k, j)] += weight * v[k][j];
      }
    }
  }

  /** Returns the index of unit j's bias among the biases of layer k. */
  private int bias(int k, int j) {
    return j / (network.size(k) / biases[k].length);
  }

  private double[][] adjoint(double[][] s, boolean[][] inside, double[] costGradient) {
    int depth = network.depth();
    double[][] v = new double[depth + 1][];
    for (int k = 0; k <= depth; k++) {
      v[k] = new double[s[k].length];
    }
    double largest = 0;
    for (int sweep = 0; sweep < MAX_SWEEPS; sweep++) {
      largest = 0;
      for (int k = depth; k >= 1; k--) {
        double[] next = k == depth ? costGradient.clone() : new double[v[k].length];
        if (k > 1) { // v_0 = 0
          addBelow(s, v, k, next);
        }
        addAbove(s, v, k, next);
        for (int j = 0; j < next.length; j++) {
          next[j] = inside[k][j] ? next[j] : 0;
          largest = Math.max(largest, Math.abs(next[j] - v[k][j]));
        }
        v[k] = next;
      }
      if (largest < CONVERGED) {
        return v;
      }
    }
    throw new InputException(
        "the adjoint of recurrent backpropagation does not converge: after "
            + MAX_SWEEPS
            + " sweeps it still moves by "
            + largest
            + "; it converges only for weights that make it a contraction");
  }

  /** Adds A_k(v_{k−1}), linear around s. */
  private void addBelow(double[][] s, double[][] v, int k, double[] sum) {
    network.link(k).up(weights[k], s[k - 1], v[k - 1], sum);
  }

  /** Adds A_{k+1}ᵀ(v_{k+1}), linear around s. */
  private void addAbove(double[][] s, double[][] v, int k, double[] sum) {
    if (k < network.depth()) {
      network.link(k + 1).down(weights[k + 1], s[k], v[k + 1], sum);
    }
  }

  private Parameters sums(Parameters like) {
    Parameters gradient = Parameters.zeros(network, like.type());
    for (int k = 1; k <= network.weightLayers(); k++) {
      set(gradient.weight(k), weightSums[k]);
      set(gradient.bias(k), biasSums[k]);
    }
    return gradient;
  }

  private static void set(INDArray target, double[] values) {
    try (INDArray rowMajor = Nd4j.create(values, target.shape(), 'c')) {
      target.assign(rowMajor);
    }
  }
}
