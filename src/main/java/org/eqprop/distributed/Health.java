package org.eqprop.distributed;

import java.util.ArrayList;
import java.util.List;
import org.eqprop.dynamics.Measurement;
import org.eqprop.model.Topology;

/** Tells a healthy training from one that has diverged or collapsed. */
final class Health {
  private Health() {}

  /**
   * Checks what a round has left.
   *
   * @param epoch from 1
   * @param training of the round's examples
   * @param parameters the merged weights; not modified
   * @throws TrainingFailedException if a number is not finite, or all units of a hidden layer were
   *     silent for every example: neither mends itself
   */
  static void check(int epoch, Topology topology, Measurement training, float[] parameters) {
    if (!Double.isFinite(training.energy()) || !allFinite(parameters)) {
      throw new TrainingFailedException(
          "epoch "
              + epoch
              + ": diverged: weights or energy are no longer finite; lower training.learning-rates");
    }
    for (int k = 1; k < topology.depth(); k++) {
      if (training.activity().get(k - 1) == 0) {
        throw new TrainingFailedException(
            "epoch "
                + epoch
                + ": collapsed: all "
                + topology.size(k)
                + " units of hidden layer "
                + k
                + " are dead (0 for every example); lower training.learning-rates");
      }
    }
  }

  private static boolean allFinite(float[] values) {
    float probe = 0;
    for (float value : values) {
      probe += value * 0;
    }
    return probe == 0;
  }

  /** Returns what looks wrong but may mend itself, a line each. */
  static List<String> warnings(int epoch, Topology topology, Measurement training) {
    List<String> warnings = new ArrayList<>();
    double chance = 1 - 1.0 / topology.outputs();
    if (training.activity().get(topology.depth() - 1) == 0) {
      warnings.add(
          "epoch "
              + epoch
              + ": all output units were 0 for every example; lower training.learning-rates");
    } else if (epoch > 1 && training.errorRate() >= 0.98 * chance) {
      warnings.add(
          String.format(
              java.util.Locale.ROOT,
              "epoch %d: training error %.1f %% is no better than chance",
              epoch,
              100 * training.errorRate()));
    }
    return warnings;
  }
}
