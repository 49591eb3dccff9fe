package org.eqprop.spark;

import java.util.ArrayList;
import java.util.List;
import org.eqprop.dynamics.Measurement;
import org.eqprop.learning.UpdaterState;
import org.eqprop.network.Network;
import org.eqprop.network.Weights;

/** Σ n_r θ⁺_r over some replicas r. */
final class PartialSum extends Contribution {
  private static final long serialVersionUID = 1L;

  private final double[] values;
  private final Network network;
  private final long updates;
  private final double squares;

  /**
   * @param values Σ n_r θ⁺_r; not copied
   * @param network whose weights come first in the values
   * @param updates the largest number of updates, t, of the replicas' updaters
   * @param squares Σ n_r ‖θ_r‖²
   * @param measurement of all their examples
   * @param computeSeconds of the slowest replica
   * @param totalSeconds of all replicas together
   */
  PartialSum(
      int index,
      double[] values,
      Network network,
      long updates,
      double squares,
      Measurement measurement,
      double computeSeconds,
      double totalSeconds) {
    super(index, measurement, computeSeconds, totalSeconds);
    this.values = values;
    this.network = network;
    this.updates = updates;
    this.squares = squares;
  }

  /** Returns Σ n_r θ_r / Σ n_r. */
  Weights mean() {
    return mean(0);
  }

  /** Returns the mean of the updaters' states, weighted like that of the weights. */
  UpdaterState updater() {
    List<Weights> means = new ArrayList<>();
    int count = network.parameterCount();
    for (int from = count; from < values.length; from += count) {
      means.add(mean(from));
    }
    return means.isEmpty() ? UpdaterState.ZERO : new UpdaterState(means, updates);
  }

  private Weights mean(int from) {
    float[] mean = new float[network.parameterCount()];
    for (int i = 0; i < mean.length; i++) {
      mean[i] = (float) (values[from + i] / measurement().examples());
    }
    return new Weights(network, mean);
  }

  /** Returns how far the replicas are from their mean: (Σ n_r ‖θ_r − θ̄‖² / Σ n_r)^½. */
  double spread() {
    double examples = measurement().examples();
    double square = 0;
    int count = network.parameterCount();
    for (int i = 0; i < count; i++) {
      square += (values[i] / examples) * (values[i] / examples);
    }
    return Math.sqrt(Math.max(0, squares / examples - square));
  }

  @Override
  double squares() {
    return squares;
  }

  @Override
  int length() {
    return values.length;
  }

  @Override
  Network network() {
    return network;
  }

  @Override
  long updates() {
    return updates;
  }

  @Override
  void addTo(double[] sum) {
    for (int i = 0; i < sum.length; i++) {
      sum[i] += values[i];
    }
  }
}
