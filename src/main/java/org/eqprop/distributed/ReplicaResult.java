package org.eqprop.distributed;

import java.io.Serializable;
import org.eqprop.dynamics.Measurement;

/** What a replica sends back after a round. */
final class ReplicaResult implements Serializable {
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

  int partition() {
    return partition;
  }

  float[] parameters() {
    return parameters;
  }

  Measurement measurement() {
    return measurement;
  }

  double computeSeconds() {
    return computeSeconds;
  }
}
