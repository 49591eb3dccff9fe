package org.eqprop.spark;

import java.io.Serializable;
import org.eqprop.learning.LearningRule;
import org.eqprop.learning.UpdaterState;
import org.eqprop.network.ParameterLayout;

/**
 * Where a training stands between two rounds. At the end of an epoch it is all that the next epoch
 * starts from: learning rates, the order of the examples and the signs of nudges follow from the
 * configuration and the number of the epoch.
 */
public final class TrainingState implements Serializable {
  private static final long serialVersionUID = 1L;

  private static final float[] NO_VELOCITY = {};

  private final int epoch;
  private final float[] parameters;
  private final UpdaterState updater;
  private final float[] velocity;
  private final double error;

  /**
   * A state whose updater's state is zero.
   *
   * @param epoch how many epochs have ended
   * @param parameters weights and biases, flat as {@link ParameterLayout} says; not copied
   * @param velocity of the outer optimizer, flat as the parameters; empty at rest; not copied
   * @param error lowest error rate that was measured at the end of an epoch; NaN if none was
   */
  public TrainingState(int epoch, float[] parameters, float[] velocity, double error) {
    this(epoch, parameters, UpdaterState.ZERO, velocity, error);
  }

  /**
   * @param epoch how many epochs have ended
   * @param parameters weights and biases, flat as {@link ParameterLayout} says; not copied
   * @param updater the state of the replicas' updaters
   * @param velocity of the outer optimizer, flat as the parameters; empty at rest; not copied
   * @param error lowest error rate that was measured at the end of an epoch; NaN if none was
   */
  public TrainingState(
      int epoch, float[] parameters, UpdaterState updater, float[] velocity, double error) {
    if (velocity.length != 0 && velocity.length != parameters.length) {
      throw new IllegalArgumentException(
          velocity.length + " velocities of " + parameters.length + " parameters");
    }
    this.epoch = epoch;
    this.parameters = parameters;
    this.updater = updater;
    this.velocity = velocity;
    this.error = error;
  }

  /**
   * Returns the state before the first epoch: initial weights by the rule's seed, all else zero.
   */
  public static TrainingState initial(LearningRule rule) {
    return startingFrom(rule.initialParameters());
  }

  /**
   * Returns the state before the first epoch of a training that starts from given weights, all else
   * zero. They are taken as they are, whatever the first layer learns relative to: the network
   * computes at first what the model they come from computes.
   *
   * @param parameters weights and biases, flat as {@link ParameterLayout} says; not copied
   */
  public static TrainingState startingFrom(float[] parameters) {
    return new TrainingState(0, parameters, NO_VELOCITY, Double.NaN);
  }

  /** Returns this state, the outer optimizer at rest. */
  TrainingState atRest() {
    return moved(parameters, NO_VELOCITY);
  }

  /** Returns this state, its weights and velocity replaced. */
  TrainingState moved(float[] newParameters, float[] newVelocity) {
    return new TrainingState(epoch, newParameters, updater, newVelocity, error);
  }

  /** Returns this state, that of the updaters replaced. */
  TrainingState updated(UpdaterState newUpdater) {
    return new TrainingState(epoch, parameters, newUpdater, velocity, error);
  }

  /** Returns this state, the error the lower of its own and another. */
  TrainingState measured(double newError) {
    double lower = Double.isNaN(error) ? newError : Math.min(error, newError);
    return new TrainingState(epoch, parameters, updater, velocity, lower);
  }

  /** Returns this state at the end of the epoch that it is in. */
  TrainingState epochEnded() {
    return new TrainingState(epoch + 1, parameters, updater, velocity, error);
  }

  /** Returns how many epochs have ended. */
  public int epoch() {
    return epoch;
  }

  /** Returns weights and biases, flat as {@link ParameterLayout} says; not to be modified. */
  public float[] parameters() {
    return parameters;
  }

  /** Returns the state of the replicas' updaters. */
  public UpdaterState updater() {
    return updater;
  }

  /** Returns the outer optimizer's velocity, flat; empty at rest; not to be modified. */
  public float[] velocity() {
    return velocity;
  }

  /** Returns the lowest error rate measured at the end of an epoch; NaN if none was. */
  public double error() {
    return error;
  }
}
