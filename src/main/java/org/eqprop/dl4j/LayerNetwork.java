package org.eqprop.dl4j;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.eqprop.base.InputException;
import org.eqprop.base.InvalidValueException;
import org.eqprop.config.NetworkKeys;
import org.eqprop.data.Normalisation;
import org.eqprop.network.Network;

/**
 * Converts the network of a DL4J layer. Its JSON has the sizes n_0 … n_L if they describe the
 * network completely, or else n_0, the number of outputs and a text in the format of {@link
 * NetworkKeys}.
 */
final class LayerNetwork {
  private static final String ORIGIN = "the layer's network";

  private LayerNetwork() {}

  /**
   * Returns the text; empty if the sizes describe the network completely.
   *
   * @throws InputException if no text can describe the network, or its normalisation is not
   *     measured yet
   */
  static String text(Network network) {
    requireMeasured(network.normalisation());
    return NetworkKeys.isSizesAlone(network) ? "" : NetworkKeys.of(network);
  }

  /** Returns n_1 … n_{L−1} of a network; empty if it has a text. */
  static int[] hidden(Network network) {
    List<Integer> sizes = network.sizes();
    return NetworkKeys.isSizesAlone(network)
        ? sizes.subList(1, sizes.size() - 1).stream().mapToInt(Integer::intValue).toArray()
        : new int[0];
  }

  /**
   * Returns the dense network of these sizes.
   *
   * @param hidden n_1 … n_{L−1}; not modified
   * @throws InvalidValueException if a size is out of its range
   */
  static Network dense(long inputs, int[] hidden, long outputs) {
    List<Integer> sizes = new ArrayList<>();
    sizes.add(Math.toIntExact(inputs));
    Arrays.stream(hidden).forEach(sizes::add);
    sizes.add(Math.toIntExact(outputs));
    return Network.dense(sizes);
  }

  /**
   * Returns the network of a text, which may be untrusted.
   *
   * @throws InputException if the text is not valid, or its normalisation is not measured
   */
  static Network described(String text) {
    Network network = NetworkKeys.read(text, ORIGIN);
    requireMeasured(network.normalisation());
    return network;
  }

  private static void requireMeasured(Normalisation normalisation) {
    InvalidValueException.check(
        normalisation.isMeasured(),
        Normalisation.MEAN_KEY + ", " + Normalisation.DEVIATION_KEY,
        normalisation,
        "numbers, since the layer does not see all training images");
  }

  /**
   * Checks that the sizes next to a text do not contradict it.
   *
   * @param network of the text
   * @param hidden not modified
   * @throws InvalidValueException if a size contradicts the text
   */
  static void requireSizes(Network network, long inputs, int[] hidden, long outputs) {
    check("nIn", inputs, network.inputs(), network);
    check("nOut", outputs, network.outputs(), network);
    InvalidValueException.check(
        hidden.length == 0,
        "hidden",
        Arrays.toString(hidden),
        "none together with network = " + network);
  }

  private static void check(String name, long value, int expected, Network network) {
    InvalidValueException.check(
        value == expected, name, value, expected + ", since network = " + network + " is set");
  }
}
