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
 * Where a training stands between two rounds. At the end of an epoch it is all that the next epoch
 * starts from: learning rates, the order of the examples and the signs of nudges follow from the
 * configuration and the number of the epoch.
 */
public final class TrainingState implements Serializable {
  private static final long serialVersionUID = 1L;

  private final int epoch;
  private final Weights weights;
  private final UpdaterState updater;
  private final @Nullable Weights velocity;
  private final double error;

  /**
   * A state whose updater's state is zero.
   *
   * @param epoch how many epochs have ended
   * @param weights not copied
   * @param velocity of the outer optimizer; null at rest; not copied
   * @param error lowest error rate that was measured at the end of an epoch; NaN if none was
   */
  public TrainingState(int epoch, Weights weights, @Nullable Weights velocity, double error) {
    this(epoch, weights, UpdaterState.ZERO, velocity, error);
  }

  /**
   * @param epoch how many epochs have ended
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
   * Returns the state before the first epoch: initial weights by the rule's seed, all else zero.
   */
  public static TrainingState initial(ReplicaSpec spec) {
    return startingFrom(spec.initialWeights());
  }

  /**
   * Returns the state before the first epoch of a training that starts from given weights, all else
   * zero. They are taken as they are, whatever the first layer learns relative to: the network
   * computes at first what the model they come from computes.
   *
   * @param weights not copied
   */
  public static TrainingState startingFrom(Weights weights) {
    return new TrainingState(0, weights, null, Double.NaN);
  }

  /**
   * Returns the state that a file of {@link #checkpoint} holds.
   *
   * @param epoch how many epochs have ended
   * @param error lowest error rate that was measured at the end of an epoch; NaN if none was
   */
  public static TrainingState of(ModelFile checkpoint, int epoch, double error) {
    return new TrainingState(
        epoch, checkpoint.weights(), checkpoint.updater(), checkpoint.velocity(), error);
  }

  /**
   * Returns the model that has been trained so far: the weights, and in the metadata the
   * configuration and the epoch.
   */
  public ModelFile model(RunConfiguration configuration) {
    return new ModelFile(weights, metadata(configuration));
  }

  /**
   * Returns the model with what else a training continues from. The error is the caller's to keep.
   *
   * @param key of what the caller adds to the metadata
   * @param value what it adds
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

  /** Returns this state, the outer optimizer at rest. */
  TrainingState atRest() {
    return moved(weights, null);
  }

  /** Returns this state, its weights and velocity replaced. */
  TrainingState moved(Weights newWeights, @Nullable Weights newVelocity) {
    return new TrainingState(epoch, newWeights, updater, newVelocity, error);
  }

  /** Returns this state, that of the updaters replaced. */
  TrainingState updated(UpdaterState newUpdater) {
    return new TrainingState(epoch, weights, newUpdater, velocity, error);
  }

  /** Returns this state, the error the lower of its own and another. */
  TrainingState measured(double newError) {
    double lower = Double.isNaN(error) ? newError : Math.min(error, newError);
    return new TrainingState(epoch, weights, updater, velocity, lower);
  }

  /** Returns this state at the end of the epoch that it is in. */
  TrainingState epochEnded() {
    return new TrainingState(epoch + 1, weights, updater, velocity, error);
  }

  /** Returns how many epochs have ended. */
  public int epoch() {
    return epoch;
  }

  /** Returns weights and biases; not to be modified. */
  public Weights weights() {
    return weights;
  }

  /** Returns the state of the replicas' updaters. */
  public UpdaterState updater() {
    return updater;
  }

  /** Returns the outer optimizer's velocity; null at rest; not to be modified. */
  public @Nullable Weights velocity() {
    return velocity;
  }

  /** Returns the lowest error rate measured at the end of an epoch; NaN if none was. */
  public double error() {
    return error;
  }
}
