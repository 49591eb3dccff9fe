package org.eqprop.learning;

import java.io.Serializable;
import org.eqprop.backend.Backend;
import org.eqprop.base.InvalidValueException;
import org.eqprop.data.InputCenter;
import org.eqprop.device.DeviceArray;
import org.eqprop.device.DeviceModels;
import org.eqprop.device.DeviceRelaxer;
import org.eqprop.device.Mismatch;
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
 * @param devices the hardware that learns and computes
 */
public record ReplicaSpec(
    Network network,
    Relaxation relaxation,
    GradientEstimator estimator,
    Hyperparameters hyperparameters,
    Backend backend,
    InputCenter inputCenter,
    DeviceModels devices)
    implements Serializable {

  /**
   * @throws InvalidValueException if the backend or the estimator has no use for the devices
   */
  public ReplicaSpec {
    if (!devices.isNone()) {
      backend.checkSimulates("device { " + devices + " }");
    }
    InvalidValueException.check(
        devices.mismatch().betweenNudges() == 0 || estimator.kind() == EstimatorKind.CENTERED,
        Mismatch.BETWEEN_NUDGES_KEY,
        devices.mismatch().betweenNudges(),
        "0, or estimator.kind = centered, which has two nudges");
  }

  /** Creates a rule whose first layer learns from x as it is, or whose center comes later. */
  public ReplicaSpec(
      Network network,
      Relaxation relaxation,
      GradientEstimator estimator,
      Hyperparameters hyperparameters,
      Backend backend) {
    this(network, relaxation, estimator, hyperparameters, backend, InputCenter.NONE);
  }

  /** Creates a rule of ideal hardware. */
  public ReplicaSpec(
      Network network,
      Relaxation relaxation,
      GradientEstimator estimator,
      Hyperparameters hyperparameters,
      Backend backend,
      InputCenter inputCenter) {
    this(network, relaxation, estimator, hyperparameters, backend, inputCenter, DeviceModels.NONE);
  }

  /** Returns this rule with every learning rate multiplied. */
  public ReplicaSpec scaled(double factor) {
    return new ReplicaSpec(
        network,
        relaxation,
        estimator,
        hyperparameters.scaled(factor),
        backend,
        inputCenter,
        devices);
  }

  /** Returns this rule with another input center. */
  public ReplicaSpec centered(InputCenter center) {
    return new ReplicaSpec(
        network, relaxation, estimator, hyperparameters, backend, center, devices);
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
  public ReplicaSpec computableHere() {
    return new ReplicaSpec(
        network, relaxation, estimator, hyperparameters, backend.orBlas(), inputCenter, devices);
  }

  /** Creates a float32 relaxer for this network on its hardware, its parameters zero. */
  public Relaxer newRelaxer() {
    Relaxer ideal = backend.relaxer(network, relaxation, DataType.FLOAT, inputCenter);
    return devices.isNone() ? ideal : new DeviceRelaxer(ideal, devices, hyperparameters.seed());
  }

  /** Returns what holds the weights. */
  public DeviceArray newDeviceArray() {
    return new DeviceArray(devices, network, inputCenter, hyperparameters.seed());
  }
}
