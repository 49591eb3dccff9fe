package org.eqprop.spark;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.eqprop.dynamics.Measurement;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.dynamics.Schedule;
import org.eqprop.network.Convolution;
import org.eqprop.network.Network;
import org.eqprop.network.Weights;

/** Distinguishes a healthy training from one that has diverged or collapsed. */
public final class Health {
  /** An error of at least this fraction of chance level is no better than chance. */
  private static final double NO_BETTER = 0.98;

  /** For a class with fewer examples, a recall of 0 % may be bad luck. */
  private static final int TELLING = 5;

  /**
   * A mean energy that rises by more than this, relative to itself, is more than a rounding error.
   */
  private static final double RISE = 1e-3;

  /** Units that still move by this fraction of their first step are far from an equilibrium. */
  private static final double UNSETTLED = 0.1;

  private Health() {}

  /**
   * Checks that the weights after an epoch are finite.
   *
   * @param epoch from 1
   * @param training measurement of the epoch's examples
   * @param weights merged weights; not modified
   * @throws TrainingFailedException if a number is not finite
   */
  public static void checkFinite(int epoch, Measurement training, Weights weights) {
    if (!Double.isFinite(training.energy()) || !weights.isFinite()) {
      throw new TrainingFailedException(
          "epoch "
              + epoch
              + ": diverged: weights or energy are no longer finite; lower"
              + " training.learning-rates");
    }
  }

  /** Returns whether a hidden layer was silent for every example, or there were no examples. */
  public static boolean hiddenLayerSilent(Network network, Measurement measured) {
    return measured.activity().subList(0, hidden(network)).contains(0.0);
  }

  /**
   * Returns the number of hidden layers; with a readout, the last layer that relaxes is hidden,
   * too.
   */
  private static int hidden(Network network) {
    return network.weightLayers() - 1;
  }

  /**
   * Checks that every hidden layer is alive.
   *
   * @param epoch from 1
   * @param measured with the weights after the epoch
   * @throws TrainingFailedException if all units of a hidden layer were silent for every example,
   *     from which training does not recover
   */
  public static void checkAlive(int epoch, Network network, Measurement measured) {
    for (int k = 1; k <= hidden(network); k++) {
      if (measured.activity().get(k - 1) == 0) {
        throw new TrainingFailedException(
            "epoch "
                + epoch
                + ": collapsed: all "
                + (network.link(k) instanceof Convolution link
                    ? link.channels() + " channels"
                    : network.size(k) + " units")
                + " of hidden layer "
                + k
                + " are dead (0 for every example); lower training.learning-rates");
      }
    }
  }

  /**
   * Checks that an epoch has not lost what earlier epochs had learned.
   *
   * @param epoch from 1
   * @param before lowest error rate at the end of an earlier epoch; NaN if there is none
   * @param after error rate at the end of this epoch
   * @throws TrainingFailedException if the error has risen by more than the usual ups and downs of
   *     a training
   */
  static void checkKept(int epoch, double before, double after) {
    if (after > 1.25 * before + 0.02) {
      throw new TrainingFailedException(
          String.format(
              Locale.ROOT,
              "epoch %d: overshot: error %.1f %%, %.1f %% before; lower averaging.outer.momentum or"
                  + " averaging.learning-rate-factor",
              epoch,
              100 * after,
              100 * before));
    }
  }

  /** Returns warnings after an epoch about problems that may resolve themselves, one line each. */
  static List<String> warnings(int epoch, Network network, Measurement training) {
    List<String> warnings = new ArrayList<>();
    double chance = 1 - 1.0 / network.outputs();
    if (!network.hasReadout() && training.activity().get(network.depth() - 1) == 0) {
      warnings.add(
          "epoch "
              + epoch
              + ": all output units were 0 for every example; lower training.learning-rates");
    } else if (epoch > 1 && training.errorRate() >= NO_BETTER * chance) {
      warnings.add(
          String.format(
              Locale.ROOT,
              "epoch %d: training error %.1f %% is no better than chance; lower"
                  + " training.learning-rates",
              epoch,
              100 * training.errorRate()));
    }
    return warnings;
  }

  /**
   * Returns warnings about the free phases after an epoch, one line each: the energy rises in them,
   * or they end far from an equilibrium.
   *
   * @param epoch from 1
   * @param settling of training examples, over the first steps of a free phase or over all of them
   */
  static List<String> phaseWarnings(int epoch, Relaxation relaxation, Settling settling) {
    int last = settling.steps().size();
    if (settling.examples() == 0) {
      return List.of();
    }
    for (int step = 2; step <= last; step++) {
      double before = settling.meanEnergy(step - 1);
      double after = settling.meanEnergy(step);
      if (after > before + RISE * (1 + Math.abs(before))) {
        return List.of(
            String.format(
                Locale.ROOT,
                "epoch %d: the energy rises in the free phase (mean %.3f after step %d, %.3f after"
                    + " step %d): %s",
                epoch,
                before,
                step - 1,
                after,
                step,
                relaxation.schedule() == Schedule.SYNCHRONOUS
                    ? "lower relaxation.epsilon, or set relaxation.schedule = even-odd"
                    : "lower training.learning-rates"));
      }
    }
    double move = settling.meanMove(last);
    double first = settling.meanMove(1);
    return last > 1 && last == relaxation.freeSteps() && move > UNSETTLED * first
        ? List.of(
            String.format(
                Locale.ROOT,
                "epoch %d: free phases do not settle: in the last of %d steps an example's fastest"
                    + " unit still moves by %.2f, compared to %.2f in the first (means of %d"
                    + " examples); raise relaxation.free-steps or training.updater.weight-decay, or"
                    + " lower training.learning-rates",
                epoch,
                last,
                move,
                first,
                settling.examples()))
        : List.of();
  }

  /**
   * Returns the problems of a trained network, one line each: it is no better than always answering
   * the most frequent class, or it never recognises some class.
   *
   * @param set name of the set that the network was evaluated on, such as {@code test}
   * @param error error rate on that set, 0 … 1
   * @param classCounts how many examples of the set each class has, [n_L]
   * @param tally counts the predictions per class; called only if the network may never recognise
   *     some class
   */
  public static List<String> verdict(
      String set, double error, List<Integer> classCounts, Supplier<ClassTally> tally) {
    List<String> warnings = new ArrayList<>();
    int examples = classCounts.stream().mapToInt(Integer::intValue).sum();
    if (examples == 0) {
      return warnings;
    }
    int most = Collections.max(classCounts);
    double constant = 1 - (double) most / examples;
    if (constant > 0 && error >= NO_BETTER * constant) {
      warnings.add(
          String.format(
              Locale.ROOT,
              "%s error %.2f %% is no better than answering label %d for every example (%.2f %%):"
                  + " the network has learned nothing; lower training.learning-rates or train"
                  + " longer",
              set,
              100 * error,
              classCounts.indexOf(most),
              100 * constant));
    }
    int fewest = classCounts.stream().filter(n -> n >= TELLING).min(Integer::compare).orElse(0);
    if (fewest > 0 && error * examples >= fewest - 0.5) {
      ClassTally counted = tally.get();
      List<Integer> dead =
          IntStream.range(0, classCounts.size())
              .filter(c -> counted.examples().get(c) >= TELLING && counted.right().get(c) == 0)
              .boxed()
              .toList();
      if (!dead.isEmpty()) {
        boolean silent = dead.stream().allMatch(c -> counted.predicted().get(c) == 0);
        warnings.add(
            String.format(
                Locale.ROOT,
                "no %s example of label %s is recognized (recall 0 %%)%s; lower"
                    + " training.learning-rates or raise estimator.beta",
                set,
                DataWarnings.labels(dead),
                silent
                    ? dead.size() == 1
                        ? ", and no example is predicted as it"
                        : ", and no example is predicted as one of them"
                    : ""));
      }
    }
    return warnings;
  }
}
