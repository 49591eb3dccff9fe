package org.eqprop.network;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.eqprop.base.InvalidValueException;
import org.eqprop.data.Normalisation;
import org.eqprop.data.Shape;

/**
 * A network: the clamped input s_0, layers s_1 … s_L that relax, the links that connect them, and a
 * cost of s_L (Scellier &amp; Bengio 2017, eqs. 1–3, with general links A_k):
 *
 * <pre>
 *   E(s) = ½ Σ_{k≥0} ‖s_k‖² − Σ_{k≥1} ⟨b_k, s_k⟩ − Σ_{k≥1} ⟨s_k, A_k(s_{k−1})⟩      each s_k within its range
 *   F(s) = E(s) + βC(s_L)
 * </pre>
 *
 * @param input shape of s_0, from 1 to 1,000,000 values in all
 * @param layers 1 … L, the output layer last; at most 256 outputs, the number of classes that IDX
 *     labels can distinguish
 * @param links 1 … L; link k connects layers k−1 and k
 * @param cost C
 * @param normalisation turns the values of an example into s_0
 */
public record Network(
    Shape input, List<Layer> layers, List<Link> links, Cost cost, Normalisation normalisation)
    implements Serializable {
  private static final long serialVersionUID = 1L;
  private static final String KEY = "topology";

  /** Maximum number of units of a layer. */
  static final int MAX_UNITS = 1_000_000;

  /**
   * Maximum number of parameters: as bytes they must fit into one Java array, since a model is sent
   * and stored as one.
   */
  private static final long MAX_PARAMETERS = (Integer.MAX_VALUE - 1024L) / Float.BYTES;

  /**
   * @throws InvalidValueException if there are fewer than two layers or a size is out of range
   * @throws IllegalArgumentException if a link does not fit its layers
   */
  public Network {
    layers = List.copyOf(layers);
    links = List.copyOf(links);
    List<Long> sizes = counts(input, layers);
    checkSizes(sizes);
    if (links.size() != layers.size()) {
      throw new IllegalArgumentException(links.size() + " links for " + layers.size() + " layers");
    }
    for (int k = 1; k <= layers.size(); k++) {
      Link link = links.get(k - 1);
      Shape below = k == 1 ? input : layers.get(k - 2).shape();
      Shape above = layers.get(k - 1).shape();
      if (!link.joins(below, above)) {
        throw new IllegalArgumentException(
            "link " + k + " is " + link + ", between layers of " + below + " and " + above);
      }
    }
    int top = layers.get(layers.size() - 1).size();
    Link readout = cost.readoutLink().orElse(null);
    if (readout != null && (readout.inputs() != top || cost.curvature() != 0)) {
      throw new IllegalArgumentException("readout " + readout + ", above a layer of " + top);
    }
    checkOutputs(readout == null ? top : readout.outputs(), sizes);
    InvalidValueException.check(
        count(links) + cost.readoutLink().map(Network::count).orElse(0L) <= MAX_PARAMETERS,
        KEY,
        sizes,
        "at most " + MAX_PARAMETERS + " parameters");
    normalisation.requireFor(input);
  }

  private static void checkOutputs(int outputs, List<? extends Number> sizes) {
    InvalidValueException.check(
        outputs <= 256, KEY, sizes, "at most 256 units in the last layer (labels are bytes)");
  }

  /** Creates a network whose s_0 is the example as it is, without normalisation. */
  public Network(Shape input, List<Layer> layers, List<Link> links, Cost cost) {
    this(input, layers, links, cost, Normalisation.NONE);
  }

  /** Creates a network whose input is a plain vector of n_0 values. */
  public Network(int inputs, List<Layer> layers, List<Link> links, Cost cost) {
    this(Shape.vector(inputs), layers, links, cost);
  }

  private static List<Long> counts(Shape input, List<Layer> layers) {
    return Stream.concat(Stream.of(input), layers.stream().map(Layer::shape))
        .map(Shape::count)
        .toList();
  }

  private static void checkSizes(List<? extends Number> sizes) {
    InvalidValueException.check(
        sizes.size() >= 2, KEY, sizes, "at least two layer sizes, input and output");
    for (Number size : sizes) {
      InvalidValueException.check(
          size.longValue() >= 1 && size.longValue() <= MAX_UNITS,
          KEY,
          sizes,
          "layer sizes from 1 to " + MAX_UNITS);
    }
  }

  private static long count(List<Link> links) {
    return links.stream().mapToLong(Network::count).sum();
  }

  private static long count(Link link) {
    return link.shape().stream().mapToLong(Integer::longValue).reduce(1, Math::multiplyExact)
        + link.biases();
  }

  /**
   * Returns a network of dense layers with states in [0, 1] and the squared error.
   *
   * @param sizes n_0 … n_L
   * @throws InvalidValueException if there are fewer than two layers or a size is out of range
   */
  public static Network dense(List<Integer> sizes) {
    checkSizes(sizes);
    return dense(sizes.get(0), sizes.stream().skip(1).map(Layer::new).toList());
  }

  /**
   * Returns a network of dense layers with the squared error.
   *
   * @param inputs n_0
   * @param layers 1 … L
   * @throws InvalidValueException if there is no layer or a size is out of range
   */
  public static Network dense(int inputs, List<Layer> layers) {
    List<Integer> sizes =
        Stream.concat(Stream.of(inputs), layers.stream().map(Layer::size)).toList();
    checkSizes(sizes);
    List<Link> links = new ArrayList<>();
    for (int k = 1; k < sizes.size(); k++) {
      links.add(new Dense(sizes.get(k - 1), sizes.get(k)));
    }
    return new Network(inputs, layers, links, new SquaredError());
  }

  /** Returns a copy with another normalisation of the inputs. */
  public Network normalised(Normalisation other) {
    return new Network(input, layers, links, cost, other);
  }

  /**
   * Returns a network of dense layers with states in [0, 1], the squared error and these sizes,
   * input first.
   */
  public static Network of(Integer... sizes) {
    return dense(List.of(sizes));
  }

  /** Returns n_0 … n_L, followed by a readout's number of outputs. */
  public List<Integer> sizes() {
    return IntStream.rangeClosed(0, weightLayers()).mapToObj(this::size).toList();
  }

  /** Returns n_0. */
  public int inputs() {
    return input.size();
  }

  /** Returns the shape of layer k, the input for k = 0, or a readout's outputs for k = L+1. */
  public Shape shape(int k) {
    if (k == depth() + 1) {
      return Shape.vector(link(k).outputs());
    }
    return k == 0 ? input : layer(k).shape();
  }

  /** Returns L, the number of layers that relax and of the links. */
  public int depth() {
    return layers.size();
  }

  /** Returns layer k. */
  public Layer layer(int k) {
    return layers.get(k - 1);
  }

  /** Returns link k, or the readout for k = L+1 if the cost has one. */
  public Link link(int k) {
    return k == depth() + 1 ? cost.readoutLink().orElseThrow() : links.get(k - 1);
  }

  /** Returns the number of layers of weights: L, plus one if the cost has a readout. */
  public int weightLayers() {
    return depth() + (hasReadout() ? 1 : 0);
  }

  /** Returns whether weights outside the energy read the outputs from layer L. */
  public boolean hasReadout() {
    return cost.readoutLink().isPresent();
  }

  /**
   * Returns a network without this one's last layer, whose dense link becomes the readout of a
   * cross-entropy. Both networks have the same parameters.
   *
   * @throws IllegalArgumentException if the last link is not dense
   */
  public Network readOut() {
    if (!(link(depth()) instanceof Dense readout)) {
      throw new IllegalArgumentException("a readout " + link(depth()) + ": expected a dense one");
    }
    return new Network(
        input,
        layers.subList(0, depth() - 1),
        links.subList(0, depth() - 1),
        new CrossEntropy(readout),
        normalisation);
  }

  /** Returns whether another network's parameters have the same names, shapes and positions. */
  public boolean hasParametersOf(Network other) {
    return ParameterLayout.of(this).tensors().equals(ParameterLayout.of(other).tensors());
  }

  /** Returns whether it relaxes like {@link #dense(List)} with the same sizes. */
  public boolean isPlain() {
    return hasUsualRanges()
        && links.stream().allMatch(Dense.class::isInstance)
        && normalisation.isNone()
        && cost.equals(new SquaredError());
  }

  /** Returns whether the states of all layers are in [0, 1]. */
  boolean hasUsualRanges() {
    return layers.stream().map(Layer::range).allMatch(Range.HARD_SIGMOID::equals);
  }

  /** Returns n_k. */
  public int size(int k) {
    return shape(k).size();
  }

  /** Returns the number of outputs, one per class: n_L, or those of the readout. */
  public int outputs() {
    return size(weightLayers());
  }

  /**
   * Checks that examples fit the input layer.
   *
   * @param columns number of inputs per example
   * @param rows number of examples
   * @param labels number of labels
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

  /** Returns the number of weights and biases. */
  public int parameterCount() {
    return ParameterLayout.of(this).size();
  }

  /**
   * Returns the first difference from another network, in words, such as {@code layer 1 has 100
   * units: expected 500}; empty if they are equal.
   *
   * @param expected the other network
   */
  public Optional<String> difference(Network expected) {
    return NetworkDescription.difference(this, expected);
  }

  /**
   * Returns the sizes, the ranges if not all are [0, 1], whether inputs are normalised, and the
   * cost if it is not the squared error.
   */
  public String description() {
    return NetworkDescription.description(this);
  }

  /**
   * Returns the sizes joined by dashes, such as {@code 784-500-10}, or {@code
   * 28×28-32×12×12-64×4×4-10} with convolutions.
   */
  @Override
  public String toString() {
    return NetworkDescription.sizes(this);
  }
}
