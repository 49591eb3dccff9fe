package org.eqprop.spark;

import org.eqprop.dynamics.Measurement;

/** What a replica sends back after a round. */
final class ReplicaResult extends Contribution {
  private static final long serialVersionUID = 1L;

  private final float[] parameters;

  /**
   * @param partition which replica
   * @param parameters its weights and biases, flat; not copied
   * @param measurement of the examples it trained on, at their free equilibria
   * @param computeSeconds how long it trained
   */
  ReplicaResult(int partition, float[] parameters, Measurement measurement, double computeSeconds) {
    super(partition, measurement, computeSeconds, computeSeconds);
    this.parameters = parameters;
  }

  @Override
  int length() {
    return parameters.length;
  }

  @Override
  void addTo(double[] sum) {
    double weight = measurement().examples();
    for (int i = 0; i < sum.length; i++) {
      sum[i] += weight * parameters[i];
    }
  }

  @Override
  double squares() {
    double squares = 0;
    for (float parameter : parameters) {
      squares += (double) parameter * parameter;
    }
    return measurement().examples() * squares;
  }
}
