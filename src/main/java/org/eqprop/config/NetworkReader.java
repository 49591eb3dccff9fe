package org.eqprop.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import java.util.ArrayList;
import java.util.List;
import org.eqprop.base.InvalidValueException;
import org.eqprop.base.KeyValues;
import org.eqprop.data.Normalisation;
import org.eqprop.data.Shape;
import org.eqprop.network.Dense;
import org.eqprop.network.Layer;
import org.eqprop.network.Link;
import org.eqprop.network.Network;
import org.eqprop.network.Range;
import org.eqprop.network.SquaredError;

/**
 * Reads the network: from {@code topology}, the sizes of dense layers, or from its long form {@code
 * network}, with the link, range and gain of each layer. If both are set, the later one wins.
 */
final class NetworkReader {
  static final String TOPOLOGY = "topology";
  private static final String INPUT = "network.input";
  private static final String LAYERS = LayerReader.KEY;
  private static final int MOST_INPUTS = 1_000_000;
  private static final String INPUT_EXPECTED =
      "a whole number from 1 to 1000000, auto, or for images [height, width] or [channels, height,"
          + " width]";

  private final Values values;

  NetworkReader(Values values) {
    this.values = values;
  }

  /**
   * Returns the new keys with one form of the network cleared if they set only the other one.
   *
   * @param top the new keys
   * @param below the keys that they override
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
    } else if (top.hasPath(INPUT)
        && !top.getValue(INPUT).equals(auto())
        && !layers
        && below.hasPath(LAYERS)
        && !isEmpty(below.getValue(LAYERS))) {
      both = both.withValue(TOPOLOGY, none(top.getValue(INPUT)));
    }
    return both;
  }

  /** Returns an empty list whose origin is that of the other form. */
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
   *     forms are set and do not agree
   */
  Network read() {
    return costed(network())
        .normalised(
            new Normalisation(
                isWord(Normalisation.MEAN_KEY, Values.WORD_MEDIAN)
                    ? Normalisation.MEDIAN
                    : numbers(Normalisation.MEAN_KEY, "[], auto or median"),
                numbers(Normalisation.DEVIATION_KEY, "[] or auto")));
  }

  private Network costed(Network network) {
    return switch (values.choice(CostKind.KEY, CostKind.class)) {
      case SQUARED_ERROR -> network;
      case CROSS_ENTROPY -> {
        Layer top = network.layer(network.depth());
        InvalidValueException.check(
            network.depth() > 1
                && network.link(network.depth()) instanceof Dense
                && top.range().equals(Range.HARD_SIGMOID)
                && top.gain() == 1,
            CostKind.KEY,
            KeyValues.word(CostKind.CROSS_ENTROPY),
            "a dense last layer, without range and gain, above another layer: it is the readout");
        yield network.readOut();
      }
    };
  }

  private List<Double> numbers(String key, String otherwise) {
    if (isAuto(key)) {
      return Normalisation.AUTO;
    }
    try {
      return values.numbers(key);
    } catch (InvalidValueException e) {
      throw new InvalidValueException(
          key, values.shown(key), "a number for each channel, such as [0.1307], " + otherwise);
    }
  }

  private boolean isAuto(String key) {
    return isWord(key, Values.WORD_AUTO);
  }

  private boolean isWord(String key, String word) {
    return values.shown(key).equals('"' + word + '"');
  }

  private Network network() {
    List<Integer> sizes = sizes();
    List<LayerReader> entries =
        values
            .objects(
                LAYERS,
                "a list of " + LayerReader.DENSE + " for each layer above the input; see the guide")
            .stream()
            .map(LayerReader::new)
            .toList();
    boolean auto = isAuto(INPUT);
    if (entries.isEmpty()) {
      InvalidValueException.check(
          !values.isEmptyList(TOPOLOGY),
          LAYERS,
          "[]",
          "an entry for each layer above the input, or topology = [784, 500, 10]");
      InvalidValueException.check(
          auto || input().equals(Shape.vector(sizes.get(0))),
          INPUT,
          values.shown(INPUT),
          "auto, since topology = " + values.shown(TOPOLOGY) + " describes the whole network");
      return Network.dense(sizes);
    }
    InvalidValueException.check(
        !auto || !sizes.isEmpty(), INPUT, Values.WORD_AUTO, "the number of values per example");
    Shape input = auto ? Network.dense(sizes).input() : input();
    Network network = network(input, !auto && isList(), entries);
    InvalidValueException.check(
        sizes.isEmpty() || sizes.equals(network.sizes()),
        TOPOLOGY,
        values.shown(TOPOLOGY),
        network.sizes() + ", the layer sizes of network; one of the two keys is enough");
    return network;
  }

  private static Network network(Shape input, boolean image, List<LayerReader> entries) {
    List<Layer> layers = new ArrayList<>();
    List<Link> links = new ArrayList<>();
    Shape below = input;
    boolean isImage = image;
    for (LayerReader entry : entries) {
      Link link = entry.link(below, isImage);
      Layer layer = entry.layer(link);
      links.add(link);
      layers.add(layer);
      below = layer.shape();
      isImage = entry.isConvolution();
    }
    return new Network(input, layers, links, new SquaredError());
  }

  private boolean isList() {
    return values.shown(INPUT).startsWith("[");
  }

  /** Returns the shape in {@code network.input}, which is not {@code auto}. */
  private Shape input() {
    List<Double> numbers = List.of();
    try {
      numbers = isList() ? values.numbers(INPUT) : List.of(values.number(INPUT));
    } catch (InvalidValueException e) {
      // reported below
    }
    boolean ok =
        numbers.stream().allMatch(n -> n == Math.rint(n) && n >= 1 && n <= MOST_INPUTS)
            && (isList() ? numbers.size() == 2 || numbers.size() == 3 : numbers.size() == 1)
            && numbers.stream().reduce(1.0, (a, b) -> a * b) <= MOST_INPUTS;
    InvalidValueException.check(ok, INPUT, values.shown(INPUT), INPUT_EXPECTED);
    int[] n = numbers.stream().mapToInt(Double::intValue).toArray();
    return switch (n.length) {
      case 1 -> Shape.vector(n[0]);
      case 2 -> Shape.image(n[0], n[1]);
      default -> new Shape(n[0], n[1], n[2]);
    };
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
}
