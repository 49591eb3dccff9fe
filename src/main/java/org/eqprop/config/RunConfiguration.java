package org.eqprop.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigRenderOptions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.eqprop.base.InputException;
import org.eqprop.base.InvalidValueException;
import org.eqprop.base.KeyValues;
import org.eqprop.data.InputCenter;
import org.eqprop.data.InputStatistics;
import org.eqprop.data.Normalisation;
import org.eqprop.learning.Centering;
import org.eqprop.learning.Hyperparameters;
import org.eqprop.learning.InputScaling;
import org.eqprop.learning.OperationCosts;
import org.eqprop.learning.ReplicaSpec;
import org.eqprop.network.Network;

/**
 * The complete, validated configuration of a run. Every instance that can be constructed can be
 * run.
 *
 * @param source the resolved keys and values
 * @param data the data sets
 * @param spec how each replica learns
 * @param initial the model whose weights the run starts from
 * @param averaging how the replicas are averaged
 * @param checkpoint when and where checkpoints are saved
 * @param evaluation how the network is evaluated
 * @param costs of operations
 * @param engine what trains the replicas
 */
public record RunConfiguration(
    Config source,
    DataSettings data,
    ReplicaSpec spec,
    InitialSettings initial,
    AveragingSettings averaging,
    CheckpointSettings checkpoint,
    EvaluationSettings evaluation,
    OperationCosts costs,
    Engine engine) {

  /**
   * Checks the rules that concern several keys at once.
   *
   * @throws InvalidValueException if values are not compatible
   */
  public RunConfiguration {
    Consistency.check(source, spec, averaging.rateFactor(), engine);
    Consistency.checkSigns(spec, initial);
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

  /** Returns the resolved keys in alphabetical order, each with its value as in a file. */
  public SortedMap<String, String> values() {
    SortedMap<String, String> values = new TreeMap<>();
    source.entrySet().forEach(e -> values.put(e.getKey(), Hocon.written(e.getValue())));
    return values;
  }

  /**
   * Returns the first key in which two configurations differ, and both values, in words; empty if
   * there is none.
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
   * Returns the configuration for a number of replicas, with its averaging settings {@linkplain
   * AveragingSettings#resolved resolved}.
   */
  public RunConfiguration resolved(int replicas) {
    RunConfiguration chosen = this;
    for (var key : averaging.resolved(replicas).resolvedKeys().entrySet()) {
      chosen = chosen.with(key.getKey(), key.getValue());
    }
    return chosen;
  }

  /**
   * Returns the configuration with the normalisation measured from the training images where it is
   * {@code auto} or {@code median}.
   *
   * @param data statistics of the training images
   */
  public RunConfiguration normalised(InputStatistics data) {
    Network network = spec.network();
    Normalisation found = network.normalisation().measured(data, network.input().channels());
    RunConfiguration chosen = this;
    if (isOpen(Normalisation.MEAN_KEY)) {
      chosen = chosen.with(Normalisation.MEAN_KEY, found.mean().toString());
    }
    if (isOpen(Normalisation.DEVIATION_KEY)) {
      chosen = chosen.with(Normalisation.DEVIATION_KEY, found.deviation().toString());
    }
    return chosen;
  }

  /**
   * Returns the configuration with everything resolved that depends on the training images: {@code
   * network.mean}, {@code network.deviation} and, from the images normalised by these, {@code
   * training.input-center} and {@code training.learning-rate-scale}. The spec has its input center.
   *
   * @param images statistics of the training images
   */
  public RunConfiguration measured(InputStatistics images) {
    RunConfiguration chosen = normalised(images);
    InputStatistics data = images.normalised(chosen.spec.network().normalisation());
    if (chosen.isOpen(Hyperparameters.CENTERING_KEY)) {
      chosen =
          chosen.with(
              Hyperparameters.CENTERING_KEY,
              KeyValues.word(
                  Consistency.isFirstDense(spec.network())
                      ? InputScaling.centering(data)
                      : Centering.NONE));
    }
    Centering centering = chosen.spec.hyperparameters().centering();
    if (chosen.isOpen(Hyperparameters.RATE_SCALE_KEY)) {
      chosen =
          chosen.with(
              Hyperparameters.RATE_SCALE_KEY,
              String.valueOf(InputScaling.rateScale(data, centering)));
    }
    return centering == Centering.MEAN
        ? chosen.centered(new InputCenter(data.mean()))
        : chosen.centered(InputCenter.NONE);
  }

  /**
   * Returns the configuration with the values that another one has resolved from the training
   * images.
   */
  public RunConfiguration measuredAs(RunConfiguration other) {
    RunConfiguration chosen = this;
    for (String key :
        List.of(
            Normalisation.MEAN_KEY,
            Normalisation.DEVIATION_KEY,
            Hyperparameters.CENTERING_KEY,
            Hyperparameters.RATE_SCALE_KEY)) {
      if (chosen.isOpen(key)) {
        chosen = chosen.with(key, Hocon.written(other.source.getValue(key)));
      }
    }
    return chosen;
  }

  /** Returns the configuration with another's initial model and checksum if it has none itself. */
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
   * @throws InputException if the configuration already has a different one
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
              + ": expected the original model; restore it, or start from this one with --init");
    }
    return with(InitialSettings.CHECKSUM_KEY, checksum);
  }

  /**
   * Returns where a key was set, as the prefix of a message, such as {@code "--set: "}; empty if it
   * has its default.
   */
  public String place(String key) {
    return new Values(source).place(key);
  }

  /** Returns whether a value is still to be measured from the training images. */
  private boolean isOpen(String key) {
    Object value = source.getValue(key).unwrapped();
    return value.equals(Values.WORD_AUTO) || value.equals(Values.WORD_MEDIAN);
  }

  private RunConfiguration centered(InputCenter center) {
    return new RunConfiguration(
        source,
        data,
        spec.centered(center),
        initial,
        averaging,
        checkpoint,
        evaluation,
        costs,
        engine);
  }

  /**
   * Returns the configuration in which the local paths of data, checkpoints and the initial model
   * are absolute, so that they mean the same in any working folder.
   */
  public RunConfiguration withAbsolutePaths() {
    return ConfigurationReader.of(source).withAbsolutePaths().read().centered(spec.inputCenter());
  }

  /**
   * Returns the configuration with one key changed.
   *
   * @throws InputException if there is no such key or the value is out of its range
   */
  public RunConfiguration with(String key, String value) {
    return ConfigurationReader.of(source)
        .set(key, value, source.getValue(key).origin().description())
        .read()
        .centered(spec.inputCenter());
  }
}
