package org.eqprop.spark;

import java.util.Comparator;
import java.util.List;
import org.eqprop.dynamics.Measurement;
import org.eqprop.network.Network;

/**
 * Parameter averaging: θ = Σ_r n_r θ_r / Σ_r n_r over the replicas r, each weighted by the examples
 * n_r it trained on. The arrays of the updaters' states are averaged in the same way if replicas
 * send them. Sums are computed in double precision, in the order of the partitions, in a tree whose
 * shape depends only on the number of replicas and of values. It does not matter in which order
 * results arrive or where they are added, so a run repeats bit for bit on any cluster. The average
 * of one replica is exactly that replica.
 */
final class Averaging {
  private static final int LEAST_FAN_IN = 4;
  private static final int MOST_FAN_IN = 64;

  /** Number of values that may come together in one place at a time: 64 MiB. */
  private static final int VALUES_AT_A_TIME = 1 << 24;

  private Averaging() {}

  /**
   * Returns how many contributions are added in one place: the larger they are, the fewer.
   *
   * @param length number of weights, biases and values of the updater's state
   * @return 4 … 64
   */
  static int fanIn(int length) {
    return Math.max(LEAST_FAN_IN, Math.min(MOST_FAN_IN, VALUES_AT_A_TIME / length));
  }

  /** Returns how many sums remain after contributions are added in groups of the fan-in. */
  static int groups(int contributions, int fanIn) {
    return (contributions + fanIn - 1) / fanIn;
  }

  /** Returns the group that a contribution belongs to. */
  static int group(int index, int fanIn) {
    return index / fanIn;
  }

  /**
   * Returns the sum of a group.
   *
   * @param contributions all of the group, in any order; not modified
   * @param index of the group
   */
  static PartialSum sum(List<? extends Contribution> contributions, int index) {
    double[] values = new double[contributions.get(0).length()];
    Measurement measurement =
        Measurement.none(contributions.get(0).measurement().activity().size());
    double computeSeconds = 0;
    double totalSeconds = 0;
    double squares = 0;
    long updates = 0;
    for (Contribution contribution :
        contributions.stream().sorted(Comparator.comparingInt(Contribution::index)).toList()) {
      contribution.addTo(values);
      squares += contribution.squares();
      updates = Math.max(updates, contribution.updates());
      measurement = measurement.plus(contribution.measurement());
      computeSeconds = Math.max(computeSeconds, contribution.computeSeconds());
      totalSeconds += contribution.totalSeconds();
    }
    Network network = contributions.get(0).network();
    return new PartialSum(
        index, values, network, updates, squares, measurement, computeSeconds, totalSeconds);
  }
}
