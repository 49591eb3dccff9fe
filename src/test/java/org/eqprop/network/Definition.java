package org.eqprop.network;

import java.util.Arrays;

/**
 * The formulas of {@link Network} for one example, computed literally at double precision from the
 * definitions of its links and its cost.
 */
public final class Definition {
  private final Network network;
  private final double[][] weights;
  private final double[][] biases;

  public Definition(Network network, Weights given) {
    this.network = network;
    weights = new double[network.depth() + 1][];
    biases = new double[network.depth() + 1][];
    for (int k = 1; k <= network.depth(); k++) {
      weights[k] = doubles(given.weight(k));
      biases[k] = doubles(given.bias(k));
    }
  }

  private static double[] doubles(float[] values) {
    double[] doubles = new double[values.length];
    Arrays.setAll(doubles, i -> values[i]);
    return doubles;
  }

  private int sharing(int k) {
    return network.size(k) / biases[k].length;
  }

  /** Returns b_k + A_k(s_{k−1}), with b_k spread to every unit. */
  private double[] fromBelow(double[][] s, int k) {
    double[] u = new double[network.size(k)];
    Arrays.setAll(u, j -> biases[k][j / sharing(k)]);
    network.link(k).up(weights[k], s[k - 1], s[k - 1], u);
    return u;
  }

  /** Returns u_k = b_k + A_k(s_{k−1}) + A_{k+1}ᵀ(s_{k+1}). */
  public double[] field(double[][] s, int k) {
    double[] u = fromBelow(s, k);
    if (k < network.depth()) {
      network.link(k + 1).down(weights[k + 1], s[k], s[k + 1], u);
    }
    return u;
  }

  /** Returns E. */
  public double energy(double[][] s) {
    double energy = 0.5 * dot(s[0], s[0]);
    for (int k = 1; k <= network.depth(); k++) {
      energy += 0.5 * dot(s[k], s[k]) - dot(fromBelow(s, k), s[k]);
    }
    return energy;
  }

  /** Returns F = E + βC. */
  public double energy(double[][] s, double beta, int label) {
    double[] outputs = s[network.depth()];
    return energy(s) + beta * network.cost().value(outputs, label, 0, outputs.length);
  }

  /** Adds −c ∂E/∂W_k, and to the biases −c' ∂E/∂b_k. */
  public void addSlopes(double[][] s, int k, double c, double c2, double[] weight, double[] bias) {
    network.link(k).correlate(weights[k], s[k - 1], s[k - 1], s[k], c, weight);
    for (int j = 0; j < s[k].length; j++) {
      bias[j / sharing(k)] += c2 * s[k][j];
    }
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }
}
