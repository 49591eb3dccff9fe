package org.eqprop.grid;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import com.typesafe.config.ConfigValueType;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.eqprop.base.InputException;
import org.eqprop.base.KeyValues;
import org.eqprop.base.Suggestions;
import org.eqprop.config.ConfigurationReader;
import org.eqprop.config.Hocon;
import org.eqprop.config.Presets;
import org.eqprop.learning.Hyperparameters;
import org.eqprop.spark.Split;
import org.eqprop.storage.Storage;
import org.jspecify.annotations.Nullable;

/**
 * Reads a grid from HOCON.
 *
 * <pre>
 * preset = mnist                               # or conf = FILE
 * set { data.validation = 10000 }              # keys that all points share
 * axes {
 *   estimator.beta = [0.1, 0.2]
 *   training.decay { linspace = [0.9, 1, 3] }  # or logspace: first, last, how many
 * }
 * zip = [{ relaxation.free-steps = [5, 10], relaxation.nudged-steps = [4, 8] }]
 * random { samples = 20, seed = 1, ranges { estimator.beta { uniform = [0.1, 0.4] } } }
 * one-at-a-time { device.state-noise = [0, 0.05, 0.1] }  # the ideal first; also with axes and zip
 * seeds = [1, 2, 3]
 * objective = validation-error                 # or validation-cost, train-error; test-error only
 *                                              # with one-at-a-time, where nothing is chosen
 * search = halving                             # or full
 * eta = 3                                      # halving: one in three continues
 * budget { epochs = 500, minutes = 30 }
 * </pre>
 */
final class GridFile {
  private static final String ALONE = "one-at-a-time";
  private static final Set<String> KEYS =
      Set.of(
          "preset",
          "conf",
          "set",
          "axes",
          "zip",
          ALONE,
          "random",
          "seeds",
          "objective",
          "search",
          "eta",
          "budget");
  private static final Set<String> SEARCHES = Set.of("full", "halving");

  private final Config config;
  private final String origin;
  private final Hocon.Source source;

  private GridFile(Config config, String origin, Hocon.Source source) {
    this.source = source;
    this.config = config;
    this.origin = origin;
  }

  /**
   * Parses a grid file.
   *
   * @param text HOCON
   * @param origin what messages call it
   * @param source a user's file, in which environment variables are substituted, or one stored in a
   *     grid's folder
   * @param search replaces the file's own search; null to keep that
   * @throws InputException if it is not valid HOCON or has an unknown key
   */
  static GridFile parse(String text, String origin, Hocon.Source source, @Nullable String search) {
    try {
      Config config = Hocon.parse(text, origin, source);
      if (search != null) {
        if (!SEARCHES.contains(search)) {
          throw new InputException("--search " + search + ": expected full or halving");
        }
        config = config.withValue("search", ConfigValueFactory.fromAnyRef(search, "--search"));
      }
      GridFile file = new GridFile(config, origin, source);
      file.requireKnown(config, KEYS, "");
      if (config.hasPath("random")) {
        file.requireKnown(
            config.getConfig("random"), Set.of("samples", "seed", "ranges"), "random.");
      }
      if (config.hasPath("budget")) {
        file.requireKnown(config.getConfig("budget"), Set.of("epochs", "minutes"), "budget.");
      }
      return file;
    } catch (ConfigException e) {
      throw Hocon.unreadable(origin, e);
    }
  }

  private void requireKnown(Config part, Set<String> keys, String prefix) {
    Set<String> known = new TreeSet<>();
    keys.forEach(key -> known.add(prefix + key));
    for (String key : part.root().keySet()) {
      String path = prefix + key;
      if (!known.contains(path)) {
        throw new InputException(
            origin + ": unknown key '" + path + "': " + Suggestions.of(path, known));
      }
    }
  }

  /**
   * Returns the points.
   *
   * @param storage resolves the file that {@code conf} names
   * @throws InputException if there are none, or one is invalid
   */
  Grid grid(Storage storage) {
    try {
      Settings settings = settings();
      if (settings.values().isEmpty()) {
        throw wrong("no points", "axes, zip, one-at-a-time or random with values");
      }
      for (String key : settings.values().get(0).keySet()) {
        if (key.startsWith("data.")) {
          throw wrong(key + " on an axis", "the same examples for all points");
        }
      }
      if (settings.values().get(0).containsKey(Hyperparameters.SEED_KEY)) {
        throw wrong(Hyperparameters.SEED_KEY + " on an axis", "the key seeds for repeats");
      }
      List<Long> seeds = seeds(storage);
      if (seeds.isEmpty() || Set.copyOf(seeds).size() < seeds.size()) {
        throw wrong("seeds = " + seeds, "at least one, no duplicates");
      }
      return Grid.of(base(storage), settings, seeds, origin);
    } catch (ConfigException e) {
      throw Hocon.unreadable(origin, e);
    }
  }

  private List<Long> seeds(Storage storage) {
    if (!config.hasPath("seeds")) {
      return List.of(
          whole(
              Hyperparameters.SEED_KEY, base(storage).source().getValue(Hyperparameters.SEED_KEY)));
    }
    return config.getList("seeds").stream().map(seed -> whole("seeds", seed)).toList();
  }

  /** Returns a whole number exactly, even where a double would round it. */
  private long whole(String key, ConfigValue value) {
    try {
      return Hocon.whole(value);
    } catch (ArithmeticException | NumberFormatException | ConfigException e) {
      throw wrong(key + ": " + Hocon.written(value), "whole numbers from -2^63 to 2^63 - 1");
    }
  }

  /**
   * Returns the grid as a file that does not depend on any other file or environment variable.
   *
   * @param storage resolves the file that {@code conf} names
   */
  String complete(Storage storage) {
    return GridText.of(config, base(storage).source());
  }

  private List<? extends Config> zip() {
    if (!config.hasPath("zip")) {
      return List.of();
    }
    if (config.getValue("zip").valueType() != ConfigValueType.LIST) {
      throw wrong("zip", "a list of groups: zip = [{ KEY = [values], … }]");
    }
    return config.getConfigList("zip");
  }

  private Settings settings() {
    GridValues values = new GridValues(origin);
    Config none = ConfigFactory.empty();
    if (config.hasPath(ALONE) && config.getConfig(ALONE).isEmpty()) {
      throw wrong(ALONE + " is empty", "KEY = [ideal, level, …]");
    }
    if (!config.hasPath("random")) {
      return values.product(
          config.hasPath("axes") ? config.getConfig("axes") : none,
          zip(),
          config.hasPath(ALONE) ? config.getConfig(ALONE) : none);
    }
    if (config.hasPath("axes") || config.hasPath("zip") || config.hasPath(ALONE)) {
      throw wrong("random together with axes, zip or one-at-a-time", "either random or the others");
    }
    Config random = config.getConfig("random");
    if (!random.hasPath("ranges") || !random.hasPath("samples")) {
      throw wrong("random", "it to contain samples and ranges");
    }
    long samples = whole("random.samples", random.getValue("samples"));
    if (samples < 1 || samples > GridValues.MOST) {
      throw wrong("random.samples = " + samples, "a whole number from 1 to " + GridValues.MOST);
    }
    return values.sampled(
        (int) samples,
        random.hasPath("seed") ? whole("random.seed", random.getValue("seed")) : 1,
        random.getConfig("ranges"));
  }

  private ConfigurationReader base(Storage storage) {
    if (config.hasPath("conf") && config.hasPath("preset")) {
      throw wrong("conf together with preset", "only one of them");
    }
    ConfigurationReader reader;
    try {
      reader =
          config.hasPath("conf")
              ? new ConfigurationReader().file(storage, config.getString("conf"), source)
              : Presets.read(config.hasPath("preset") ? config.getString("preset") : "mnist");
    } catch (InputException e) {
      throw new InputException(origin + ": " + e.getMessage(), e);
    }
    return (config.hasPath("set") ? reader.keys(config.getConfig("set")) : reader)
        .withAbsolutePaths();
  }

  /**
   * Returns the rungs: the epochs at which settings are compared.
   *
   * @throws InputException if search or eta is not valid
   */
  Rungs rungs(Grid grid) {
    String search = text("search", "full");
    if (!grid.levels().isEmpty() && !search.equals("full")) {
      throw wrong(
          "search = " + search + " together with one-at-a-time", "full, which trains every level");
    }
    return switch (search) {
      case "full" -> Rungs.full(grid.epochs());
      case "halving" -> halving(grid);
      default -> throw wrong("search = " + search, "full or halving");
    };
  }

  /** Returns whether the file asks for successive halving. */
  boolean asksToHalve() {
    return text("search", "full").equals("halving");
  }

  /** Returns whether successive halving can search a grid. */
  boolean canHalve(Grid grid) {
    return grid.settings() > 1
        && grid.levels().isEmpty()
        && !grid.keys().contains(Hyperparameters.EPOCHS_KEY);
  }

  /**
   * Returns the rungs of successive halving for a grid, even if the file does not ask for it.
   *
   * @throws InputException if halving is not possible, or eta is not valid
   */
  Rungs halving(Grid grid) {
    if (grid.keys().contains(Hyperparameters.EPOCHS_KEY)) {
      throw wrong(
          Hyperparameters.EPOCHS_KEY + " on an axis",
          "search = full, since halving decides how many epochs each point trains");
    }
    try {
      long eta = config.hasPath("eta") ? whole("eta", config.getValue("eta")) : 3;
      if (eta < 2 || eta > 1000) {
        throw wrong("eta = " + eta, "a whole number from 2 to 1000");
      }
      return Rungs.halving(grid.epochs(), (int) eta, grid.settings());
    } catch (ConfigException e) {
      throw Hocon.unreadable(origin, e);
    }
  }

  /**
   * Returns the objective by which settings are compared.
   *
   * @throws InputException if it is unknown or not allowed in this grid
   */
  Objective objective() {
    String word = text("objective", "validation-error");
    for (Objective objective : Objective.values()) {
      boolean shown = config.hasPath(ALONE) ? objective.isRate() : objective.judge() != Split.TEST;
      if (shown && KeyValues.word(objective).equals(word)) {
        return objective;
      }
    }
    throw wrong(
        "objective = " + word,
        config.hasPath(ALONE)
            ? "test-error, validation-error or train-error with one-at-a-time"
            : "one of "
                + Arrays.stream(Objective.values())
                    .filter(objective -> objective.judge() != Split.TEST)
                    .map(KeyValues::word)
                    .collect(Collectors.joining(", "))
                + "; the test set is never used to choose (test-error is only for one-at-a-time)");
  }

  /**
   * Returns the limits on the grid's cost.
   *
   * @throws InputException if a limit is not above 0
   */
  Budget budget() {
    double epochs = limit("budget.epochs");
    return new Budget(
        epochs < 0 ? -1 : whole("budget.epochs", config.getValue("budget.epochs")),
        limit("budget.minutes"));
  }

  private double limit(String key) {
    try {
      if (!config.hasPath(key)) {
        return -1;
      }
      double limit = config.getDouble(key);
      if (!(limit > 0 && Double.isFinite(limit))) {
        throw wrong(key + " = " + config.getValue(key).unwrapped(), "a number above 0");
      }
      return limit;
    } catch (ConfigException e) {
      throw Hocon.unreadable(origin, e);
    }
  }

  private String text(String key, String standard) {
    try {
      return config.hasPath(key) ? config.getString(key) : standard;
    } catch (ConfigException e) {
      throw Hocon.unreadable(origin, e);
    }
  }

  private InputException wrong(String what, String expected) {
    return new InputException(origin + ": " + what + ": expected " + expected);
  }
}
