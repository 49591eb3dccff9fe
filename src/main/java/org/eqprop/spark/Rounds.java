package org.eqprop.spark;

import org.apache.spark.api.java.JavaSparkContext;
import org.eqprop.dynamics.Measurement;
import org.eqprop.learning.ReplicaSpec;
import org.eqprop.learning.UpdaterState;
import org.eqprop.network.Weights;

/**
 * Trains rounds: every replica learns, starting from the same weights, then the replicas are
 * averaged.
 */
public interface Rounds {
  /**
   * Trains every replica for one round.
   *
   * @param start state that the round starts with, after {@code start.epoch()} finished epochs
   * @param rateFactor factor on the learning rates
   * @param round 0 … rounds−1
   * @param rounds number of rounds of the epoch
   */
  Round train(TrainingState start, double rateFactor, int round, int rounds);

  /** Creates the rounds of a training whose replicas are loaded. */
  @FunctionalInterface
  interface Maker {
    /**
     * Creates the rounds.
     *
     * @param replicas loaded replicas
     * @param spec how the replicas learn
     */
    Rounds of(JavaSparkContext spark, Replicas replicas, ReplicaSpec spec);
  }

  /** Result of a round. */
  final class Round {
    private final Weights mean;
    private final UpdaterState updater;
    private final Measurement measurement;
    private final double spread;
    private final double computeSeconds;
    private final double broadcastSeconds;
    private final double mergeSeconds;

    /**
     * @param mean of the replicas' weights; not copied; unspecified if nothing was trained
     * @param updater the state of the updaters that the next round starts from
     * @param measurement of the examples trained on, at their free equilibria
     * @param spread how far the replicas are from their mean; NaN if there is only one replica, or
     *     if it is unknown
     * @param computeSeconds how long it took at least to compute the round
     * @param broadcastSeconds additional time that Spark took
     * @param mergeSeconds time that averaging took on the driver
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

    /** Returns the mean of the replicas' weights, which must not be modified. */
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
