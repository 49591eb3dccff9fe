package org.eqprop.spark;

import java.io.Serializable;
import org.eqprop.dynamics.Measurement;
import org.eqprop.network.Network;

/**
 * What goes into an average: one replica's weights and its updater's state, or the sum of several.
 * Below, θ are the weights, and θ⁺ the weights with the arrays of the state behind them.
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
   * Returns its place among the contributions of its level, from 0: sums are taken in this order.
   */
  final int index() {
    return index;
  }

  /** Returns the measurement of the examples it stands for, at their free equilibria. */
  final Measurement measurement() {
    return measurement;
  }

  /** Returns the time of the slowest of its replicas. */
  final double computeSeconds() {
    return computeSeconds;
  }

  /** Returns the time of all its replicas together. */
  final double totalSeconds() {
    return totalSeconds;
  }

  /** Returns the number of values of θ⁺. */
  abstract int length();

  /** Returns whose weights θ are. */
  abstract Network network();

  /** Returns the largest t of its replicas' updaters. */
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
