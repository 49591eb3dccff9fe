package org.eqprop.spark;

import org.apache.spark.api.java.JavaSparkContext;
import org.eqprop.dynamics.Measurement;
import org.eqprop.learning.ReplicaSpec;
import org.eqprop.learning.UpdaterState;
import org.eqprop.network.Weights;

/** How a round is trained: every replica learns from the same weights, then they are averaged. */
public interface Rounds {
  /**
   * Trains every replica for one round.
   *
   * @param start what the round begins with, {@code start.epoch()} epochs having ended
   * @param rateFactor on the learning rates
   * @param round 0 … rounds−1
   * @param rounds how many the epoch has
   */
  Round train(TrainingState start, double rateFactor, int round, int rounds);

  /** Makes the rounds of a training whose replicas are loaded. */
  @FunctionalInterface
  interface Maker {
    /**
     * Makes the rounds.
     *
     * @param replicas loaded
     * @param spec how they learn
     */
    Rounds of(JavaSparkContext spark, Replicas replicas, ReplicaSpec spec);
  }

  /** What a round left. */
  final class Round {
    private final Weights mean;
    private final UpdaterState updater;
    private final Measurement measurement;
    private final double spread;
    private final double computeSeconds;
    private final double broadcastSeconds;
    private final double mergeSeconds;

    /**
     * @param mean of the replicas' weights; not copied; whatever it is, if no example was trained
     *     on
     * @param updater the state of the updaters that the next round starts from
     * @param measurement of the examples trained on, at their free equilibria
     * @param spread how far the replicas are from their mean; NaN if there is one, or nobody knows
     * @param computeSeconds how long it had to compute at least
     * @param broadcastSeconds what Spark took besides
     * @param mergeSeconds what averaging took at the driver
     */
    public Round(
        Weights mean,
        UpdaterState updater,
        Measurement measurement,
        double spread,
        double computeSeconds,
        double broadcastSeconds,
        double mergeSeconds) {
      this.mean = mean;
      this.updater = updater;
      this.measurement = measurement;
      this.spread = spread;
      this.computeSeconds = computeSeconds;
      this.broadcastSeconds = broadcastSeconds;
      this.mergeSeconds = mergeSeconds;
    }

    /** Returns the mean of the replicas' weights; not to be modified. */
    Weights mean() {
      return mean;
    }

    /** Returns the state of the updaters that the next round starts from. */
    UpdaterState updater() {
      return updater;
    }

    Measurement measurement() {
      return measurement;
    }

    double spread() {
      return spread;
    }

    double computeSeconds() {
      return computeSeconds;
    }

    double broadcastSeconds() {
      return broadcastSeconds;
    }

    double mergeSeconds() {
      return mergeSeconds;
    }
  }
}
