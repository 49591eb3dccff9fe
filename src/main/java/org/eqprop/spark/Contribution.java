package org.eqprop.spark;

import java.io.Serializable;
import org.eqprop.dynamics.Measurement;
import org.eqprop.network.Network;

/**
 * A contribution to an average: one replica's weights and its updater's state, or the sum of
 * several. Below, θ are the weights, and θ⁺ the weights followed by the arrays of the state.
 */
abstract class Contribution implements Serializable {
  private static final long serialVersionUID = 1L;

  private final int index;
  private final Measurement measurement;
  private final double computeSeconds;
  private final double totalSeconds;

  Contribution(int index, Measurement measurement, double computeSeconds, double totalSeconds) {
    this.index = index;
    this.measurement = measurement;
    this.computeSeconds = computeSeconds;
    this.totalSeconds = totalSeconds;
  }

  /**
   * Returns the index of this contribution within its level, from 0: sums are computed in this
   * order.
   */
  final int index() {
    return index;
  }

  /**
   * Returns the measurement of the examples that its replicas trained on, at their free equilibria.
   */
  final Measurement measurement() {
    return measurement;
  }

  /** Returns the training time of its slowest replica. */
  final double computeSeconds() {
    return computeSeconds;
  }

  /** Returns the training time of all its replicas together. */
  final double totalSeconds() {
    return totalSeconds;
  }

  /** Returns the number of values of θ⁺. */
  abstract int length();

  /** Returns the network whose weights θ are. */
  abstract Network network();

  /** Returns the largest number of updates, t, of its replicas' updaters. */
  abstract long updates();

  /**
   * Adds Σ n_r θ⁺_r over its replicas.
   *
   * @param sum [{@link #length()}]; modified
   */
  abstract void addTo(double[] sum);

  /** Returns Σ n_r ‖θ_r‖² over its replicas. */
  abstract double squares();
}
