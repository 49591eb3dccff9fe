package org.eqprop.network;

import java.util.List;

/**
 * Connects every unit below to every unit above: A(s) = s W.
 *
 * @param inputs n_{k−1}, the rows of W
 * @param outputs n_k, the columns of W
 */
public record Dense(int inputs, int outputs) implements Link {
  private static final long serialVersionUID = 1L;

  @Override
  public List<Integer> shape() {
    return List.of(inputs, outputs);
  }

  @Override
  public long multiplyAdds() {
    return (long) inputs * outputs;
  }

  /** Returns √(6/(n_{k−1} + n_k)) (Glorot &amp; Bengio 2010, eq. 16). */
  @Override
  public double initialBound() {
    return Math.sqrt(6.0 / (inputs + outputs));
  }

  @Override
  public void up(double[] w, double[] at, double[] below, double[] sum) {
    for (int i = 0; i < inputs; i++) {
      for (int j = 0; j < outputs; j++) {
        sum[j] += below[i] * w[i * outputs + j];
      }
    }
  }

  @Override
  public void down(double[] w, double[] at, double[] above, double[] sum) {
    for (int i = 0; i < inputs; i++) {
      for (int j = 0; j < outputs; j++) {
        sum[i] += above[j] * w[i * outputs + j];
      }
    }
  }

  @Override
  public void correlate(
      double[] w, double[] at, double[] below, double[] above, double c, double[] sum) {
    for (int i = 0; i < inputs; i++) {
      for (int j = 0; j < outputs; j++) {
        sum[i * outputs + j] += c * below[i] * above[j];
      }
    }
  }
}
