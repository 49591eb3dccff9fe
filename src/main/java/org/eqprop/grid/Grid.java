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
   * Resolves every setting with every seed.
   *
   * @param base what all points share
   * @param settings what they differ in
   * @param seeds of the repeats
   * @param origin how messages call the file
   * @throws InputException if a point is not a valid configuration; its values are named
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
   * Returns the grid, its points measured.
   *
   * @param data of each point
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
      // By default runs have as many replicas as Spark has cores, on which no result may depend.
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

  /** Of each key its last word, as long as no other key has the same. */
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

  /** Returns the keys that are multiplied, in order; those together that move together. */
  List<List<String>> axes() {
    return axes;
  }

  /** Returns the keys that are moved one at a time, in order. */
  List<Levels> levels() {
    return levels;
  }

  /** Returns the keys that the settings differ in, in order. */
  final List<String> keys() {
    return Stream.concat(axes.stream().flatMap(List::stream), levels.stream().map(Levels::key))
        .toList();
  }

  /** Returns a key's name in tables and pictures. */
  String name(String key) {
    return names.getOrDefault(key, key);
  }

  /**
   * Returns what sets a point's setting apart, such as {@code beta=0.2 kind=centered}; of the keys
   * that are moved one at a time, the one that is.
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

  /** Returns the points, those of one setting one after another. */
  List<Point> points() {
    return points;
  }

  /** Returns whether the settings are those of a random search. */
  boolean drawn() {
    return drawn;
  }

  /** Returns how many draws of a random search came a second time and are left out. */
  int repeated() {
    return repeated;
  }

  /** Returns how many settings there are. */
  int settings() {
    return points.get(points.size() - 1).setting() + 1;
  }

  /** Returns how many epochs a point is trained at most. */
  int epochs() {
    return points.stream().mapToInt(Point::epochs).max().orElseThrow();
  }

  /** Returns how many epochs a search by rungs trains all points together. */
  long planned(Rungs rungs) {
    return rungs.planned(settings()) * (points().size() / settings());
  }

  /** Returns how many epochs all points have together. */
  long fullEpochs() {
    return points().stream().mapToLong(Point::epochs).sum();
  }
}
