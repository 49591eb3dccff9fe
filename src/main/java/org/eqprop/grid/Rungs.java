package org.eqprop.grid;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * The rungs of a search: the epochs at which settings are compared, and how many continue. A full
 * grid has one rung, its last epoch. Successive halving (Jamieson and Talwalkar 2016,
 * arXiv:1502.07943) has rungs at E, E/η, E/η², … epochs; at each one the best 1/η of the settings
 * continue. ASHA (Li et al. 2018, arXiv:1810.05934) has the same rungs but does not wait until all
 * settings have reached one, so its result depends on which finish first. This search waits, and is
 * reproducible.
 */
final class Rungs {
  private final List<Integer> epochs;
  private final int eta;

  private Rungs(List<Integer> epochs, int eta) {
    this.epochs = List.copyOf(epochs);
    this.eta = eta;
  }

  /** Returns the one rung of a full grid. */
  static Rungs full(int epochs) {
    return new Rungs(List.of(epochs), 1);
  }

  /**
   * Returns the rungs of successive halving.
   *
   * @param epochs of the settings that continue to the end
   * @param eta η, at least 2
   * @param settings number of settings at the start; there are no rungs after only one is left
   */
  static Rungs halving(int epochs, int eta, int settings) {
    List<Integer> rungs = new ArrayList<>(List.of(epochs));
    int left = settings;
    for (int at = epochs / eta; at >= 1 && left > 1; at /= eta) {
      rungs.add(0, at);
      left = kept(left, eta);
    }
    return new Rungs(rungs, eta);
  }

  /** Returns the epochs at which the settings are compared, the last epoch last. */
  List<Integer> epochs() {
    return epochs;
  }

  /**
   * Returns the settings that continue, best first; of equal ones the earlier in the grid first.
   *
   * @param objectives mean objective of each remaining setting; lower is better
   */
  List<Integer> survivors(Map<Integer, Double> objectives) {
    return objectives.entrySet().stream()
        .sorted(
            Map.Entry.<Integer, Double>comparingByValue()
                .thenComparing(Map.Entry.comparingByKey(Comparator.naturalOrder())))
        .map(Map.Entry::getKey)
        .limit(kept(objectives.size(), eta))
        .toList();
  }

  /** Returns how many epochs all settings together are trained, with one seed. */
  long planned(int settings) {
    long planned = 0;
    int before = 0;
    int left = settings;
    for (int rung : epochs) {
      planned += (long) (rung - before) * left;
      before = rung;
      left = kept(left, eta);
    }
    return planned;
  }

  private static int kept(int settings, int eta) {
    return (settings + eta - 1) / eta;
  }
}
