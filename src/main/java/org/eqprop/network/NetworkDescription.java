package org.eqprop.network;

import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.eqprop.data.Normalisation;
import org.eqprop.data.Shape;

/** Descriptions of networks for messages. */
final class NetworkDescription {
  private NetworkDescription() {}

  /** Returns the first difference of a network from the expected one; empty if they are equal. */
  static Optional<String> difference(Network network, Network expected) {
    for (int k = 0; k <= Math.max(network.depth(), expected.depth()); k++) {
      boolean exists = k <= network.depth();
      String here = exists ? layer(network, k) : "none";
      String there = k <= expected.depth() ? layer(expected, k) : "none";
      if (!here.equals(there)) {
        String name = k == 0 ? "layer 0 (input)" : "layer " + k;
        return Optional.of(
            (exists ? name + " has " + here : "it has no " + name) + ": expected " + there);
      }
    }
    if (!network.cost().equals(expected.cost())) {
      return Optional.of("its cost is " + network.cost() + ": expected " + expected.cost());
    }
    Normalisation normalisation = network.normalisation();
    return normalisation.equals(expected.normalisation())
        ? Optional.empty()
        : Optional.of(
            "its inputs have " + normalisation + ": expected " + expected.normalisation());
  }

  /** Returns the properties that determine what a layer computes: its units, range and link. */
  private static String layer(Network network, int k) {
    Shape shape = network.shape(k);
    String units = shape.count() == 1 ? "1 unit" : size(shape) + " units";
    if (k == 0) {
      return units;
    }
    Range range = network.layer(k).range();
    Link link = network.link(k);
    return units
        + (range.equals(Range.HARD_SIGMOID) ? "" : " in the range " + range)
        + (link instanceof Dense ? "" : " above a link " + link);
  }

  private static String size(Shape shape) {
    return shape.height() == 1 ? String.valueOf(shape.size()) : shape.toString();
  }

  /** Returns the sizes, and the ranges, inputs and cost if they are unusual. */
  static String description(Network network) {
    String ranges =
        network.layers().stream()
            .map(layer -> layer.range().toString())
            .collect(Collectors.joining(", "));
    return network
        + (network.hasUsualRanges() ? "" : " in the ranges " + ranges)
        + (network.normalisation().isNone() ? "" : " of normalised inputs")
        + (network.cost().equals(new SquaredError()) ? "" : " with the cost " + network.cost());
  }

  /**
   * Returns the sizes joined by dashes, such as {@code 784-500-10} or {@code 28×28-32×12×12-10}.
   */
  static String sizes(Network network) {
    return IntStream.rangeClosed(0, network.weightLayers())
        .mapToObj(k -> size(network.shape(k)).replace(" ", ""))
        .collect(Collectors.joining("-"));
  }
}
