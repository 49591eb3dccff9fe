package org.eqprop.spark;

import org.eqprop.dynamics.Measurement;

/** Σ n_r θ_r over some replicas r. */
final class PartialSum extends Contribution {
  private static final long serialVersionUID = 1L;

  private final double[] values;
  private final double squares;

  /**
   * @param values Σ n_r θ_r, flat; not copied
   * @param squares Σ n_r ‖θ_r‖²
   * @param measurement of all their examples
   * @param computeSeconds of the slowest
   * @param totalSeconds of all
   */
  PartialSum(
      int index,
      double[] values,
      double squares,
      Measurement measurement,
      double computeSeconds,
      double totalSeconds) {
    super(index, measurement, computeSeconds, totalSeconds);
    this.values = values;
    this.squares = squares;
  }

  /** Returns Σ n_r θ_r / Σ n_r. */
  float[] mean() {
    float[] mean = new float[values.length];
    for (int i = 0; i < mean.length; i++) {
      mean[i] = (float) (values[i] / measurement().examples());
    }
    return mean;
  }

  /** Returns how far the replicas are from their mean: (Σ n_r ‖θ_r − θ̄‖² / Σ n_r)^½. */
  double spread() {
    double examples = measurement().examples();
    double square = 0;
    for (double value : values) {
      square += (value / examples) * (value / examples);
    }
    return Math.sqrt(Math.max(0, squares / examples - square));
  }

  @Override
  double squares() {
    return squares;
  }

  @Override
  int length() {
    return values.length;
  }

  @Override
  void addTo(double[] sum) {
    for (int i = 0; i < sum.length; i++) {
      sum[i] += values[i];
    }
  }
}
