package org.eqprop.dl4j;

import java.util.List;
import org.deeplearning4j.exception.DL4JInvalidConfigException;
import org.eqprop.base.InvalidValueException;
import org.eqprop.network.Dense;
import org.eqprop.network.Network;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.learning.config.IUpdater;

/** Checks the settings of an {@link EquilibriumLayer}. */
final class LayerChecks {
  private LayerChecks() {}

  /**
   * Checks that there is one updater per layer of weights, or none at all.
   *
   * @throws InvalidValueException if there is another number of updaters
   */
  static void checkUpdaters(List<IUpdater> updaters, int weightLayers) {
    InvalidValueException.check(
        updaters.isEmpty() || updaters.size() == weightLayers,
        "updaters",
        updaters.size(),
        weightLayers + ", one per layer of weights");
  }

  /**
   * Checks the center of the inputs that the first layer learns from.
   *
   * @param center m [n_0], or empty; not modified
   * @throws InvalidValueException if it does not fit the network's inputs, or the first link is not
   *     dense
   */
  static void checkCenter(float[] center, Network network) {
    InvalidValueException.check(
        center.length == 0 || center.length == network.inputs(),
        "inputCenter",
        center.length,
        network.inputs() + " values, one per input, or none");
    InvalidValueException.check(
        center.length == 0 || network.link(1) instanceof Dense,
        "inputCenter",
        center.length + " values",
        "none: the biases that the channels of a convolution share cannot absorb it");
    boolean intensities = network.normalisation().isNone();
    for (float value : center) {
      InvalidValueException.check(
          intensities ? value >= 0 && value <= 1 : Float.isFinite(value),
          "inputCenter",
          value,
          intensities ? "numbers in [0, 1]" : "finite numbers");
    }
  }

  /**
   * Checks learning rates.
   *
   * @throws InvalidValueException if a rate is out of its range
   */
  static void checkRates(double... rates) {
    for (double rate : rates) {
      InvalidValueException.check(
          rate > 0 && rate <= 100, "learningRates", rate, "numbers in (0, 100]");
    }
  }

  /**
   * Refuses a DL4J setting that does not work with the phases.
   *
   * @throws DL4JInvalidConfigException if it is set
   */
  static void refuse(String setting, @Nullable Object value, String why) {
    if (value != null) {
      throw new DL4JInvalidConfigException(
          setting + " = " + value + ": not supported by an EquilibriumLayer, since " + why);
    }
  }
}
