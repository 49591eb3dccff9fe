package org.eqprop.distributed;

import org.eqprop.dynamics.Measurement;
import org.jspecify.annotations.Nullable;

/**
 * What one epoch showed.
 *
 * @param epoch from 1
 * @param training of the training examples at their free equilibria, each before its own update:
 *     the running error
 * @param validation of the validation set after the epoch; null if there is none
 * @param test of the test set after the epoch; null if not asked for
 * @param trainSeconds from the broadcast of the weights to the last replica's result, all rounds
 * @param mergeSeconds averaging at the driver, all rounds
 * @param evaluateSeconds evaluation
 * @param warnings what looks wrong, a line each
 */
public record EpochReport(
    int epoch,
    Measurement training,
    @Nullable Measurement validation,
    @Nullable Measurement test,
    double trainSeconds,
    double mergeSeconds,
    double evaluateSeconds,
    java.util.List<String> warnings) {

  /** Returns the time of the whole epoch. */
  public double seconds() {
    return trainSeconds + mergeSeconds + evaluateSeconds;
  }

  /** Returns training images a second, evaluation not counted. */
  public double imagesPerSecond() {
    return training.examples() / (trainSeconds + mergeSeconds);
  }
}
