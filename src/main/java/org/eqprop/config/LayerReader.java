package org.eqprop.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigValue;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.eqprop.base.InvalidValueException;
import org.eqprop.base.KeyValues;
import org.eqprop.data.Shape;
import org.eqprop.network.Convolution;
import org.eqprop.network.Dense;
import org.eqprop.network.Layer;
import org.eqprop.network.Link;
import org.eqprop.network.Pooling;
import org.eqprop.network.Range;

/** Reads an entry of {@code network.layers}: a layer and the link below it. */
final class LayerReader {
  static final String KEY = "network.layers";
  static final String DENSE = "{ units = 500, range = hard-tanh, gain = 1 }";

  /** The ranges that have names. */
  static final Map<String, Range> RANGES =
      Map.of(
          "hard-sigmoid", Range.HARD_SIGMOID,
          "hard-tanh", Range.HARD_TANH,
          "rectifier", Range.RECTIFIER,
          "linear", Range.LINEAR);

  private static final String CONVOLUTION =
      "{ channels = 32, kernel = 5, stride = 1, padding = 0, pooling = average, pool = 2, range ="
          + " hard-sigmoid, gain = 1 }, where channels and kernel are required";
  private static final Set<String> DENSE_KEYS = Set.of("units", "range", "gain");
  private static final Set<String> CONVOLUTION_KEYS =
      Set.of("channels", "kernel", "stride", "padding", "pooling", "pool", "range", "gain");
  private static final String RANGE =
      "hard-sigmoid, hard-tanh, rectifier, linear, or [LOW, HIGH] containing 0, such as [0, inf]";
  private static final int LARGEST_WINDOW = 1000;

  private final Config entry;
  private final boolean convolution;

  /**
   * @throws InvalidValueException if a key is missing or unknown
   */
  LayerReader(Config entry) {
    this.entry = entry;
    Set<String> keys = entry.root().keySet();
    this.convolution = keys.contains("channels") || keys.contains("kernel");
    boolean complete =
        convolution
            ? keys.containsAll(Set.of("channels", "kernel")) && CONVOLUTION_KEYS.containsAll(keys)
            : keys.contains("units") && DENSE_KEYS.containsAll(keys);
    InvalidValueException.check(complete, KEY, shown(), expected());
  }

  private String shown() {
    return entry.root().render(ConfigRenderOptions.concise());
  }

  private String expected() {
    return convolution ? CONVOLUTION : DENSE + ", or for images " + CONVOLUTION;
  }

  /** Returns whether the layer is an image, too. */
  boolean isConvolution() {
    return convolution;
  }

  /**
   * Returns the link below the layer.
   *
   * @param below the shape of the layer below
   * @param image whether the layer below is an image
   * @throws InvalidValueException if a value is of the wrong type or out of its range
   */
  Link link(Shape below, boolean image) {
    if (!convolution) {
      return new Dense(below.size(), units().size());
    }
    InvalidValueException.check(
        image,
        KEY,
        shown(),
        "an image below it: network.input = [28, 28] (height, width) or [3, 32, 32] (channels,"
            + " height, width), or another convolution");
    Pooling pooling = pooling();
    return new Convolution(
        below,
        whole("channels", 0, Integer.MAX_VALUE),
        whole("kernel", 0, LARGEST_WINDOW),
        whole("stride", 1, LARGEST_WINDOW),
        whole("padding", 0, LARGEST_WINDOW),
        pooling,
        whole("pool", pooling == Pooling.NONE ? 1 : 2, LARGEST_WINDOW));
  }

  /**
   * Returns the layer.
   *
   * @param link the link below it, from {@link #link}
   * @throws InvalidValueException if a value is of the wrong type or out of its range
   */
  Layer layer(Link link) {
    return new Layer(
        link instanceof Convolution kernel ? kernel.output() : units(), range(), gain());
  }

  /** Returns a vector of units; {@link Layer} checks their number. */
  private Shape units() {
    return new Layer(whole("units", 0, Integer.MAX_VALUE)).shape();
  }

  private int whole(String key, int otherwise, int most) {
    if (!entry.hasPath(key)) {
      return otherwise;
    }
    double value = number(key);
    InvalidValueException.check(
        value == Math.rint(value) && Math.abs(value) <= most,
        KEY,
        key + " = " + entry.getValue(key).unwrapped(),
        most == LARGEST_WINDOW
            ? "a whole number, at most " + most
            : "a whole number" + (key.equals("units") ? " of units" : ""));
    return (int) value;
  }

  private double gain() {
    return entry.hasPath("gain") ? number("gain") : 1;
  }

  private double number(String key) {
    try {
      return entry.getDouble(key);
    } catch (ConfigException e) {
      throw new InvalidValueException(KEY, shown(), expected());
    }
  }

  private Pooling pooling() {
    if (!entry.hasPath("pooling")) {
      return Pooling.NONE;
    }
    String word = String.valueOf(entry.getValue("pooling").unwrapped());
    return Arrays.stream(Pooling.values())
        .filter(pooling -> KeyValues.word(pooling).equals(word))
        .findFirst()
        .orElseThrow(
            () -> new InvalidValueException(KEY, "pooling = " + word, "one of none, average, max"));
  }

  private Range range() {
    if (!entry.hasPath("range")) {
      return Range.HARD_SIGMOID;
    }
    ConfigValue value = entry.getValue("range");
    Range named = RANGES.get(String.valueOf(value.unwrapped()));
    if (named != null) {
      return named;
    }
    try {
      if (value.unwrapped() instanceof List<?> ends && ends.size() == 2) {
        return new Range(end(ends.get(0)), end(ends.get(1)));
      }
    } catch (NumberFormatException | InvalidValueException e) {
      // reported below
    }
    throw new InvalidValueException(KEY, "range = " + value.unwrapped(), RANGE);
  }

  private static double end(Object end) {
    return switch (String.valueOf(end)) {
      case "inf" -> Double.POSITIVE_INFINITY;
      case "-inf" -> Double.NEGATIVE_INFINITY;
      default -> Double.parseDouble(String.valueOf(end));
    };
  }
}
