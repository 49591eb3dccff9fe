package org.eqprop.grid;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.eqprop.base.InputException;
import org.eqprop.base.InvalidValueException;
import org.eqprop.base.SafeText;
import org.eqprop.config.AveragingSettings;
import org.eqprop.config.ConfigurationReader;
import org.eqprop.config.InitialSettings;
import org.eqprop.config.RunConfiguration;
import org.eqprop.data.InputStatistics;
import org.eqprop.learning.Hyperparameters;

/** The points of a grid, each with its validated configuration. */
final class Grid {
  private final List<List<String>> axes;
  private final List<Levels> levels;
  private final List<Point> points;
  private final boolean drawn;
  private final int repeated;
  private final Map<String, String> names;

  private Grid(
      List<List<String>> axes,
      List<Levels> levels,
      List<Point> points,
      boolean drawn,
      int repeated) {
    this.axes = axes;
    this.levels = levels;
    this.drawn = drawn;
    this.repeated = repeated;
    this.points = points;
    this.names = shortNames(keys());
  }

  /**
   * Creates the points: each setting with each seed.
   *
   * @param base the configuration that all points share
   * @param settings the values in which they differ
   * @param seeds of the repeats
   * @param origin what messages call the file
   * @throws InputException if a point's configuration is not valid; the message has its values
   */
  static Grid of(ConfigurationReader base, Settings settings, List<Long> seeds, String origin) {
    List<Point> points = new ArrayList<>();
    for (int setting = 0; setting < settings.values().size(); setting++) {
      for (long seed : seeds) {
        points.add(
            point(base, points.size(), setting, settings.values().get(setting), seed, origin));
      }
    }
    return new Grid(
        settings.axes(), settings.levels(), points, settings.drawn(), settings.repeated());
  }

  /**
   * Returns the grid with its points {@linkplain Point#measured measured}.
   *
   * @param data returns the statistics of a point's training images
   */
  Grid measured(Function<Point, InputStatistics> data) {
    List<Point> measured = points.stream().map(point -> point.measured(data.apply(point))).toList();
    return new Grid(axes, levels, measured, drawn, repeated);
  }

  private static Point point(
      ConfigurationReader base,
      int index,
      int setting,
      Map<String, String> values,
      long seed,
      String origin) {
    ConfigurationReader reader = base;
    try {
      for (Map.Entry<String, String> value : values.entrySet()) {
        reader = reader.set(value.getKey(), value.getValue(), "its axis");
      }
      RunConfiguration configuration =
          reader.set(Hyperparameters.SEED_KEY, String.valueOf(seed), "seeds").read();
      InvalidValueException.check(
          !configuration.initial().isModel(),
          InitialSettings.MODEL_KEY,
          configuration.initial().model(),
          "nothing, since a grid's points start from the weights that their seeds draw");
      // Runs default to as many replicas as Spark has cores; no grid result may depend on that.
      return new Point(
          index,
          setting,
          new LinkedHashMap<>(values),
          seed,
          configuration.averaging().replicas() > 0
              ? configuration
              : configuration.with(AveragingSettings.REPLICAS_KEY, "1"));
    } catch (InputException e) {
      throw new InputException(
          origin + ": point " + (index + 1) + " " + values + ": " + e.getMessage(), e);
    }
  }

  /** Returns the last word of each key, or the whole key if another one has the same last word. */
  private static Map<String, String> shortNames(List<String> keys) {
    Map<String, Long> counts =
        keys.stream().collect(Collectors.groupingBy(Grid::lastWord, Collectors.counting()));
    Map<String, String> names = new HashMap<>();
    for (String key : keys) {
      boolean unique = Long.valueOf(1).equals(counts.get(lastWord(key)));
      names.put(key, unique ? lastWord(key) : key);
    }
    return names;
  }

  private static String lastWord(String key) {
    return key.substring(key.lastIndexOf('.') + 1);
  }

  /** Returns the axes, in order, each with the keys that change together on it. */
  List<List<String>> axes() {
    return axes;
  }

  /** Returns the keys that are changed one at a time, in order. */
  List<Levels> levels() {
    return levels;
  }

  /** Returns the keys in which the settings differ, in order. */
  final List<String> keys() {
    return Stream.concat(axes.stream().flatMap(List::stream), levels.stream().map(Levels::key))
        .toList();
  }

  /** Returns the name of a key in tables and pictures. */
  String name(String key) {
    return names.getOrDefault(key, key);
  }

  /**
   * Returns the values that distinguish a point's setting, such as {@code beta=0.2 kind=centered};
   * of the keys that are changed one at a time, only the one that is changed.
   */
  String label(Point point) {
    Set<String> ideal =
        levels.stream()
            .filter(each -> each.ideal().equals(point.values().get(each.key())))
            .map(Levels::key)
            .collect(Collectors.toSet());
    return point.values().entrySet().stream()
        .filter(e -> !ideal.contains(e.getKey()))
        .map(e -> name(e.getKey()) + "=" + SafeText.value(e.getValue()))
        .collect(Collectors.joining(" "));
  }

  /** Returns the points, grouped by setting. */
  List<Point> points() {
    return points;
  }

  /** Returns whether the settings are drawn by a random search. */
  boolean drawn() {
    return drawn;
  }

  /** Returns how many duplicate draws of a random search are skipped. */
  int repeated() {
    return repeated;
  }

  /** Returns how many settings there are. */
  int settings() {
    return points.get(points.size() - 1).setting() + 1;
  }

  /** Returns the largest number of epochs that a point is trained. */
  int epochs() {
    return points.stream().mapToInt(Point::epochs).max().orElseThrow();
  }

  /** Returns how many epochs a search with these rungs trains, all points together. */
  long planned(Rungs rungs) {
    return rungs.planned(settings()) * (points().size() / settings());
  }

  /** Returns how many epochs the full grid trains, all points together. */
  long fullEpochs() {
    return points().stream().mapToLong(Point::epochs).sum();
  }
}
