package org.eqprop.learning;

import java.io.Serializable;
import org.eqprop.backend.Backend;
import org.eqprop.data.InputCenter;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.network.Network;
import org.eqprop.network.Weights;
import org.nd4j.linalg.api.buffer.DataType;

/**
 * All that decides how a replica learns.
 *
 * @param network what learns
 * @param relaxation how the network relaxes
 * @param estimator how the gradient is estimated
 * @param hyperparameters how the weights follow it
 * @param backend what computes
 * @param inputCenter what the first layer learns relative to; needed to train if {@link
 *     Hyperparameters#centering} says so, and not to evaluate
 */
public record LearningRule(
    Network network,
    Relaxation relaxation,
    GradientEstimator estimator,
    Hyperparameters hyperparameters,
    Backend backend,
    InputCenter inputCenter)
    implements Serializable {

  /** Creates a rule whose first layer learns from x as it is, or whose center comes later. */
  public LearningRule(
      Network network,
      Relaxation relaxation,
      GradientEstimator estimator,
      Hyperparameters hyperparameters,
      Backend backend) {
    this(network, relaxation, estimator, hyperparameters, backend, InputCenter.NONE);
  }

  /** Returns this rule with every learning rate multiplied. */
  public LearningRule scaled(double factor) {
    return new LearningRule(
        network, relaxation, estimator, hyperparameters.scaled(factor), backend, inputCenter);
  }

  /** Returns this rule with another input center. */
  public LearningRule centered(InputCenter center) {
    return new LearningRule(network, relaxation, estimator, hyperparameters, backend, center);
  }

  /**
   * Returns the initial weights and biases.
   *
   * @throws IllegalStateException if the mean image is needed and not known
   */
  public Weights initialWeights() {
    requireCenter();
    return Weights.initial(network, hyperparameters.seed(), inputCenter);
  }

  /**
   * Checks that training can begin.
   *
   * @throws IllegalStateException if the mean image is needed and not known
   */
  void requireCenter() {
    if (hyperparameters.centering() == Centering.MEAN && inputCenter.isNone()) {
      throw new IllegalStateException("the mean of the training images is not measured yet");
    }
  }

  /** Returns this rule with a backend that can compute here: OpenBLAS where its own cannot. */
  public LearningRule computableHere() {
    return new LearningRule(
        network, relaxation, estimator, hyperparameters, backend.orBlas(), inputCenter);
  }

  /** Creates a float32 relaxer for this network, its parameters zero. */
  public Relaxer newRelaxer() {
    return backend.relaxer(network, relaxation, DataType.FLOAT, inputCenter);
  }
}
