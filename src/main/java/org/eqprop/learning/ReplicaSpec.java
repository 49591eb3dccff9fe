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
 * Everything that determines how a replica learns.
 *
 * @param network the network that learns
 * @param relaxation how the network relaxes
 * @param estimator how the gradient is estimated
 * @param hyperparameters how the weights follow the gradient
 * @param backend the backend that computes
 * @param inputCenter the center that the first layer learns relative to; required for training if
 *     {@link Hyperparameters#centering} is {@link Centering#MEAN}, never for evaluation
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
   * @throws InvalidValueException if the backend cannot simulate the devices, or if they differ
   *     between nudges and the estimator has only one nudge
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

  /** Creates a spec whose first layer learns from x as it is, or whose center comes later. */
  public ReplicaSpec(
      Network network,
      Relaxation relaxation,
      GradientEstimator estimator,
      Hyperparameters hyperparameters,
      Backend backend) {
    this(network, relaxation, estimator, hyperparameters, backend, InputCenter.NONE);
  }

  /** Creates a spec for ideal hardware. */
  public ReplicaSpec(
      Network network,
      Relaxation relaxation,
      GradientEstimator estimator,
      Hyperparameters hyperparameters,
      Backend backend,
      InputCenter inputCenter) {
    this(network, relaxation, estimator, hyperparameters, backend, inputCenter, DeviceModels.NONE);
  }

  /** Returns a copy with every learning rate multiplied by a factor. */
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

  /** Returns a copy with another input center. */
  public ReplicaSpec centered(InputCenter center) {
    return new ReplicaSpec(
        network, relaxation, estimator, hyperparameters, backend, center, devices);
  }

  /**
   * Returns the initial weights and biases.
   *
   * @throws IllegalStateException if the mean image is needed but not known
   */
  public Weights initialWeights() {
    requireCenter();
    return Weights.initial(network, hyperparameters.seed(), inputCenter);
  }

  /**
   * Checks that training can start.
   *
   * @throws IllegalStateException if the mean image is needed but not known
   */
  void requireCenter() {
    if (hyperparameters.centering() == Centering.MEAN && inputCenter.isNone()) {
      throw new IllegalStateException("the mean of the training images is not measured yet");
    }
  }

  /** Returns a copy with a backend that can compute on this machine: OpenBLAS if its own cannot. */
  public ReplicaSpec computableHere() {
    return new ReplicaSpec(
        network, relaxation, estimator, hyperparameters, backend.orBlas(), inputCenter, devices);
  }

  /** Creates a float32 relaxer for this network on its hardware, with all parameters zero. */
  public Relaxer newRelaxer() {
    Relaxer ideal = backend.relaxer(network, relaxation, DataType.FLOAT, inputCenter);
    return devices.isNone() ? ideal : new DeviceRelaxer(ideal, devices, hyperparameters.seed());
  }

  /** Creates the array of devices that holds the weights. */
  public DeviceArray newDeviceArray() {
    return new DeviceArray(devices, network, inputCenter, hyperparameters.seed());
  }
}
