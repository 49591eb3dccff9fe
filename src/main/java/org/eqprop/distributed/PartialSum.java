package org.eqprop.distributed;

import org.eqprop.dynamics.Measurement;

/** Σ n_r θ_r over some replicas r. */
final class PartialSum extends Contribution {
  private static final long serialVersionUID = 1L;

  private final double[] values;

  /**
   * @param values Σ n_r θ_r, flat; not copied
   * @param measurement of all their examples
   * @param computeSeconds of the slowest
   * @param totalSeconds of all
   */
  PartialSum(
      int index,
      double[] values,
      Measurement measurement,
      double computeSeconds,
      double totalSeconds) {
    super(index, measurement, computeSeconds, totalSeconds);
    this.values = values;
  }

  /** Returns Σ n_r θ_r / Σ n_r. */
  float[] mean() {
    float[] mean = new float[values.length];
    for (int i = 0; i < mean.length; i++) {
      mean[i] = (float) (values[i] / measurement().examples());
    }
    return mean;
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
