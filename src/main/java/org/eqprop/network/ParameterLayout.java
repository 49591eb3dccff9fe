package org.eqprop.network;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The layout of a network's weights and biases in one flat array: W_1 in its link's shape,
 * row-major, then b_1 [n_1], or one per channel, then W_2, b_2, …, and a readout's at the end. Only
 * this class defines their names, shapes and positions. {@link Weights} use this order, and so do
 * model files, checkpoints, broadcasts, averages, and DL4J's parameters.
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
   * One tensor's position: elements {@code from()} … {@code to()−1} of the flat array, row-major.
   *
   * @param name such as {@code W_1}
   * @param shape that of a link's W, such as [rows, columns], or [units] for biases
   * @param from index of its first element
   */
  public record Tensor(String name, List<Integer> shape, int from) {
    /** Returns how many elements it has. */
    public int size() {
      return shape.stream().reduce(1, Math::multiplyExact);
    }

    /** Returns whether it is a layer's bias rather than a link's W. */
    public boolean isBias() {
      return name.startsWith(BIAS);
    }

    /** Returns the index after its last element. */
    public int to() {
      return from + size();
    }

    /** Returns the number of columns, or of units. */
    public int columns() {
      return shape.get(shape.size() - 1);
    }

    /** Returns the index of a matrix element in the flat array. */
    public int index(int row, int column) {
      return from + row * columns() + column;
    }

    /**
     * Returns the name of an element, such as {@code W_1[3, 7]}.
     *
     * @param index its index in the flat array
     */
    public String element(int index) {
      int i = index - from;
      String row = shape.size() > 1 ? i / columns() + ", " : "";
      return name + "[" + row + i % columns() + "]";
    }
  }

  /** Returns all tensors in order. */
  public List<Tensor> tensors() {
    return tensors;
  }

  /** Returns the position of W_k, which has link k's shape. */
  public Tensor weight(int k) {
    return tensors.get(2 * k - 2);
  }

  /** Returns the position of b_k [n_k], or [channels]. */
  public Tensor bias(int k) {
    return tensors.get(2 * k - 1);
  }

  /** Returns the length of the flat array. */
  public int size() {
    return tensors.get(tensors.size() - 1).to();
  }

  /** Returns an array with the same number for every tensor. */
  public double[] forEveryTensor(double number) {
    double[] numbers = new double[tensors.size()];
    Arrays.fill(numbers, number);
    return numbers;
  }
}
