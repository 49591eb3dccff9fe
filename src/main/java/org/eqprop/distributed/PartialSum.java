package org.eqprop.distributed;

import org.eqprop.dynamics.Measurement;

/** Σ n_r θ_r over some replicas r. */
final class PartialSum implements Contribution {
  private static final long serialVersionUID = 1L;

  private final int index;
  private final double[] values;
  private final Measurement measurement;
  private final double computeSeconds;
  private final double totalSeconds;

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
    this.index = index;
    this.values = values;
    this.measurement = measurement;
    this.computeSeconds = computeSeconds;
    this.totalSeconds = totalSeconds;
  }

  /** Returns Σ n_r θ_r / Σ n_r. */
  float[] mean() {
    float[] mean = new float[values.length];
    for (int i = 0; i < mean.length; i++) {
      mean[i] = (float) (values[i] / measurement.examples());
    }
    return mean;
  }

  @Override
  public int index() {
    return index;
  }

  @Override
  public Measurement measurement() {
    return measurement;
  }

  @Override
  public double computeSeconds() {
    return computeSeconds;
  }

  @Override
  public double totalSeconds() {
    return totalSeconds;
  }

  @Override
  public int length() {
    return values.length;
  }

  @Override
  public void addTo(double[] sum) {
    for (int i = 0; i < sum.length; i++) {
      sum[i] += values[i];
    }
  }
}
