package org.eqprop.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.eqprop.base.InputException;
import org.eqprop.base.KeyValues;
import org.eqprop.base.Suggestions;
import org.eqprop.data.Normalisation;
import org.eqprop.data.Shape;
import org.eqprop.network.CrossEntropy;
import org.eqprop.network.Dense;
import org.eqprop.network.Layer;
import org.eqprop.network.Network;

/**
 * Converts a network to configuration keys and back: the keys below {@code network}, also as one
 * line of JSON, {@code {"input": [28, 28], "layers": [{"channels": 8, "kernel": 5}, {"units":
 * 10}]}}. Reading what was written returns an equal network.
 */
public final class NetworkKeys {
  private static final String PATH = "network";
  private static final String INPUT = "input";
  private static final String LAYERS = "layers";
  private static final String MEAN = "mean";
  private static final String DEVIATION = "deviation";
  private static final String COST = "cost";

  private NetworkKeys() {}

  /** Returns whether the layer sizes, {@code topology}, describe a network completely. */
  public static boolean isSizesAlone(Network network) {
    return network.isPlain() && network.equals(Network.dense(network.sizes()));
  }

  /**
   * Returns the keys of a network with their values as in a file: {@code topology} if that
   * describes it completely, otherwise those below {@code network}.
   *
   * @throws InputException if the keys cannot describe it
   */
  public static Map<String, String> keys(Network network) {
    if (isSizesAlone(network)) {
      return Map.of(NetworkReader.TOPOLOGY, network.sizes().toString());
    }
    Map<String, String> keys = new LinkedHashMap<>();
    described(network)
        .forEach(
            (key, value) ->
                keys.put(PATH + "." + key, Hocon.written(ConfigValueFactory.fromAnyRef(value))));
    return keys;
  }

  /**
   * Returns the keys below {@code network} as one line of JSON.
   *
   * @throws InputException if they cannot describe it
   */
  public static String of(Network network) {
    return json(described(network));
  }

  private static String json(Map<String, Object> values) {
    return ConfigValueFactory.fromMap(values).render(ConfigRenderOptions.concise());
  }

  private static Map<String, Object> described(Network network) {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put(INPUT, input(network));
    values.put(LAYERS, layers(network));
    Normalisation normalisation = network.normalisation();
    if (!normalisation.mean().isEmpty()) {
      values.put(MEAN, numbers(normalisation.mean()));
    }
    if (!normalisation.deviation().isEmpty()) {
      values.put(DEVIATION, numbers(normalisation.deviation()));
    }
    if (network.cost() instanceof CrossEntropy) {
      values.put(COST, KeyValues.word(CostKind.CROSS_ENTROPY));
    }
    if (!isReadAs(network, json(values))) { // of a kind that can only be built in Java
      throw new InputException(
          "the network is "
              + network.description()
              + ": expected one that the keys below "
              + PATH
              + " describe");
    }
    return values;
  }

  private static boolean isReadAs(Network network, String json) {
    try {
      return read(json, "it").equals(network);
    } catch (InputException e) {
      return false;
    }
  }

  private static Object input(Network network) {
    Shape input = network.input();
    if (input.channels() > 1) {
      return List.of(input.channels(), input.height(), input.width());
    }
    // A convolution needs an image below it, even if the image is a single line.
    boolean image = input.height() > 1 || !(network.link(1) instanceof Dense);
    return image ? List.of(input.height(), input.width()) : input.width();
  }

  private static List<Object> layers(Network network) {
    List<Object> layers = new ArrayList<>();
    for (int k = 1; k <= network.depth(); k++) {
      layers.add(LayerWriter.entry(network.link(k), network.layer(k)));
    }
    if (network.cost() instanceof CrossEntropy cost) {
      layers.add(LayerWriter.entry(cost.readout(), new Layer(cost.readout().outputs())));
    }
    return layers;
  }

  private static Object numbers(List<Double> numbers) {
    if (numbers.equals(Normalisation.MEDIAN)) {
      return Values.WORD_MEDIAN;
    }
    return numbers.equals(Normalisation.AUTO) ? Values.WORD_AUTO : numbers;
  }

  /**
   * Reads a network. The text is treated as data: nothing is substituted, included or fetched.
   *
   * @param json the keys below {@code network}
   * @param origin what messages call the text
   * @throws InputException if it is not valid JSON, has unknown keys, or its network is invalid
   */
  public static Network read(String json, String origin) {
    Config parsed = Hocon.parse(json, origin, Hocon.Source.JSON);
    Config defaults = Keys.DEFAULTS.getConfig(PATH);
    for (String key : parsed.root().keySet()) {
      if (!defaults.root().containsKey(key)) {
        throw new InputException(
            origin
                + ": unknown key '"
                + key
                + "': "
                + Suggestions.of(key, new TreeSet<>(defaults.root().keySet())));
      }
    }
    ConfigValue none = ConfigValueFactory.fromIterable(List.of());
    Config keys =
        parsed.withFallback(defaults).atPath(PATH).withValue(NetworkReader.TOPOLOGY, none);
    try {
      return new NetworkReader(new Values(keys)).read();
    } catch (InputException | IllegalArgumentException | ArithmeticException e) {
      throw new InputException(origin + ": " + InputException.reason(e), e);
    }
  }
}
