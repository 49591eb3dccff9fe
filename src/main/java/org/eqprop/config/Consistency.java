package org.eqprop.config;

import com.typesafe.config.Config;
import java.util.List;
import org.eqprop.backend.Backend;
import org.eqprop.base.InvalidValueException;
import org.eqprop.base.KeyValues;
import org.eqprop.base.SafeText;
import org.eqprop.data.Augmentation;
import org.eqprop.device.DeviceModels;
import org.eqprop.device.Signs;
import org.eqprop.learning.Centering;
import org.eqprop.learning.Hyperparameters;
import org.eqprop.learning.ReplicaSpec;
import org.eqprop.learning.UpdaterSettings;
import org.eqprop.network.Dense;
import org.eqprop.network.Network;

/** Checks of a configuration that concern several keys at once. */
final class Consistency {
  private Consistency() {}

  /**
   * Checks that values are compatible with each other. Each is already known to be in its own
   * range.
   *
   * @param source the resolved keys and values
   * @param spec how each replica learns
   * @param rateFactor on the learning rates of many replicas
   * @param engine what trains the replicas
   * @throws InvalidValueException if values are not compatible
   * @throws IllegalArgumentException if the spec's network differs from that of the keys
   */
  static void check(Config source, ReplicaSpec spec, double rateFactor, Engine engine) {
    Network network = spec.network();
    Hyperparameters hyperparameters = spec.hyperparameters();
    if (!new NetworkReader(new Values(source)).read().equals(network)) {
      throw new IllegalArgumentException(
          "the network "
              + network.description()
              + " is not the one that the keys describe: train it with a LocalTrainer");
    }
    int depth = network.weightLayers();
    InvalidValueException.check(
        hyperparameters.learningRates().size() == depth,
        Hyperparameters.LEARNING_RATES_KEY,
        hyperparameters.learningRates(),
        SafeText.count(depth, "number")
            + ", one for each layer of weights of "
            + network
            + "; set this key together with the network");
    List<Double> biasRates = hyperparameters.biasLearningRates();
    InvalidValueException.check(
        biasRates.isEmpty() || biasRates.size() == depth,
        Hyperparameters.BIAS_LEARNING_RATES_KEY,
        biasRates,
        SafeText.count(depth, "number") + ", one for each layer of " + network + ", or []");
    checkFactor(hyperparameters.fullRates(), rateFactor);
    checkFactor(hyperparameters.fullBiasRates(), rateFactor);
    checkEngine(engine, spec);
    checkCentering(spec);
    checkAugmentation(spec);
    spec.estimator().checkAgainst(spec.relaxation().schedule(), network.cost());
    spec.backend().checkSupports(network);
  }

  /**
   * Checks that weights with fixed signs are drawn by the seed.
   *
   * @throws InvalidValueException if they come from a model
   */
  static void checkSigns(ReplicaSpec spec, InitialSettings initial) {
    Signs signs = spec.devices().signs();
    InvalidValueException.check(
        signs == Signs.FREE || !initial.isModel(),
        DeviceModels.SIGNS_KEY,
        KeyValues.word(signs),
        "free with "
            + InitialSettings.MODEL_KEY
            + ": fixed signs are those of the weights that "
            + Hyperparameters.SEED_KEY
            + " draws");
  }

  private static void checkFactor(List<Double> rates, double factor) {
    InvalidValueException.check(
        rates.stream().allMatch(rate -> rate * factor <= 100),
        AveragingSettings.RATE_FACTOR_KEY,
        factor,
        "learning rates times this factor in (0, 100]");
  }

  private static void checkCentering(ReplicaSpec spec) {
    Centering centering = spec.hyperparameters().centering();
    InvalidValueException.check(
        centering != Centering.MEAN || isFirstDense(spec.network()),
        Hyperparameters.CENTERING_KEY,
        KeyValues.word(centering),
        "none or auto: the biases that the channels of a convolution share cannot absorb the mean"
            + " image");
  }

  private static void checkAugmentation(ReplicaSpec spec) {
    Augmentation augmentation = spec.hyperparameters().augmentation();
    augmentation.requireFor(spec.network().input());
    InvalidValueException.check(
        augmentation.isNone() || !spec.backend().equals(Backend.CUDA),
        Backend.KEY,
        spec.backend(),
        "another backend with training.augmentation: cuda keeps the training images on the GPU"
            + " unchanged");
  }

  /** Returns whether the first link is dense. */
  static boolean isFirstDense(Network network) {
    return network.link(1) instanceof Dense;
  }

  /** DL4J's master trains with its own updaters, whose formulas and states differ from ours. */
  private static void checkEngine(Engine engine, ReplicaSpec spec) {
    Hyperparameters hyperparameters = spec.hyperparameters();
    UpdaterSettings updater = hyperparameters.updater();
    String reason = "";
    if (!updater.isPlain()) {
      reason =
          UpdaterSettings.KIND_KEY
              + " = "
              + KeyValues.word(updater.kind())
              + " and weight-decay = "
              + updater.weightDecay();
    } else if (!hyperparameters.biasLearningRates().isEmpty()) {
      reason =
          Hyperparameters.BIAS_LEARNING_RATES_KEY + " = " + hyperparameters.biasLearningRates();
    } else if (!hyperparameters.augmentation().isNone()) {
      reason = "training.augmentation";
    } else if (!spec.devices().isNone()) {
      reason = "device { " + spec.devices() + " }";
    }
    InvalidValueException.check(
        engine != Engine.DL4J || reason.isEmpty(),
        Engine.KEY,
        KeyValues.word(engine),
        "eqprop with "
            + reason
            + "; DL4J trains with plain SGD, one rate per layer, without augmentation");
  }
}
