package org.eqprop.network;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * How a network's weights and biases lie in one flat array: W_1 in its link's shape, row-major, b_1
 * [n_1], or one for each channel, W_2, b_2, …, and a readout's at the end. The only place that
 * knows their names, shapes and places; {@link Weights} and with them model files, checkpoints,
 * broadcasts, averages, and DL4J's parameters have this order.
 */
public final class ParameterLayout {
  private static final String WEIGHT = "W_";
  private static final String BIAS = "b_";

  private final List<Tensor> tensors;

  private ParameterLayout(Network network) {
    List<Tensor> all = new ArrayList<>();
    int at = 0;
    for (int k = 1; k <= network.weightLayers(); k++) {
      Tensor weight = new Tensor(WEIGHT + k, network.link(k).shape(), at);
      Tensor bias = new Tensor(BIAS + k, List.of(network.link(k).biases()), weight.to());
      all.add(weight);
      all.add(bias);
      at = bias.to();
    }
    this.tensors = List.copyOf(all);
  }

  /** Returns the layout of a network's parameters. */
  public static ParameterLayout of(Network network) {
    return new ParameterLayout(network);
  }

  /**
   * One tensor's place: elements {@code from()} … {@code to()−1} of the flat array, row-major.
   *
   * @param name such as {@code W_1}
   * @param shape of a link's W, such as [rows, columns], or [units]
   * @param from its first element
   */
  public record Tensor(String name, List<Integer> shape, int from) {
    /** Returns how many elements it has. */
    public int size() {
      return shape.stream().reduce(1, Math::multiplyExact);
    }

    /** Returns whether it is a layer's bias, and not a link's W. */
    public boolean isBias() {
      return name.startsWith(BIAS);
    }

    /** Returns one past its last element. */
    public int to() {
      return from + size();
    }

    /** Returns the number of columns, or of units. */
    public int columns() {
      return shape.get(shape.size() - 1);
    }

    /** Returns the place in the flat array of an element of a matrix. */
    public int index(int row, int column) {
      return from + row * columns() + column;
    }

    /**
     * Returns what an element is called, such as {@code W_1[3, 7]}.
     *
     * @param index its place in the flat array
     */
    public String element(int index) {
      int i = index - from;
      String row = shape.size() > 1 ? i / columns() + ", " : "";
      return name + "[" + row + i % columns() + "]";
    }
  }

  /** Returns all tensors in their order. */
  public List<Tensor> tensors() {
    return tensors;
  }

  /** Returns the place of W_k, of link k's shape. */
  public Tensor weight(int k) {
    return tensors.get(2 * k - 2);
  }

  /** Returns the place of b_k [n_k], or [channels]. */
  public Tensor bias(int k) {
    return tensors.get(2 * k - 1);
  }

  /** Returns the length of the flat array. */
  public int size() {
    return tensors.get(tensors.size() - 1).to();
  }

  /** Returns an array of one number for each tensor, all the same. */
  public double[] forEveryTensor(double number) {
    double[] numbers = new double[tensors.size()];
    Arrays.fill(numbers, number);
    return numbers;
  }
}
