package org.eqprop.grid;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.eqprop.base.InputException;
import org.eqprop.base.RandomStream;
import org.eqprop.config.Hocon;

/** Reads the values of keys from a grid file: axes, groups and ranges. */
final class GridValues {
  /** Largest number of settings of a grid. */
  static final int MOST = 100_000;

  private static final MathContext DIGITS = new MathContext(6);

  private final String origin;

  /**
   * @param origin what messages call the file
   */
  GridValues(String origin) {
    this.origin = origin;
  }

  /** Values of keys that change together: each place has one value per key. */
  private record Axis(List<String> keys, List<List<String>> places) {}

  /**
   * Returns the product of all axes, the last of which changes fastest, and of the levels of keys
   * that are changed one at a time.
   *
   * @param axes each key with its values
   * @param groups keys that change together, with equal numbers of values
   * @param alone keys that are changed one at a time, each with its levels, the ideal first
   */
  Settings product(Config axes, List<? extends Config> groups, Config alone) {
    List<Axis> all = new ArrayList<>();
    ordered(axes).forEach((path, value) -> all.add(axis(path, value)));
    groups.forEach(group -> all.add(zipped(group)));
    List<List<String>> keys = all.stream().map(Axis::keys).toList();
    List<Levels> levels = new ArrayList<>();
    ordered(alone).forEach((path, value) -> levels.add(levels(path, value)));
    requireDistinct(keys, levels);
    List<Map<String, String>> settings = new ArrayList<>();
    if (!all.isEmpty() || !levels.isEmpty()) {
      settings.add(new LinkedHashMap<>());
    }
    if (!levels.isEmpty()) {
      all.add(oneAtATime(levels));
    }
    for (Axis axis : all) {
      if (Set.copyOf(axis.places).size() < axis.places.size()) {
        throw wrong(String.join(", ", axis.keys) + ": duplicate value", "distinct values");
      }
      if ((long) settings.size() * axis.places.size() > MOST) {
        throw wrong("more than " + MOST + " settings", "fewer");
      }
      settings = multiplied(settings, axis);
    }
    return new Settings(keys, levels, settings, false, 0);
  }

  private Levels levels(String path, ConfigValue value) {
    Axis axis = axis(path, value);
    Levels levels =
        new Levels(axis.keys.get(0), axis.places.stream().map(place -> place.get(0)).toList());
    if (levels.values().size() < 2) {
      throw wrong(levels.key() + " = " + rendered(value), "the ideal and at least one level");
    }
    return levels;
  }

  /** Returns all keys at their ideals, then each key in turn at each of its other levels. */
  private static Axis oneAtATime(List<Levels> levels) {
    List<String> ideals = levels.stream().map(Levels::ideal).toList();
    List<List<String>> places = new ArrayList<>();
    places.add(ideals);
    for (int key = 0; key < levels.size(); key++) {
      for (String level : levels.get(key).values().subList(1, levels.get(key).values().size())) {
        List<String> place = new ArrayList<>(ideals);
        place.set(key, level);
        places.add(place);
      }
    }
    return new Axis(levels.stream().map(Levels::key).toList(), places);
  }

  private void requireDistinct(List<List<String>> axes, List<Levels> levels) {
    Set<String> seen = new HashSet<>();
    Stream<String> moved = axes.stream().flatMap(List::stream);
    for (String key : Stream.concat(moved, levels.stream().map(Levels::key)).toList()) {
      if (!seen.add(key)) {
        throw wrong(key + " on two axes", "only one");
      }
    }
  }

  private static List<Map<String, String>> multiplied(
      List<Map<String, String>> settings, Axis axis) {
    List<Map<String, String>> longer = new ArrayList<>();
    for (Map<String, String> setting : settings) {
      for (List<String> place : axis.places) {
        Map<String, String> more = new LinkedHashMap<>(setting);
        for (int i = 0; i < axis.keys.size(); i++) {
          more.put(axis.keys.get(i), place.get(i));
        }
        longer.add(more);
      }
    }
    return longer;
  }

  /** Returns paths and their values sorted by line, since a Config loses the order of the file. */
  static Map<String, ConfigValue> ordered(Config config) {
    Map<String, ConfigValue> leaves = new TreeMap<>();
    collect(config.root(), List.of(), leaves);
    Map<String, ConfigValue> ordered = new LinkedHashMap<>();
    leaves.entrySet().stream()
        .sorted(Comparator.comparingInt(e -> e.getValue().origin().lineNumber()))
        .forEach(e -> ordered.put(e.getKey(), e.getValue()));
    return ordered;
  }

  private static void collect(
      ConfigObject object, List<String> above, Map<String, ConfigValue> leaves) {
    for (Map.Entry<String, ConfigValue> entry : object.entrySet()) {
      List<String> path = new ArrayList<>(above);
      path.add(entry.getKey());
      ConfigValue value = entry.getValue();
      if (value instanceof ConfigObject inner && !inner.isEmpty()) {
        collect(inner, path, leaves);
      } else {
        leaves.put(ConfigUtil.joinPath(path), value);
      }
    }
  }

  private Axis axis(String path, ConfigValue value) {
    String kind = lastWord(path);
    List<String> values =
        switch (kind) {
          case "linspace", "logspace" -> spaced(path, value, kind.equals("logspace"));
          default -> texts(path, value);
        };
    boolean spaced = kind.equals("linspace") || kind.equals("logspace");
    String key = spaced ? withoutLastWord(path) : path;
    return new Axis(List.of(key), values.stream().map(List::of).toList());
  }

  private static String lastWord(String path) {
    List<String> words = ConfigUtil.splitPath(path);
    return words.get(words.size() - 1);
  }

  private static String withoutLastWord(String path) {
    return path.substring(0, Math.max(0, path.lastIndexOf('.')));
  }

  private Axis zipped(Config group) {
    List<String> keys = new ArrayList<>();
    List<List<String>> columns = new ArrayList<>();
    ordered(group)
        .forEach(
            (key, value) -> {
              keys.add(key);
              columns.add(texts(key, value));
            });
    if (keys.isEmpty()) {
      throw wrong("zip: a group without keys", "KEY = [values] for each key");
    }
    int size = columns.get(0).size();
    List<List<String>> places = new ArrayList<>();
    for (int place = 0; place < size; place++) {
      List<String> values = new ArrayList<>();
      for (int i = 0; i < columns.size(); i++) {
        if (columns.get(i).size() != size) {
          throw wrong(
              "zip: " + keys.get(i) + " has " + columns.get(i).size() + " values",
              size + ", as " + keys.get(0) + " has");
        }
        values.add(columns.get(i).get(place));
      }
      places.add(values);
    }
    return new Axis(keys, places);
  }

  private List<String> texts(String key, ConfigValue value) {
    if (value.valueType() != ConfigValueType.LIST || ((ConfigList) value).isEmpty()) {
      throw wrong(key + " = " + rendered(value), "a non-empty list of values");
    }
    return ((ConfigList) value).stream().map(Hocon::written).toList();
  }

  private static String rendered(ConfigValue value) {
    return value.render(ConfigRenderOptions.concise());
  }

  private List<Double> numbers(String path, ConfigValue value, String expected) {
    List<Double> numbers = new ArrayList<>();
    if (value.valueType() == ConfigValueType.LIST) {
      for (ConfigValue item : (ConfigList) value) {
        try {
          numbers.add(Double.valueOf(Hocon.written(item)));
        } catch (NumberFormatException e) {
          throw wrong(path + " = " + rendered(value), expected);
        }
      }
    }
    if (value.valueType() != ConfigValueType.LIST || !numbers.stream().allMatch(Double::isFinite)) {
      throw wrong(path + " = " + rendered(value), expected);
    }
    return numbers;
  }

  private List<String> spaced(String path, ConfigValue value, boolean log) {
    String expected =
        "first, last and number of values, 2 to " + MOST + (log ? "; both ends above 0" : "");
    List<Double> numbers = numbers(path, value, expected);
    if (numbers.size() != 3
        || numbers.get(2) < 2
        || numbers.get(2) > MOST
        || numbers.get(2) != Math.rint(numbers.get(2))
        || (log && (numbers.get(0) <= 0 || numbers.get(1) <= 0))) {
      throw wrong(path + " = " + rendered(value), expected);
    }
    int count = numbers.get(2).intValue();
    List<String> values = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      double at = (double) i / (count - 1);
      values.add(between(numbers.get(0), numbers.get(1), at, log));
    }
    return values;
  }

  /** Returns a value between two ends, rounded to six digits but never beyond the ends. */
  private static String between(double first, double last, double at, boolean log) {
    double value =
        log
            ? Math.exp(Math.log(first) + at * (Math.log(last) - Math.log(first)))
            : first + at * (last - first);
    double rounded = new BigDecimal(value).round(DIGITS).doubleValue();
    double low = Math.min(first, last);
    double high = Math.max(first, last);
    double within = Math.max(low, Math.min(high, at == 0 ? first : at == 1 ? last : rounded));
    return new BigDecimal(String.valueOf(within)).stripTrailingZeros().toPlainString();
  }

  /**
   * Draws settings, each key independently.
   *
   * @param samples number of draws
   * @param seed the same seed draws the same settings; with more samples, the first ones stay the
   *     same
   * @param ranges each key with the range or choice that it is drawn from
   */
  Settings sampled(int samples, long seed, Config ranges) {
    Map<String, ConfigValue> ordered = ordered(ranges);
    List<List<String>> axes =
        ordered.keySet().stream().map(path -> List.of(withoutLastWord(path))).toList();
    if (axes.isEmpty()) {
      throw wrong(
          "random.ranges is empty", "KEY { uniform, log-uniform, integer or choice = […] }");
    }
    requireDistinct(axes, List.of());
    Set<Map<String, String>> settings = new LinkedHashSet<>();
    for (int i = 0; i < samples; i++) {
      Map<String, String> setting = new LinkedHashMap<>();
      for (Map.Entry<String, ConfigValue> range : ordered.entrySet()) {
        double at = RandomStream.SAMPLE.of(seed, i, setting.size()).nextDouble();
        setting.put(withoutLastWord(range.getKey()), drawn(range.getKey(), range.getValue(), at));
      }
      settings.add(setting);
    }
    return new Settings(axes, List.of(), List.copyOf(settings), true, samples - settings.size());
  }

  private String drawn(String path, ConfigValue value, double at) {
    String kind = lastWord(path);
    if (kind.equals("choice")) {
      List<String> values = texts(path, value);
      return values.get((int) (at * values.size()));
    }
    String expected = "the lowest and the highest value";
    List<Double> ends = numbers(path, value, expected);
    if (ends.size() != 2 || ends.get(0) > ends.get(1)) {
      throw wrong(path + " = " + rendered(value), expected);
    }
    double low = ends.get(0);
    double high = ends.get(1);
    if (kind.equals("integer") && (!isExact(low) || !isExact(high))) {
      throw wrong(path + " = " + rendered(value), "whole numbers from -2^53 to 2^53");
    }
    if (kind.equals("log-uniform") && low <= 0) {
      throw wrong(path + " = " + rendered(value), "both ends above 0");
    }
    return switch (kind) {
      case "uniform" -> between(low, high, at, false);
      case "log-uniform" -> between(low, high, at, true);
      case "integer" -> String.valueOf((long) Math.floor(low + at * (high - low + 1)));
      default -> throw wrong(path, "KEY { uniform, log-uniform, integer or choice = […] }");
    };
  }

  /** Returns whether a double is a whole number of at most 2^53, so that doubles are exact. */
  private static boolean isExact(double value) {
    return value == Math.rint(value) && Math.abs(value) <= 1L << 53;
  }

  private InputException wrong(String what, String expected) {
    return new InputException(origin + ": " + what + ": expected " + expected);
  }
}
