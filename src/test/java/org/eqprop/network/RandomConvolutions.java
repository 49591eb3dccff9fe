package org.eqprop.network;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.eqprop.data.Shape;

/** Small networks of random convolutions below a dense output layer of three units. */
public final class RandomConvolutions {
  private static final List<Pooling> POOLINGS = List.of(Pooling.values());

  private RandomConvolutions() {}

  /** Of one or two convolutions each, every pooling in turn, with these ranges. */
  public static List<Network> networks(long seed, int count, Range hidden, Range output) {
    Random random = new Random(seed);
    List<Network> networks = new ArrayList<>();
    while (networks.size() < count) {
      Shape input = new Shape(1 + random.nextInt(3), 4 + random.nextInt(6), 4 + random.nextInt(6));
      List<Layer> layers = new ArrayList<>();
      List<Link> links = new ArrayList<>();
      Shape below = input;
      for (int k = 0; k < 1 + networks.size() % 2; k++) {
        Pooling pooling = POOLINGS.get((networks.size() + k) % 3);
        Convolution link = convolution(random, below, pooling);
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

  private static Convolution convolution(Random random, Shape below, Pooling pooling) {
    while (true) {
      int kernel = 1 + random.nextInt(4);
      int stride = 1 + random.nextInt(3);
      int padding = random.nextInt(kernel);
      int pool = pooling == Pooling.NONE ? 1 : 2 + random.nextInt(2);
      int shorter = Math.min(below.height(), below.width());
      if ((shorter + 2 * padding - kernel) / stride + 1 >= pool) {
        return new Convolution(
            below, 1 + random.nextInt(3), kernel, stride, padding, pooling, pool);
      }
    }
  }
}
