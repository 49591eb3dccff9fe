package org.eqprop.network;

import java.io.Serializable;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.eqprop.base.InvalidValueException;

/**
 * The layer sizes n_0 (input, clamped), n_1 … n_{L−1} (hidden), n_L (output) of a layered network.
 *
 * @param sizes two or more, each from 1 to 1,000,000; the last at most 256, the classes an IDX
 *     label can tell
 */
public record Network(List<Integer> sizes) implements Serializable {
  private static final String KEY = "topology";

  /** What fits into one Java array of floats, as bytes: a model travels and is stored as one. */
  private static final long MAX_PARAMETERS = (Integer.MAX_VALUE - 1024L) / Float.BYTES;

  /**
   * @throws InvalidValueException if there are fewer than two layers or a size is out of range
   */
  public Network {
    sizes = List.copyOf(sizes);
    InvalidValueException.check(
        sizes.size() >= 2, KEY, sizes, "at least two layer sizes, input and output");
    for (int size : sizes) {
      InvalidValueException.check(
          size >= 1 && size <= 1_000_000, KEY, sizes, "layer sizes from 1 to 1000000");
    }
    InvalidValueException.check(
        sizes.get(sizes.size() - 1) <= 256,
        KEY,
        sizes,
        "at most 256 units in the last layer (labels are bytes)");
    InvalidValueException.check(
        count(sizes) <= MAX_PARAMETERS, KEY, sizes, "at most " + MAX_PARAMETERS + " parameters");
  }

  /** Returns the topology with these sizes, input first. */
  public static Network of(Integer... sizes) {
    return new Network(List.of(sizes));
  }

  /** Returns L, the number of layers that relax, and of weight matrices. */
  public int depth() {
    return sizes.size() - 1;
  }

  /** Returns n_k. */
  public int size(int k) {
    return sizes.get(k);
  }

  /** Returns n_0. */
  public int inputs() {
    return size(0);
  }

  /** Returns n_L. */
  public int outputs() {
    return size(depth());
  }

  /**
   * Checks that examples fit the input layer.
   *
   * @param columns inputs of an example
   * @param rows how many examples
   * @param labels how many labels
   * @throws IllegalArgumentException if they do not
   */
  public void requireExamples(int columns, int rows, int labels) {
    if (columns != inputs() || rows != labels) {
      throw new IllegalArgumentException(
          "x is ["
              + rows
              + " × "
              + columns
              + "] with "
              + labels
              + " labels, for a network "
              + this);
    }
  }

  /** Returns Σ_k (n_{k−1} + 1) n_k, the number of weights and biases. */
  public int parameterCount() {
    return (int) count(sizes);
  }

  private static long count(List<Integer> sizes) {
    long count = 0;
    for (int k = 1; k < sizes.size(); k++) {
      count += (sizes.get(k - 1) + 1L) * sizes.get(k);
    }
    return count;
  }

  /**
   * Returns the first difference to another topology, in words, such as {@code layer 1 has 100
   * units: expected 500}; empty if they are equal.
   *
   * @param expected the other
   */
  public Optional<String> difference(Network expected) {
    for (int k = 0; k < Math.max(sizes.size(), expected.sizes.size()); k++) {
      String here = k < sizes.size() ? units(size(k)) : "none";
      String there = k < expected.sizes.size() ? units(expected.size(k)) : "none";
      if (!here.equals(there)) {
        String layer = k == 0 ? "layer 0 (input)" : "layer " + k;
        return Optional.of(
            (k < sizes.size() ? layer + " has " + here : "it has no " + layer)
                + ": expected "
                + there);
      }
    }
    return Optional.empty();
  }

  private static String units(int count) {
    return count == 1 ? "1 unit" : count + " units";
  }

  /** Returns the sizes joined, such as {@code 784-500-10}. */
  @Override
  public String toString() {
    return sizes.stream().map(String::valueOf).collect(Collectors.joining("-"));
  }
}
