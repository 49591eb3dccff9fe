package org.eqprop.spark;

import org.eqprop.dynamics.Measurement;
import org.jspecify.annotations.Nullable;

/**
 * The measurements of one epoch.
 *
 * @param epoch from 1
 * @param training the training examples at their free equilibria, each measured before its own
 *     update: the running error
 * @param validation the validation set after the epoch; null if there is none
 * @param test the test set after the epoch; null if it was not evaluated
 * @param computeSeconds training itself: per round the time of the slowest replica, or, with more
 *     replicas than cores, at least the time of all replicas divided by the cores
 * @param broadcastSeconds the rest of the time from the broadcast of the weights to the last
 *     replica's result: broadcast, scheduling, setup, sending results back
 * @param mergeSeconds averaging at the driver, all rounds
 * @param evaluateSeconds evaluation
 * @param replicaSpread root mean square distance of the replicas from their mean before the last
 *     average of the epoch, as a fraction of the distance that this mean had moved; NaN for one
 *     replica
 * @param warnings problems that were noticed, one line each
 */
public record EpochReport(
    int epoch,
    Measurement training,
    @Nullable Measurement validation,
    @Nullable Measurement test,
    double computeSeconds,
    double broadcastSeconds,
    double mergeSeconds,
    double evaluateSeconds,
    double replicaSpread,
    java.util.List<String> warnings) {

  /** Returns the time of the whole epoch. */
  public double seconds() {
    return trainingSeconds() + evaluateSeconds;
  }

  /** Returns the training time, without evaluation. */
  public double trainingSeconds() {
    return computeSeconds + broadcastSeconds + mergeSeconds;
  }

  /** Returns the training images per second, without evaluation. */
  public double imagesPerSecond() {
    return training.examples() / trainingSeconds();
  }
}
