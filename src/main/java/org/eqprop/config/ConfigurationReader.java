package org.eqprop.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigOriginFactory;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import java.util.List;
import org.eqprop.backend.Backend;
import org.eqprop.base.InputException;
import org.eqprop.base.InvalidValueException;
import org.eqprop.data.InputCenter;
import org.eqprop.device.DeviceModels;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.learning.GradientEstimator;
import org.eqprop.learning.Hyperparameters;
import org.eqprop.learning.OperationCosts;
import org.eqprop.learning.ReplicaSpec;
import org.eqprop.network.Network;
import org.eqprop.storage.FileList;
import org.eqprop.storage.LocalPath;
import org.eqprop.storage.Storage;

/**
 * Reads a {@link RunConfiguration} from HOCON: the defaults, then a preset or file, then overrides,
 * where later values win. Each error is one line that names the key, the value, where it was set
 * and what was expected. An environment variable in a user's file is read as if its text were
 * written there: as a number, a list or a word.
 */
public final class ConfigurationReader {
  private static final List<String> PATHS =
      List.of(
          DataSettings.TRAIN_IMAGES_KEY,
          DataSettings.TRAIN_LABELS_KEY,
          DataSettings.TEST_IMAGES_KEY,
          DataSettings.TEST_LABELS_KEY,
          CheckpointSettings.FOLDER_KEY,
          InitialSettings.MODEL_KEY);

  private final Config config;
  private final Values values;

  /** Creates a reader of the defaults. */
  public ConfigurationReader() {
    this(Keys.DEFAULTS);
  }

  private ConfigurationReader(Config config) {
    this.config = config;
    this.values = new Values(config);
  }

  /** Creates a reader of all keys and values of another configuration. */
  static ConfigurationReader of(Config source) {
    return new ConfigurationReader(source);
  }

  /**
   * Returns a reader with the keys of a user's own file on top, in which environment variables are
   * substituted.
   *
   * @param storage resolves the location
   * @param location a HOCON file
   * @throws InputException if it cannot be read or has an unknown key
   */
  public ConfigurationReader file(Storage storage, String location) {
    return file(storage, location, Hocon.Source.USER);
  }

  /**
   * Returns a reader with the keys of a file on top that the program has written. Substitutions are
   * refused.
   *
   * @param storage resolves the location
   * @param location a HOCON file
   * @throws InputException if it cannot be read or has an unknown key or a substitution
   */
  public ConfigurationReader stored(Storage storage, String location) {
    return file(storage, location, Hocon.Source.STORED);
  }

  /**
   * Returns a reader with the keys of a file on top.
   *
   * @param source where the file is from
   * @throws InputException if it cannot be read or has an unknown key
   */
  public ConfigurationReader file(Storage storage, String location, Hocon.Source source) {
    return overlay(Hocon.parse(Hocon.text(storage, location), location, source));
  }

  /**
   * Returns a reader with the keys of a JSON text on top, such as a model's metadata contain.
   *
   * @param origin what messages call the text
   * @throws InputException if it is not valid JSON or has an unknown key
   */
  public ConfigurationReader text(String json, String origin) {
    return overlay(Hocon.parse(json, origin, Hocon.Source.JSON));
  }

  /**
   * Returns a reader with one key changed, as {@code --set} does; environment variables are
   * substituted.
   *
   * @param assignment {@code KEY=VALUE}, the value in HOCON, or verbatim if the key's type is text
   */
  public ConfigurationReader set(String assignment) {
    int equals = assignment.indexOf('=');
    if (equals < 1) {
      throw new InputException("--set " + assignment + ": expected KEY=VALUE");
    }
    return set(
        assignment.substring(0, equals).strip(),
        assignment.substring(equals + 1).strip(),
        "--set",
        Hocon.Source.USER);
  }

  /**
   * Returns a reader with one key changed.
   *
   * @param key as in a file
   * @param text its value in HOCON, or verbatim if the key's type is text
   * @param origin what messages call the place where it is set
   */
  public ConfigurationReader set(String key, String text, String origin) {
    return set(key, text, origin, Hocon.Source.STORED);
  }

  private ConfigurationReader set(String key, String text, String origin, Hocon.Source source) {
    Keys.requireKnown(key, origin);
    ConfigValue value =
        Keys.isText(key)
            ? ConfigValueFactory.fromAnyRef(text)
            : Keys.typed(Keys.value(text, origin + " " + key + "=" + text, source));
    value = value.withOrigin(ConfigOriginFactory.newSimple(origin));
    return top(ConfigFactory.empty().withValue(key, value));
  }

  /**
   * Returns a reader with further keys on top.
   *
   * @throws InputException if one is unknown
   */
  public ConfigurationReader keys(Config further) {
    return overlay(further);
  }

  /**
   * Returns a reader in which the local paths of data, checkpoints and the initial model are
   * absolute, so that they mean the same in any working folder.
   */
  public ConfigurationReader withAbsolutePaths() {
    Config absolute = config;
    for (String key : PATHS) {
      ConfigValue value = config.getValue(key);
      if (value.unwrapped() instanceof String path) {
        ConfigValue whole = ConfigValueFactory.fromAnyRef(absolute(key, path));
        absolute = absolute.withValue(key, whole.withOrigin(value.origin()));
      }
    }
    return new ConfigurationReader(absolute);
  }

  /** An IDX path names one file, even if it contains commas; other formats may list several. */
  private String absolute(String key, String path) {
    boolean several =
        key.matches("data\\..*-images")
            && values.choice(DataSettings.FORMAT_KEY, DataFormat.class) != DataFormat.IDX;
    return several ? FileList.of(path).absolute().toString() : LocalPath.absolute(path);
  }

  /**
   * Returns the network that the network's keys describe, without checking the other keys.
   *
   * @throws InputException if a value is of the wrong type or out of its range
   */
  public Network network() {
    try {
      return new NetworkReader(values).read();
    } catch (InvalidValueException e) {
      throw placed(e);
    }
  }

  private InputException placed(InvalidValueException e) {
    return new InputException(values.place(e.key()) + e.getMessage(), e);
  }

  /** Returns all keys and values, unchecked. */
  public Config source() {
    return config;
  }

  private ConfigurationReader overlay(Config top) {
    Config typed = top;
    for (var entry : top.entrySet()) {
      Keys.requireKnown(entry.getKey(), entry.getValue().origin().description());
      if (!Keys.isText(entry.getKey())) {
        typed = typed.withValue(entry.getKey(), Keys.typed(entry.getValue()));
      }
    }
    return top(Keys.completed(typed));
  }

  private ConfigurationReader top(Config top) {
    return new ConfigurationReader(NetworkReader.reconciled(top, config).withFallback(config));
  }

  /**
   * Returns the configuration.
   *
   * @throws InputException if a value is of the wrong type or out of its range
   */
  public RunConfiguration read() {
    try {
      ReplicaSpec spec = spec();
      return new RunConfiguration(
          documented(spec.network()),
          DataSettings.of(values),
          spec,
          InitialSettings.of(values),
          AveragingSettings.of(values),
          CheckpointSettings.of(values),
          EvaluationSettings.of(values),
          OperationCosts.of(values),
          Engine.of(values));
    } catch (InvalidValueException e) {
      throw placed(e);
    }
  }

  /**
   * Gives every key its comment from the defaults, whatever file it came from, and sets both forms
   * of the network.
   */
  private Config documented(Network network) {
    Config documented =
        config.withValue(
            NetworkReader.TOPOLOGY,
            ConfigValueFactory.fromIterable(network.sizes())
                .withOrigin(config.getValue(NetworkReader.TOPOLOGY).origin()));
    for (var entry : Keys.DEFAULTS.entrySet()) {
      String key = entry.getKey();
      Config known = documented;
      ConfigValue value = values.typed(key, "a value", () -> known.getValue(key));
      var origin = value.origin().withComments(entry.getValue().origin().comments());
      documented = documented.withValue(key, value.withOrigin(origin));
    }
    return documented;
  }

  private ReplicaSpec spec() {
    return new ReplicaSpec(
        new NetworkReader(values).read(),
        Relaxation.of(values),
        GradientEstimator.of(values),
        Hyperparameters.of(values),
        Backend.of(values),
        InputCenter.NONE,
        DeviceModels.of(values));
  }
}
