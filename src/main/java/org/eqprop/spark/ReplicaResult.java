package org.eqprop.spark;

import org.eqprop.dynamics.Measurement;
import org.eqprop.learning.UpdaterState;

/** What a replica sends back after a round. */
final class ReplicaResult extends Contribution {
  private static final long serialVersionUID = 1L;

  private final float[] parameters;
  private final UpdaterState updater;

  /**
   * @param partition which replica
   * @param parameters its weights and biases, flat; not copied
   * @param updater the state of its updater
   * @param measurement of the examples it trained on, at their free equilibria
   * @param computeSeconds how long it trained
   */
  ReplicaResult(
      int partition,
      float[] parameters,
      UpdaterState updater,
      Measurement measurement,
      double computeSeconds) {
    super(partition, measurement, computeSeconds, computeSeconds);
    this.parameters = parameters;
    this.updater = updater;
  }

  @Override
  int length() {
    return parameters.length * (1 + updater.values().size());
  }

  @Override
  int weights() {
    return parameters.length;
  }

  @Override
  long updates() {
    return updater.updates();
  }

  @Override
  void addTo(double[] sum) {
    addTo(sum, 0, parameters);
    int at = parameters.length;
    for (float[] values : updater.values()) {
      addTo(sum, at, values);
      at += values.length;
    }
  }

  private void addTo(double[] sum, int at, float[] values) {
    double weight = measurement().examples();
    for (int i = 0; i < values.length; i++) {
      sum[at + i] += weight * values[i];
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
