package org.eqprop.distributed;

import org.eqprop.dynamics.Measurement;

/** What a replica sends back after a round. */
final class ReplicaResult implements Contribution {
  private static final long serialVersionUID = 1L;

  private final int partition;
  private final float[] parameters;
  private final Measurement measurement;
  private final double computeSeconds;

  /**
   * @param partition which replica
   * @param parameters its weights and biases, flat; not copied
   * @param measurement of the examples it trained on, at their free equilibria
   * @param computeSeconds how long it trained
   */
  ReplicaResult(int partition, float[] parameters, Measurement measurement, double computeSeconds) {
    this.partition = partition;
    this.parameters = parameters;
    this.measurement = measurement;
    this.computeSeconds = computeSeconds;
  }

  @Override
  public int index() {
    return partition;
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
    return computeSeconds;
  }

  @Override
  public int length() {
    return parameters.length;
  }

  @Override
  public void addTo(double[] sum) {
    double weight = measurement.examples();
    for (int i = 0; i < sum.length; i++) {
      sum[i] += weight * parameters[i];
    }
  }
}
