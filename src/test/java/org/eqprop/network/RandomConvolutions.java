package org.eqprop.network;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.eqprop.data.Shape;

/** Small networks of random convolutions below a dense output layer of three units. */
public final class RandomConvolutions {
  private static final List<Pooling> POOLINGS = List.of(Pooling.values());

  private RandomConvolutions() {}

  /** Returns networks of one or two convolutions, each with the next pooling, with these ranges. */
  public static List<Network> networks(long seed, int count, Range hidden, Range output) {
    Random random = new Random(seed);
    List<Network> networks = new ArrayList<>();
    while (networks.size() < count) {
      int convolutions = 1 + networks.size() % 2;
      Shape input = new Shape(1 + random.nextInt(2), 5 + random.nextInt(5), 5 + random.nextInt(5));
      List<Layer> layers = new ArrayList<>();
      List<Link> links = new ArrayList<>();
      Shape below = input;
      for (int k = 1; k <= convolutions; k++) {
        Pooling pooling = POOLINGS.get((networks.size() + k) % 3);
        Convolution link = convolution(random, below, pooling, k < convolutions ? 9 : 1);
        links.add(link);
        below = link.output();
        layers.add(new Layer(below, hidden, 1));
      }
      links.add(new Dense(below.size(), 3));
      layers.add(new Layer(3, output, 1));
      networks.add(new Network(input, layers, links, new SquaredError()));
    }
    return networks;
  }

  /** Draws a convolution with at least this many places, if the random choices allow it. */
  private static Convolution convolution(Random random, Shape below, Pooling pooling, int places) {
    for (int attempt = 0; ; attempt++) {
      int kernel = 1 + random.nextInt(4);
      int stride = 1 + random.nextInt(5) / 2;
      int padding = random.nextInt(kernel);
      int pool = pooling == Pooling.NONE ? 1 : 2 + random.nextInt(3) / 2;
      int shorter = Math.min(below.height(), below.width());
      if ((shorter + 2 * padding - kernel) / stride + 1 >= pool) {
        int channels = 1 + random.nextInt(3);
        var link = new Convolution(below, channels, kernel, stride, padding, pooling, pool);
        if (link.output().area() >= places || attempt > 100) {
          return link;
        }
      }
    }
  }
}
