package org.eqprop.distributed;

import java.util.ArrayList;
import java.util.List;
import org.eqprop.dynamics.Measurement;
import org.eqprop.model.Topology;

/** Tells a healthy training from one that has diverged or collapsed. */
public final class Health {
  private Health() {}

  /**
   * Checks that the weights an epoch has left are numbers.
   *
   * @param epoch from 1
   * @param training of the epoch's examples
   * @param parameters the merged weights; not modified
   * @throws TrainingFailedException if a number is not finite
   */
  public static void checkFinite(int epoch, Measurement training, float[] parameters) {
    if (!Double.isFinite(training.energy()) || !allFinite(parameters)) {
      throw new TrainingFailedException(
          "epoch "
              + epoch
              + ": diverged: weights or energy are no longer finite; lower training.learning-rates");
    }
  }

  /** Returns whether a hidden layer was silent for every example, or there were none. */
  public static boolean hiddenLayerSilent(Topology topology, Measurement measured) {
    return measured.activity().subList(0, topology.depth() - 1).contains(0.0);
  }

  /**
   * Checks that every hidden layer is alive.
   *
   * @param epoch from 1
   * @param measured with the weights that the epoch has left
   * @throws TrainingFailedException if all units of a hidden layer were silent for every example:
   *     that does not mend itself
   */
  public static void checkAlive(int epoch, Topology topology, Measurement measured) {
    for (int k = 1; k < topology.depth(); k++) {
      if (measured.activity().get(k - 1) == 0) {
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

  /**
   * Checks that the weights an epoch has left still know what earlier ones knew.
   *
   * @param epoch from 1
   * @param before lowest error rate at the end of an earlier epoch; NaN if there is none
   * @param after error rate at its end
   * @throws TrainingFailedException if it has risen by more than a training's ups and downs
   */
  static void checkKept(int epoch, double before, double after) {
    if (after > 1.25 * before + 0.02) {
      throw new TrainingFailedException(
          String.format(
              java.util.Locale.ROOT,
              "epoch %d: overshot: error %.1f %%, %.1f %% before; lower averaging.outer.momentum or"
                  + " averaging.learning-rate-factor",
              epoch,
              100 * after,
              100 * before));
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
