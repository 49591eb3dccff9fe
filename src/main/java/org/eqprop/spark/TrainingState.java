package org.eqprop.spark;

import java.io.Serializable;
import java.util.HashMap;
import java.util.Map;
import org.eqprop.config.RunConfiguration;
import org.eqprop.learning.ReplicaSpec;
import org.eqprop.learning.UpdaterState;
import org.eqprop.model.ModelFile;
import org.eqprop.network.Weights;
import org.jspecify.annotations.Nullable;

/**
 * The state of a training between two rounds. At the end of an epoch it is everything that the next
 * epoch starts from: learning rates, the order of the examples and the signs of nudges follow from
 * the configuration and the number of the epoch.
 */
public final class TrainingState implements Serializable {
  private static final long serialVersionUID = 1L;

  private final int epoch;
  private final Weights weights;
  private final UpdaterState updater;
  private final @Nullable Weights velocity;
  private final double error;

  /**
   * Creates a state whose updater state is zero.
   *
   * @param epoch number of finished epochs
   * @param weights not copied
   * @param velocity of the outer optimizer; null at rest; not copied
   * @param error lowest error rate that was measured at the end of an epoch; NaN if none was
   */
  public TrainingState(int epoch, Weights weights, @Nullable Weights velocity, double error) {
    this(epoch, weights, UpdaterState.ZERO, velocity, error);
  }

  /**
   * @param epoch number of finished epochs
   * @param weights not copied
   * @param updater the state of the replicas' updaters
   * @param velocity of the outer optimizer; null at rest; not copied
   * @param error lowest error rate that was measured at the end of an epoch; NaN if none was
   */
  public TrainingState(
      int epoch, Weights weights, UpdaterState updater, @Nullable Weights velocity, double error) {
    if (velocity != null) {
      velocity.requireFor(weights.network());
    }
    this.epoch = epoch;
    this.weights = weights;
    this.updater = updater;
    this.velocity = velocity;
    this.error = error;
  }

  /**
   * Returns the state before the first epoch: initial weights from the spec's seed, everything else
   * zero.
   */
  public static TrainingState initial(ReplicaSpec spec) {
    return startingFrom(spec.initialWeights());
  }

  /**
   * Returns the state before the first epoch of a training that starts from given weights,
   * everything else zero. The weights are used unchanged, whatever input center the first layer
   * learns relative to: initially the network computes the same as the model that the weights come
   * from.
   *
   * @param weights not copied
   */
  public static TrainingState startingFrom(Weights weights) {
    return new TrainingState(0, weights, null, Double.NaN);
  }

  /**
   * Returns the state that a file of {@link #checkpoint} holds.
   *
   * @param epoch number of finished epochs
   * @param error lowest error rate that was measured at the end of an epoch; NaN if none was
   */
  public static TrainingState of(ModelFile checkpoint, int epoch, double error) {
    return new TrainingState(
        epoch, checkpoint.weights(), checkpoint.updater(), checkpoint.velocity(), error);
  }

  /**
   * Returns the model that has been trained so far: the weights, with the configuration and the
   * epoch in the metadata.
   */
  public ModelFile model(RunConfiguration configuration) {
    return new ModelFile(weights, metadata(configuration));
  }

  /**
   * Returns the model with everything else that a training is resumed from, except the error, which
   * the caller has to save.
   *
   * @param key of an entry that the caller adds to the metadata
   * @param value of that entry
   */
  public ModelFile checkpoint(RunConfiguration configuration, String key, String value) {
    Map<String, String> metadata = metadata(configuration);
    metadata.put(key, value);
    return new ModelFile(weights, updater, velocity, metadata);
  }

  private Map<String, String> metadata(RunConfiguration configuration) {
    Map<String, String> metadata = new HashMap<>();
    metadata.put(ModelFile.CONFIGURATION, configuration.toJson());
    metadata.put(ModelFile.EPOCH, String.valueOf(epoch));
    return metadata;
  }

  /** Returns this state with the outer optimizer at rest. */
  TrainingState atRest() {
    return moved(weights, null);
  }

  /** Returns this state with other weights and another velocity. */
  TrainingState moved(Weights newWeights, @Nullable Weights newVelocity) {
    return new TrainingState(epoch, newWeights, updater, newVelocity, error);
  }

  /** Returns this state with another state of the updaters. */
  TrainingState updated(UpdaterState newUpdater) {
    return new TrainingState(epoch, weights, newUpdater, velocity, error);
  }

  /** Returns this state with the lower of its own error and another. */
  TrainingState measured(double newError) {
    double lower = Double.isNaN(error) ? newError : Math.min(error, newError);
    return new TrainingState(epoch, weights, updater, velocity, lower);
  }

  /** Returns this state at the end of its current epoch. */
  TrainingState epochEnded() {
    return new TrainingState(epoch + 1, weights, updater, velocity, error);
  }

  /** Returns the number of finished epochs. */
  public int epoch() {
    return epoch;
  }

  /** Returns the weights and biases, which must not be modified. */
  public Weights weights() {
    return weights;
  }

  /** Returns the state of the replicas' updaters. */
  public UpdaterState updater() {
    return updater;
  }

  /** Returns the outer optimizer's velocity, which must not be modified; null at rest. */
  public @Nullable Weights velocity() {
    return velocity;
  }

  /** Returns the lowest error rate measured at the end of an epoch; NaN if none was. */
  public double error() {
    return error;
  }
}
