package org.eqprop.spark;

import java.util.ArrayList;
import java.util.List;
import org.eqprop.dynamics.Measurement;
import org.eqprop.learning.UpdaterState;

/** Σ n_r θ⁺_r over some replicas r. */
final class PartialSum extends Contribution {
  private static final long serialVersionUID = 1L;

  private final double[] values;
  private final int weights;
  private final long updates;
  private final double squares;

  /**
   * @param values Σ n_r θ⁺_r; not copied
   * @param weights number of weights and biases, with which the values begin
   * @param updates the largest t of the replicas' updaters
   * @param squares Σ n_r ‖θ_r‖²
   * @param measurement of all their examples
   * @param computeSeconds of the slowest
   * @param totalSeconds of all
   */
  PartialSum(
      int index,
      double[] values,
      int weights,
      long updates,
      double squares,
      Measurement measurement,
      double computeSeconds,
      double totalSeconds) {
    super(index, measurement, computeSeconds, totalSeconds);
    this.values = values;
    this.weights = weights;
    this.updates = updates;
    this.squares = squares;
  }

  /** Returns Σ n_r θ_r / Σ n_r. */
  float[] mean() {
    return mean(0);
  }

  /** Returns the mean of the updaters' states, as the weights are averaged. */
  UpdaterState updater() {
    List<float[]> means = new ArrayList<>();
    for (int from = weights; from < values.length; from += weights) {
      means.add(mean(from));
    }
    return means.isEmpty() ? UpdaterState.ZERO : new UpdaterState(means, updates);
  }

  private float[] mean(int from) {
    float[] mean = new float[weights];
    for (int i = 0; i < mean.length; i++) {
      mean[i] = (float) (values[from + i] / measurement().examples());
    }
    return mean;
  }

  /** Returns how far the replicas are from their mean: (Σ n_r ‖θ_r − θ̄‖² / Σ n_r)^½. */
  double spread() {
    double examples = measurement().examples();
    double square = 0;
    for (int i = 0; i < weights; i++) {
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
  int weights() {
    return weights;
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
