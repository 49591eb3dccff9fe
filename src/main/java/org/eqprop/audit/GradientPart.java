package org.eqprop.audit;

import java.util.ArrayList;
import java.util.List;
import org.eqprop.network.Network;
import org.eqprop.network.ParameterLayout;

/**
 * A part of a gradient that is compared on its own.
 *
 * @param name {@code all}, {@code layer 1}, … and {@code readout}, or the name of a tensor, such as
 *     {@code W_1}
 * @param from index of its first element in the flat gradient
 * @param to index after its last element
 */
public record GradientPart(String name, int from, int to) {
  /** The name of the whole gradient. */
  public static final String ALL = "all";

  /** Returns the names of the layers in order. Layer k is W_k and b_k together. */
  public static List<String> layers(Network network) {
    List<String> names = new ArrayList<>();
    for (int k = 1; k <= network.weightLayers(); k++) {
      names.add(k > network.depth() ? "readout" : "layer " + k);
    }
    return names;
  }

  /** Returns all parts: the whole gradient, the layers, and the tensors. */
  static List<GradientPart> of(Network network) {
    ParameterLayout layout = ParameterLayout.of(network);
    List<GradientPart> parts = new ArrayList<>();
    parts.add(new GradientPart(ALL, 0, layout.size()));
    List<String> layers = layers(network);
    for (int k = 1; k <= layers.size(); k++) {
      parts.add(new GradientPart(layers.get(k - 1), layout.weight(k).from(), layout.bias(k).to()));
    }
    layout
        .tensors()
        .forEach(tensor -> parts.add(new GradientPart(tensor.name(), tensor.from(), tensor.to())));
    return parts;
  }
}
