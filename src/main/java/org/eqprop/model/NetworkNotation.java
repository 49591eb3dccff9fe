package org.eqprop.model;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.eqprop.base.InvalidValueException;
import org.eqprop.data.Shape;
import org.eqprop.network.Convolution;
import org.eqprop.network.Dense;
import org.eqprop.network.Layer;
import org.eqprop.network.Link;
import org.eqprop.network.Network;
import org.eqprop.network.Pooling;
import org.eqprop.network.Range;
import org.eqprop.network.SquaredError;
import org.jspecify.annotations.Nullable;

/**
 * A short text notation for a network's input, links and readout, the input first: {@code
 * 784-500-10}, or {@code 28x28-32c5a2-10}. The full form of {@code 32c5a2} is {@code 32c5s1p0a2}:
 * 32 channels of 5 × 5, stride 1, padding 0 and the average of 2 × 2 ({@code m2}: the maximum).
 * Stride 1 and padding 0 are omitted, as are ranges and gains, which a model's configuration
 * contains.
 */
final class NetworkNotation {
  private static final String NUMBER = "(\\d{1,9})";
  private static final Pattern CONVOLUTION =
      Pattern.compile(
          NUMBER
              + "c"
              + NUMBER
              + "(?:s"
              + NUMBER
              + ")?(?:p"
              + NUMBER
              + ")?(?:([am])"
              + NUMBER
              + ")?");

  private NetworkNotation() {}

  /** Returns the notation of a network. */
  static String of(Network network) {
    Stream<Link> links =
        Stream.concat(network.links().stream(), network.cost().readoutLink().stream());
    return Stream.concat(Stream.of(input(network.input())), links.map(NetworkNotation::link))
        .collect(Collectors.joining("-"));
  }

  private static String input(Shape shape) {
    return Stream.of(shape.channels(), shape.height(), shape.width())
        .skip(shape.channels() > 1 ? 0 : shape.height() > 1 ? 1 : 2)
        .map(String::valueOf)
        .collect(Collectors.joining("x"));
  }

  private static String link(Link link) {
    if (!(link instanceof Convolution kernel)) {
      return String.valueOf(link.outputs());
    }
    return kernel.channels()
        + "c"
        + kernel.kernel()
        + (kernel.stride() == 1 ? "" : "s" + kernel.stride())
        + (kernel.padding() == 0 ? "" : "p" + kernel.padding())
        + switch (kernel.pooling()) {
          case NONE -> "";
          case AVERAGE -> "a" + kernel.pool();
          case MAX -> "m" + kernel.pool();
        };
  }

  /**
   * Returns the network of a text, with states in [0, 1] and the squared error.
   *
   * @throws InvalidValueException if a number is out of its range
   * @throws IllegalArgumentException if the text is not in this notation
   * @throws ArithmeticException if a number is too large
   */
  static Network parse(String text) {
    List<String> words = List.of(text.split("-", -1));
    Shape input = shape(words.get(0));
    List<Link> links = new ArrayList<>();
    List<Layer> layers = new ArrayList<>();
    Shape below = input;
    for (String word : words.subList(1, words.size())) {
      Matcher convolution = CONVOLUTION.matcher(word);
      Link link;
      if (convolution.matches()) {
        Convolution kernel = convolution(below, convolution);
        layers.add(new Layer(kernel.output(), Range.HARD_SIGMOID, 1));
        link = kernel;
      } else {
        layers.add(new Layer(Integer.parseInt(word)));
        link = new Dense(below.size(), Integer.parseInt(word));
      }
      links.add(link);
      below = layers.get(layers.size() - 1).shape();
    }
    return new Network(input, layers, links, new SquaredError());
  }

  private static Shape shape(String text) {
    int[] n = Arrays.stream(text.split("x", -1)).mapToInt(Integer::parseInt).toArray();
    return switch (n.length) {
      case 1 -> Shape.vector(n[0]);
      case 2 -> Shape.image(n[0], n[1]);
      case 3 -> new Shape(n[0], n[1], n[2]);
      default -> throw new IllegalArgumentException(text);
    };
  }

  private static Convolution convolution(Shape below, Matcher matched) {
    String pooling = matched.group(5);
    return new Convolution(
        below,
        Integer.parseInt(matched.group(1)),
        Integer.parseInt(matched.group(2)),
        number(matched.group(3), 1),
        number(matched.group(4), 0),
        pooling == null ? Pooling.NONE : pooling.equals("a") ? Pooling.AVERAGE : Pooling.MAX,
        number(matched.group(6), 1));
  }

  private static int number(@Nullable String text, int otherwise) {
    return text == null ? otherwise : Integer.parseInt(text);
  }
}
