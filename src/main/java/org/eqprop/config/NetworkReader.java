package org.eqprop.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.eqprop.base.InvalidValueException;
import org.eqprop.network.Layer;
import org.eqprop.network.Network;
import org.eqprop.network.Range;

/**
 * Reads the network: from {@code topology}, the sizes of dense layers, or from its long form {@code
 * network}, with the range and gain of each layer. Of the two what is written later holds.
 */
final class NetworkReader {
  static final String TOPOLOGY = "topology";
  private static final String INPUT = "network.input";
  private static final String LAYERS = "network.layers";

  private static final Map<String, Range> RANGES =
      Map.of(
          "hard-sigmoid", Range.HARD_SIGMOID,
          "hard-tanh", Range.HARD_TANH,
          "rectifier", Range.RECTIFIER,
          "linear", Range.LINEAR);
  private static final String ENTRY =
      "{ units = 500, range = hard-tanh, gain = 1 } for each layer above the input";
  private static final String RANGE =
      "hard-sigmoid, hard-tanh, rectifier, linear, or [LOW, HIGH] with 0 within, such as [0, inf]";

  private final Values values;

  NetworkReader(Values values) {
    this.values = values;
  }

  /**
   * Returns the keys with one form emptied where only the other is written on top.
   *
   * @param top what is put on top
   * @param below what was there
   */
  static Config reconciled(Config top, Config below) {
    boolean sizes = top.hasPath(TOPOLOGY);
    boolean layers = top.hasPath(LAYERS);
    Config both = top;
    if (sizes && !layers) {
      both = both.withValue(LAYERS, none(top.getValue(TOPOLOGY)));
      both = top.hasPath(INPUT) ? both : both.withValue(INPUT, auto());
    } else if (layers && !sizes && !isEmpty(top.getValue(LAYERS))) {
      both = both.withValue(TOPOLOGY, none(top.getValue(LAYERS)));
      boolean inputKnown =
          top.hasPath(INPUT) || (below.hasPath(INPUT) && !below.getValue(INPUT).equals(auto()));
      if (!inputKnown
          && below.hasPath(TOPOLOGY)
          && below.getValue(TOPOLOGY) instanceof ConfigList list
          && !list.isEmpty()) {
        both = both.withValue(INPUT, list.get(0));
      }
    }
    return both;
  }

  /** An empty list from where the other form is written. */
  private static ConfigValue none(ConfigValue other) {
    return ConfigValueFactory.fromIterable(List.of()).withOrigin(other.origin());
  }

  private static ConfigValue auto() {
    return ConfigValueFactory.fromAnyRef(Values.WORD_AUTO);
  }

  private static boolean isEmpty(ConfigValue value) {
    return value instanceof ConfigList list && list.isEmpty();
  }

  /**
   * Returns the network.
   *
   * @throws InvalidValueException if a value is of the wrong type or out of its range, or both
   *     forms are written and do not agree
   */
  Network read() {
    List<Integer> sizes = sizes();
    List<Layer> layers = layers();
    boolean auto = values.isAuto(INPUT);
    if (layers.isEmpty()) {
      InvalidValueException.check(
          !values.isEmptyList(TOPOLOGY),
          LAYERS,
          "[]",
          "an entry for each layer above the input, or topology = [784, 500, 10]");
      InvalidValueException.check(
          auto || values.number(INPUT) == sizes.get(0),
          INPUT,
          values.shown(INPUT),
          "auto, as topology = " + values.shown(TOPOLOGY) + " says it all");
      return Network.dense(sizes);
    }
    InvalidValueException.check(
        !auto || !sizes.isEmpty(), INPUT, Values.WORD_AUTO, "how many values an example has");
    int inputs = auto ? sizes.get(0) : values.whole(INPUT);
    InvalidValueException.check(
        auto || (inputs >= 1 && inputs <= 1_000_000),
        INPUT,
        inputs,
        "a whole number from 1 to 1000000, or auto");
    Network network = Network.dense(inputs, layers);
    InvalidValueException.check(
        sizes.isEmpty() || sizes.equals(network.sizes()),
        TOPOLOGY,
        values.shown(TOPOLOGY),
        network.sizes() + ", as network says; one of the two is enough");
    return network;
  }

  private List<Integer> sizes() {
    List<Integer> sizes = new ArrayList<>();
    for (double size : values.numbers(TOPOLOGY)) {
      InvalidValueException.check(
          size == Math.rint(size) && Math.abs(size) <= Integer.MAX_VALUE,
          TOPOLOGY,
          values.shown(TOPOLOGY),
          "a list of whole numbers");
      sizes.add((int) size);
    }
    return sizes;
  }

  private List<Layer> layers() {
    List<Layer> layers = new ArrayList<>();
    for (Config entry : values.objects(LAYERS, "a list of " + ENTRY)) {
      Set<String> keys = entry.root().keySet();
      InvalidValueException.check(
          keys.contains("units") && Set.of("units", "range", "gain").containsAll(keys),
          LAYERS,
          values.shown(LAYERS),
          ENTRY);
      layers.add(layer(entry));
    }
    return layers;
  }

  private Layer layer(Config entry) {
    try {
      double units = entry.getDouble("units");
      InvalidValueException.check(
          units == Math.rint(units) && Math.abs(units) <= Integer.MAX_VALUE,
          LAYERS,
          "units = " + entry.getValue("units").unwrapped(),
          "a whole number of units");
      return new Layer(
          (int) units,
          entry.hasPath("range") ? range(entry.getValue("range")) : Range.HARD_SIGMOID,
          entry.hasPath("gain") ? entry.getDouble("gain") : 1);
    } catch (ConfigException e) {
      throw new InvalidValueException(LAYERS, values.shown(LAYERS), ENTRY);
    }
  }

  private static Range range(ConfigValue value) {
    Range named = RANGES.get(String.valueOf(value.unwrapped()));
    if (named != null) {
      return named;
    }
    try {
      if (value.unwrapped() instanceof List<?> ends && ends.size() == 2) {
        return new Range(end(ends.get(0)), end(ends.get(1)));
      }
    } catch (NumberFormatException | InvalidValueException e) {
      // said below
    }
    throw new InvalidValueException(LAYERS, "range = " + value.unwrapped(), RANGE);
  }

  private static double end(Object end) {
    return switch (String.valueOf(end)) {
      case "inf" -> Double.POSITIVE_INFINITY;
      case "-inf" -> Double.NEGATIVE_INFINITY;
      default -> Double.parseDouble(String.valueOf(end));
    };
  }
}
