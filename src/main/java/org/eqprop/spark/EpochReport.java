package org.eqprop.spark;

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
 * @param computeSeconds training itself, of each round's slowest replica
 * @param broadcastSeconds what else passed from the broadcast of the weights to the last replica's
 *     result: broadcast, scheduling, setting up, sending back
 * @param mergeSeconds averaging at the driver, all rounds
 * @param evaluateSeconds evaluation
 * @param replicaSpread how far the replicas were from their mean before the last average of the
 *     epoch, root mean square, as a fraction of how far that mean had moved; NaN of one replica
 * @param warnings what looks wrong, a line each
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

  /** Returns the time of training, evaluation not counted. */
  public double trainingSeconds() {
    return computeSeconds + broadcastSeconds + mergeSeconds;
  }

  /** Returns training images a second, evaluation not counted. */
  public double imagesPerSecond() {
    return training.examples() / trainingSeconds();
  }
}
