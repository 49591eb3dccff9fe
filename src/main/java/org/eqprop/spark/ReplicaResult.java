package org.eqprop.spark;

import org.eqprop.dynamics.Measurement;
import org.eqprop.learning.UpdaterState;
import org.eqprop.network.Network;
import org.eqprop.network.Weights;

/** The result that a replica sends back after a round. */
final class ReplicaResult extends Contribution {
  private static final long serialVersionUID = 1L;

  private final Weights weights;
  private final UpdaterState updater;

  /**
   * @param partition index of the replica and of its partition
   * @param weights of the replica; not copied
   * @param updater the state of its updater
   * @param measurement of the examples it trained on, at their free equilibria
   * @param computeSeconds how long it trained
   */
  ReplicaResult(
      int partition,
      Weights weights,
      UpdaterState updater,
      Measurement measurement,
      double computeSeconds) {
    super(partition, measurement, computeSeconds, computeSeconds);
    this.weights = weights;
    this.updater = updater;
  }

  @Override
  int length() {
    return network().parameterCount() * (1 + updater.values().size());
  }

  @Override
  Network network() {
    return weights.network();
  }

  @Override
  long updates() {
    return updater.updates();
  }

  @Override
  void addTo(double[] sum) {
    addTo(sum, 0, weights.values());
    int at = network().parameterCount();
    for (Weights array : updater.values()) {
      addTo(sum, at, array.values());
      at += array.values().length;
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
    for (float weight : weights.values()) {
      squares += (double) weight * weight;
    }
    return measurement().examples() * squares;
  }
}
