package org.eqprop.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigOriginFactory;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import com.typesafe.config.ConfigValueType;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.eqprop.data.InputException;
import org.eqprop.data.InvalidValueException;
import org.eqprop.data.LabelledFiles;
import org.eqprop.data.Storage;
import org.eqprop.dynamics.Backend;
import org.eqprop.dynamics.NudgedStart;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.dynamics.Schedule;
import org.eqprop.learning.Estimator;
import org.eqprop.learning.EstimatorKind;
import org.eqprop.learning.Hyperparameters;
import org.eqprop.learning.LearningRule;
import org.eqprop.model.Topology;

/**
 * Reads a {@link RunConfiguration} from HOCON: the defaults, then a preset or file, then overrides,
 * later ones winning. Each problem is one line that names the key, the value, the place and what
 * was expected.
 */
public final class ConfigurationReader {
  private static final Config DEFAULTS =
      parse(
          new InputStreamReader(
              resource("org/eqprop/config/defaults.conf"), StandardCharsets.UTF_8),
          "the defaults");

  private static final String WORD_AUTO = "auto";

  private final Config config;

  /** Starts from the defaults. */
  public ConfigurationReader() {
    this(DEFAULTS);
  }

  private ConfigurationReader(Config config) {
    this.config = config;
  }

  /**
   * Returns a reader with a file's keys on top.
   *
   * @param storage resolves the location
   * @param location a HOCON file
   * @throws InputException if it cannot be read or has an unknown key
   */
  public ConfigurationReader file(Storage storage, String location) {
    return overlay(
        parse(new InputStreamReader(storage.open(location), StandardCharsets.UTF_8), location));
  }

  /**
   * Returns a reader with the keys of a text on top.
   *
   * @param origin how messages call the text
   */
  public ConfigurationReader text(String hocon, String origin) {
    return overlay(parse(new java.io.StringReader(hocon), origin));
  }

  /**
   * Returns a reader with one key changed.
   *
   * @param assignment {@code KEY=VALUE}, the value in HOCON; where the key is a text, as it stands
   */
  public ConfigurationReader set(String assignment) {
    return override(config, assignment);
  }

  ConfigurationReader override(Config base, String assignment) {
    int equals = assignment.indexOf('=');
    if (equals < 1) {
      throw new InputException("--set " + assignment + ": expected KEY=VALUE");
    }
    return new ConfigurationReader(base)
        .set(
            assignment.substring(0, equals).strip(),
            assignment.substring(equals + 1).strip(),
            "--set");
  }

  /**
   * Returns a reader with one key changed.
   *
   * @param key as in a file
   * @param text its value in HOCON; where the key is a text, as it stands
   * @param origin how messages call the place
   */
  public ConfigurationReader set(String key, String text, String origin) {
    requireKnown(key, origin);
    ConfigValue value =
        isText(key)
            ? ConfigValueFactory.fromAnyRef(text)
            : value(text, origin + " " + key + "=" + text);
    value = value.withOrigin(ConfigOriginFactory.newSimple(origin));
    return new ConfigurationReader(config.withValue(key, value));
  }

  /**
   * Returns a reader with further keys on top.
   *
   * @throws InputException if one is unknown
   */
  public ConfigurationReader keys(Config further) {
    return overlay(further);
  }

  /** Returns all keys and values as they stand, unchecked. */
  public Config source() {
    return config;
  }

  /** Whether a key's values are texts, and not words or numbers. */
  private static boolean isText(String key) {
    ConfigValue value = DEFAULTS.getValue(key);
    return value.valueType() == ConfigValueType.STRING && !value.unwrapped().equals(WORD_AUTO);
  }

  private static ConfigValue value(String text, String where) {
    var root = parse(new java.io.StringReader("value = " + text), where).root();
    ConfigValue value = root.get("value");
    if (value == null || root.size() != 1) {
      throw new InputException(where + ": expected one KEY=VALUE; repeat --set for another key");
    }
    return value;
  }

  private ConfigurationReader overlay(Config top) {
    for (var entry : top.entrySet()) {
      requireKnown(entry.getKey(), entry.getValue().origin().description());
    }
    return new ConfigurationReader(top.withFallback(config));
  }

  private static void requireKnown(String key, String where) {
    if (!hasPath(key) || DEFAULTS.getValue(key).valueType() == ConfigValueType.OBJECT) {
      String known =
          DEFAULTS.entrySet().stream()
              .map(java.util.Map.Entry::getKey)
              .collect(Collectors.toCollection(TreeSet::new))
              .stream()
              .collect(Collectors.joining(", "));
      throw new InputException(where + ": unknown key '" + key + "': expected one of " + known);
    }
  }

  private static boolean hasPath(String key) {
    try {
      return DEFAULTS.hasPath(key);
    } catch (ConfigException.BadPath e) {
      return false;
    }
  }

  /**
   * Returns the configuration.
   *
   * @throws InputException if a value is of the wrong type or out of its range
   */
  public RunConfiguration read() {
    try {
      return new RunConfiguration(
          documented(),
          data(),
          rule(),
          averaging(),
          checkpoint(),
          evaluation(),
          choice("engine", Engine.class));
    } catch (InvalidValueException e) {
      throw new InputException(place(e.key()) + e.getMessage(), e);
    }
  }

  /** Gives every key its comment from the defaults, whatever file it came from. */
  private Config documented() {
    Config documented = config;
    for (var entry : DEFAULTS.entrySet()) {
      String key = entry.getKey();
      ConfigValue value = typed(key, "a value", () -> config.getValue(key));
      var origin = value.origin().withComments(entry.getValue().origin().comments());
      documented = documented.withValue(key, value.withOrigin(origin));
    }
    return documented;
  }

  private DataSettings data() {
    return new DataSettings(
        new LabelledFiles(location("data.train-images"), location("data.train-labels")),
        new LabelledFiles(location("data.test-images"), location("data.test-labels")),
        whole("data.validation"));
  }

  private String location(String key) {
    return typed(key, "a location, as text", () -> config.getString(key));
  }

  private LearningRule rule() {
    return new LearningRule(
        topology(),
        new Relaxation(
            choice("relaxation.schedule", Schedule.class),
            number("relaxation.epsilon"),
            whole("relaxation.free-steps"),
            whole("relaxation.nudged-steps"),
            number("relaxation.tolerance"),
            choice("relaxation.nudged-start", NudgedStart.class)),
        new Estimator(choice("estimator.kind", EstimatorKind.class), number("estimator.beta")),
        hyperparameters(),
        choice("backend", Backend.class));
  }

  private Topology topology() {
    List<Double> sizes = numbers("topology");
    for (double size : sizes) {
      InvalidValueException.check(
          size == Math.rint(size) && Math.abs(size) <= Integer.MAX_VALUE,
          "topology",
          shown("topology"),
          "a list of whole numbers");
    }
    return new Topology(sizes.stream().map(Double::intValue).toList());
  }

  private Hyperparameters hyperparameters() {
    return new Hyperparameters(
        whole("training.epochs"),
        whole("training.batch"),
        numbers("training.learning-rates"),
        number("training.decay"),
        whole("training.batches-per-epoch"),
        wholeLong("training.seed"));
  }

  private AveragingSettings averaging() {
    return new AveragingSettings(
        whole("averaging.replicas"),
        wholeOrAuto("averaging.rounds-per-epoch"),
        wholeOrAuto("averaging.warm-up.epochs"),
        whole("averaging.warm-up.rounds-per-epoch"),
        numberOrAuto("averaging.learning-rate-factor"),
        choice("averaging.outer.optimizer", OuterKind.class),
        number("averaging.outer.rate"),
        numberOrAuto("averaging.outer.momentum"));
  }

  private CheckpointSettings checkpoint() {
    return new CheckpointSettings(
        whole("checkpoint.every"), location("checkpoint.dir"), whole("checkpoint.keep"));
  }

  private EvaluationSettings evaluation() {
    return new EvaluationSettings(whole("evaluation.batch"), flag("evaluation.test-each-epoch"));
  }

  private double number(String key) {
    double value = typed(key, "a number", () -> config.getDouble(key));
    InvalidValueException.check(Double.isFinite(value), key, shown(key), "a number");
    return value;
  }

  private List<Double> numbers(String key) {
    return typed(key, "a list of numbers, such as [0.1, 0.05]", () -> config.getDoubleList(key));
  }

  private int whole(String key) {
    long value = wholeLong(key);
    InvalidValueException.check(value == (int) value, key, shown(key), "a whole number below 2^31");
    return (int) value;
  }

  private int wholeOrAuto(String key) {
    return isAuto(key) ? AveragingSettings.AUTO : whole(key);
  }

  private double numberOrAuto(String key) {
    return isAuto(key) ? AveragingSettings.AUTO : number(key);
  }

  private boolean isAuto(String key) {
    ConfigValue value = config.getValue(key);
    boolean auto = value.unwrapped().equals(WORD_AUTO);
    InvalidValueException.check(
        auto || value.valueType() == ConfigValueType.NUMBER, key, shown(key), "a number, or auto");
    return auto;
  }

  private long wholeLong(String key) {
    double approximate = number(key);
    InvalidValueException.check(
        approximate == Math.rint(approximate), key, shown(key), "a whole number");
    return typed(key, "a whole number", () -> config.getLong(key));
  }

  private boolean flag(String key) {
    return typed(key, "true or false", () -> config.getBoolean(key));
  }

  private <E extends Enum<E>> E choice(String key, Class<E> type) {
    String text = typed(key, "a word", () -> config.getString(key));
    E[] constants = java.util.Objects.requireNonNull(type.getEnumConstants());
    for (E constant : constants) {
      if (word(constant).equals(text)) {
        return constant;
      }
    }
    throw new InvalidValueException(
        key,
        text,
        "one of "
            + Arrays.stream(constants)
                .map(ConfigurationReader::word)
                .collect(Collectors.joining(", ")));
  }

  /** Returns how a mode is written in a configuration: {@code EVEN_ODD} is {@code even-odd}. */
  public static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private <T> T typed(String key, String expected, java.util.function.Supplier<T> getter) {
    try {
      return getter.get();
    } catch (ConfigException e) {
      throw new InvalidValueException(key, shown(key), expected);
    }
  }

  private String shown(String key) {
    return config.hasPathOrNull(key) && !config.getIsNull(key)
        ? config.getValue(key).render(com.typesafe.config.ConfigRenderOptions.concise())
        : "null";
  }

  private String place(String key) {
    if (!config.hasPath(key)) {
      return "";
    }
    String origin = config.getValue(key).origin().description();
    return origin.startsWith("the defaults") ? "" : origin + ": ";
  }

  private static InputStream resource(String name) {
    InputStream in = ConfigurationReader.class.getClassLoader().getResourceAsStream(name);
    return java.util.Objects.requireNonNull(in, name);
  }

  private static Config parse(Reader reader, String origin) {
    try (reader) {
      return ConfigFactory.parseReader(
              reader, ConfigParseOptions.defaults().setOriginDescription(origin))
          .resolve();
    } catch (ConfigException | IOException e) {
      String message = InputException.reason(e);
      throw new InputException(message.startsWith(origin) ? message : origin + ": " + message, e);
    }
  }
}
