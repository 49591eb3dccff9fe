package org.eqprop.network;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import org.eqprop.data.FloatExamples;
import org.eqprop.data.Normalisation;
import org.eqprop.data.Shape;

/** Small networks with 40 inputs and three outputs, one for each kind of part. */
public final class NetworkKinds {
  /** An input whose sides all differ. */
  private static final Shape IMAGE = new Shape(2, 5, 4);

  private static final Normalisation BY_CHANNEL =
      new Normalisation(List.of(0.3, 0.6), List.of(0.5, 2.0));

  private NetworkKinds() {}

  /** Returns the networks by name. */
  public static Map<String, Network> all() {
    Map<String, Network> all = new LinkedHashMap<>();
    Convolution plain = Convolution.plain(IMAGE, 3, 3, 2, 1);
    Convolution average = new Convolution(IMAGE, 3, 2, 1, 0, Pooling.AVERAGE, 2);
    Convolution max = new Convolution(IMAGE, 3, 3, 1, 1, Pooling.MAX, 2);
    Convolution above = Convolution.plain(max.output(), 4, 2, 1, 1);
    Layer output = new Layer(3, new Range(-1, 2), 0.7);
    all.put("no pooling", squared(List.of(plain), List.of(layer(plain, Range.HARD_TANH)), output));
    all.put(
        "average pooling",
        squared(List.of(average), List.of(layer(average, Range.HARD_SIGMOID)), new Layer(3)));
    all.put(
        "max pooling",
        squared(
            List.of(max, above),
            List.of(
                new Layer(max.output(), new Range(-2, 3), 0.4),
                new Layer(above.output(), Range.LINEAR, 0.4)),
            new Layer(3, Range.LINEAR, 0.3)));
    all.put(
        "ranges",
        Network.dense(
            40,
            List.of(
                new Layer(7, Range.RECTIFIER, 0.5),
                new Layer(5, new Range(-0.25, Double.POSITIVE_INFINITY), 0.25),
                output)));
    all.put(
        "gains", Network.dense(40, List.of(new Layer(6, Range.HARD_SIGMOID, 0.5), new Layer(3))));
    all.put(
        "normalised image",
        new Network(
            IMAGE,
            List.of(new Layer(6), new Layer(3)),
            List.of(new Dense(40, 6), new Dense(6, 3)),
            new SquaredError(),
            BY_CHANNEL));
    all.put("readout", Network.of(40, 8, 6, 3).readOut());
    all.put(
        "all at once",
        squared(List.of(average), List.of(layer(average, new Range(-0.5, 2))), new Layer(3))
            .readOut()
            .normalised(BY_CHANNEL));
    return all;
  }

  /** Returns the network with a name. */
  public static Network of(String name) {
    return Objects.requireNonNull(all().get(name), name);
  }

  private static Layer layer(Convolution link, Range range) {
    return new Layer(link.output(), range, 0.75);
  }

  private static Network squared(List<Convolution> links, List<Layer> layers, Layer output) {
    List<Link> allLinks = new ArrayList<>(links);
    List<Layer> allLayers = new ArrayList<>(layers);
    allLinks.add(new Dense(layers.get(layers.size() - 1).size(), output.size()));
    allLayers.add(output);
    return new Network(IMAGE, allLayers, allLinks, new SquaredError());
  }

  /**
   * Returns random examples of 40 values from 0 to 1; in each class a different part is brighter.
   */
  public static FloatExamples examples(Shape shape, int count, long seed) {
    Random random = new Random(seed);
    float[] values = new float[40 * count];
    int[] labels = new int[count];
    for (int i = 0; i < count; i++) {
      labels[i] = i % 3;
      for (int j = 0; j < 40; j++) {
        boolean bright = j / 14 == labels[i];
        values[40 * i + j] = (bright ? 0.5f : 0.05f) + 0.45f * random.nextFloat();
      }
    }
    return new FloatExamples(values, labels, shape);
  }
}
