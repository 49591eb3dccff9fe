package org.eqprop.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigRenderOptions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.eqprop.backend.Backend;
import org.eqprop.base.InputException;
import org.eqprop.base.InvalidValueException;
import org.eqprop.base.KeyValues;
import org.eqprop.data.Augmentation;
import org.eqprop.data.InputCenter;
import org.eqprop.data.InputStatistics;
import org.eqprop.data.Normalisation;
import org.eqprop.learning.Centering;
import org.eqprop.learning.Hyperparameters;
import org.eqprop.learning.InputScaling;
import org.eqprop.learning.LearningRule;
import org.eqprop.learning.UpdaterSettings;
import org.eqprop.network.Dense;
import org.eqprop.network.Network;

/**
 * All that a run is made from, validated: what can be constructed can be run.
 *
 * @param source the resolved keys and values
 * @param data which examples
 * @param rule how each replica learns
 * @param initial which model's weights it starts from
 * @param averaging how the replicas are merged
 * @param checkpoint when the training is written down
 * @param evaluation how the network is evaluated
 * @param engine what trains the replicas
 */
public record RunConfiguration(
    Config source,
    DataSettings data,
    LearningRule rule,
    InitialSettings initial,
    AveragingSettings averaging,
    CheckpointSettings checkpoint,
    EvaluationSettings evaluation,
    Engine engine) {

  /**
   * Checks what concerns several keys at once.
   *
   * @throws InvalidValueException if they do not go together
   */
  public RunConfiguration {
    if (!new NetworkReader(new Values(source)).read().equals(rule.network())) {
      throw new IllegalArgumentException(
          "a network "
              + rule.network().description()
              + " that the keys do not describe: train it by a LocalTrainer");
    }
    int depth = rule.network().weightLayers();
    InvalidValueException.check(
        rule.hyperparameters().learningRates().size() == depth,
        Hyperparameters.LEARNING_RATES_KEY,
        rule.hyperparameters().learningRates(),
        depth + " numbers, one for each layer of weights of " + rule.network());
    List<Double> biasRates = rule.hyperparameters().biasLearningRates();
    InvalidValueException.check(
        biasRates.isEmpty() || biasRates.size() == depth,
        Hyperparameters.BIAS_LEARNING_RATES_KEY,
        biasRates,
        depth + " numbers, one for each layer of " + rule.network() + ", or []");
    checkFactor(rule.hyperparameters().fullRates(), averaging.rateFactor());
    checkFactor(rule.hyperparameters().fullBiasRates(), averaging.rateFactor());
    checkEngine(engine, rule.hyperparameters());
    checkCentering(rule);
    checkAugmentation(rule);
    rule.estimator().checkAgainst(rule.relaxation().schedule(), rule.network().cost());
    rule.backend().checkSupports(rule.network());
    InvalidValueException.check(
        engine != Engine.DL4J || rule.network().isPlain(),
        Engine.KEY,
        KeyValues.word(engine),
        "another engine: the layer of DL4J is dense, its states are in [0, 1], its inputs as they are");
  }

  private static void checkFactor(List<Double> rates, double factor) {
    InvalidValueException.check(
        rates.stream().allMatch(rate -> rate * factor <= 100),
        AveragingSettings.RATE_FACTOR_KEY,
        factor,
        "learning rates times this in (0, 100]");
  }

  private static void checkCentering(LearningRule rule) {
    Centering centering = rule.hyperparameters().centering();
    InvalidValueException.check(
        centering != Centering.MEAN || isFirstDense(rule.network()),
        Hyperparameters.CENTERING_KEY,
        KeyValues.word(centering),
        "none or auto: the biases that the channels of a convolution share cannot absorb the mean"
            + " image");
  }

  private static void checkAugmentation(LearningRule rule) {
    Augmentation augmentation = rule.hyperparameters().augmentation();
    augmentation.requireFor(rule.network().input());
    InvalidValueException.check(
        augmentation.isNone() || !rule.backend().equals(Backend.CUDA),
        Backend.KEY,
        rule.backend(),
        "another one with training.augmentation: cuda keeps the training images on the GPU as they"
            + " are");
  }

  private static boolean isFirstDense(Network network) {
    return network.link(1) instanceof Dense;
  }

  /** DL4J's master trains with updaters of its own, whose formulas and states are not these. */
  private static void checkEngine(Engine engine, Hyperparameters hyperparameters) {
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
    }
    InvalidValueException.check(
        engine != Engine.DL4J || reason.isEmpty(),
        Engine.KEY,
        KeyValues.word(engine),
        "eqprop with "
            + reason
            + "; DL4J trains by plain SGD, one rate per layer, on the images as they are");
  }

  /**
   * Returns the resolved configuration as a HOCON file with comments, which {@code --conf} reads.
   */
  public String toHocon() {
    return source
        .root()
        .render(ConfigRenderOptions.defaults().setOriginComments(false).setJson(false));
  }

  /** Returns the resolved configuration as one line of JSON. */
  public String toJson() {
    return source.root().render(ConfigRenderOptions.concise());
  }

  /**
   * Returns a key in which two configurations differ, and both values, in words; empty if there is
   * none.
   */
  public Optional<String> difference(RunConfiguration other) {
    return source.entrySet().stream()
        .map(Map.Entry::getKey)
        .sorted()
        .filter(key -> !source.getValue(key).equals(other.source.getValue(key)))
        .findFirst()
        .map(
            key ->
                key + " = " + rendered(source, key) + ": expected " + rendered(other.source, key));
  }

  private static String rendered(Config config, String key) {
    return config.getValue(key).render(ConfigRenderOptions.concise());
  }

  /**
   * Returns the configuration for a number of replicas, its averaging {@link
   * AveragingSettings#resolved}.
   */
  public RunConfiguration resolved(int replicas) {
    RunConfiguration chosen = this;
    for (var key : averaging.resolved(replicas).resolvedKeys().entrySet()) {
      chosen = chosen.with(key.getKey(), key.getValue());
    }
    return chosen;
  }

  /**
   * Returns the configuration with the normalisation of these training images where it is {@code
   * auto}.
   *
   * @param data what the training images add up to
   */
  public RunConfiguration normalised(InputStatistics data) {
    Network network = rule.network();
    Normalisation found = network.normalisation().measured(data, network.input().channels());
    RunConfiguration chosen = this;
    if (isAuto(Normalisation.MEAN_KEY)) {
      chosen = chosen.with(Normalisation.MEAN_KEY, found.mean().toString());
    }
    if (isAuto(Normalisation.DEVIATION_KEY)) {
      chosen = chosen.with(Normalisation.DEVIATION_KEY, found.deviation().toString());
    }
    return chosen;
  }

  /**
   * Returns the configuration for training images, nothing about them left to be chosen: {@code
   * network.mean}, {@code network.deviation}, and, by the images that these make, {@code
   * training.input-center} and {@code training.learning-rate-scale} are resolved; the rule has its
   * input center.
   *
   * @param images what the training images add up to
   */
  public RunConfiguration measured(InputStatistics images) {
    RunConfiguration chosen = normalised(images);
    InputStatistics data = images.normalised(chosen.rule.network().normalisation());
    if (chosen.isAuto(Hyperparameters.CENTERING_KEY)) {
      chosen =
          chosen.with(
              Hyperparameters.CENTERING_KEY,
              KeyValues.word(
                  isFirstDense(rule.network()) ? InputScaling.centering(data) : Centering.NONE));
    }
    Centering centering = chosen.rule.hyperparameters().centering();
    if (chosen.isAuto(Hyperparameters.RATE_SCALE_KEY)) {
      chosen =
          chosen.with(
              Hyperparameters.RATE_SCALE_KEY,
              String.valueOf(InputScaling.rateScale(data, centering)));
    }
    return centering == Centering.MEAN
        ? chosen.centered(new InputCenter(data.mean()))
        : chosen.centered(InputCenter.NONE);
  }

  /** Returns the configuration with what another has resolved of the training images. */
  public RunConfiguration measuredAs(RunConfiguration other) {
    RunConfiguration chosen = this;
    for (String key :
        List.of(
            Normalisation.MEAN_KEY,
            Normalisation.DEVIATION_KEY,
            Hyperparameters.CENTERING_KEY,
            Hyperparameters.RATE_SCALE_KEY)) {
      if (chosen.isAuto(key)) {
        chosen = chosen.with(key, Hocon.written(other.source.getValue(key)));
      }
    }
    return chosen;
  }

  /** Returns the configuration with another's initial model and checksum where it has none. */
  public RunConfiguration startedAs(RunConfiguration other) {
    RunConfiguration chosen =
        initial.isModel() ? this : with(InitialSettings.MODEL_KEY, other.initial.model());
    return chosen.initial.isModel() && chosen.initial.checksum().isEmpty()
        ? chosen.with(InitialSettings.CHECKSUM_KEY, other.initial.checksum())
        : chosen;
  }

  /**
   * Returns the configuration with the checksum of its initial model.
   *
   * @param checksum of the model's weights
   * @throws InputException if it has another one already
   */
  public RunConfiguration startedFrom(String checksum) {
    if (!initial.checksum().isEmpty() && !initial.checksum().equals(checksum)) {
      throw new InputException(
          place(InitialSettings.CHECKSUM_KEY)
              + InitialSettings.CHECKSUM_KEY
              + " = "
              + initial.checksum()
              + ": the weights of "
              + initial.model()
              + " have "
              + checksum
              + ": expected the model of that time; put it back, or start from this one with --init");
    }
    return with(InitialSettings.CHECKSUM_KEY, checksum);
  }

  /** Returns where a key was set, as messages begin: {@code "--set: "}; empty: in the defaults. */
  public String place(String key) {
    return new Values(source).place(key);
  }

  private boolean isAuto(String key) {
    return source.getValue(key).unwrapped().equals(Values.WORD_AUTO);
  }

  private RunConfiguration centered(InputCenter center) {
    return new RunConfiguration(
        source, data, rule.centered(center), initial, averaging, checkpoint, evaluation, engine);
  }

  /**
   * Returns the configuration with the local paths of its data, checkpoints and initial model
   * absolute, so that they mean the same in any working folder.
   */
  public RunConfiguration withAbsolutePaths() {
    return ConfigurationReader.of(source).withAbsolutePaths().read().centered(rule.inputCenter());
  }

  /**
   * Returns the configuration with another value for one key.
   *
   * @throws InputException if there is no such key or the value is out of range
   */
  public RunConfiguration with(String key, String value) {
    return ConfigurationReader.of(source)
        .set(key, value, source.getValue(key).origin().description())
        .read()
        .centered(rule.inputCenter());
  }
}
