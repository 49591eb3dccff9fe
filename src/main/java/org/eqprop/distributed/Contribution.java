package org.eqprop.distributed;

import java.io.Serializable;
import org.eqprop.dynamics.Measurement;

/** What goes into an average: one replica's weights, or the sum of several. */
interface Contribution extends Serializable {

  /**
   * Returns its place among the contributions of its level, from 0: sums are taken in this order.
   */
  int index();

  /** Returns the measurement of the examples it stands for, at their free equilibria. */
  Measurement measurement();

  /** Returns the time of the slowest of its replicas. */
  double computeSeconds();

  /** Returns the time of all its replicas together. */
  double totalSeconds();

  /** Returns the number of weights and biases. */
  int length();

  /**
   * Adds Σ n_r θ_r over its replicas.
   *
   * @param sum [{@link #length()}]; modified
   */
  void addTo(double[] sum);
}
