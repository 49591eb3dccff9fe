package org.eqprop.network;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.eqprop.base.RandomStream;
import org.eqprop.data.InputCenter;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The weights W_k, of their links' shapes, and biases b_k [1 × n_k, or × channels], k = 1 … L, as
 * ND4J arrays in column-major order. Gradients have the same shape and use the same class. Mutable;
 * owns off-heap memory until closed.
 */
public final class Parameters implements AutoCloseable {
  private final Network network;
  private final DataType type;
  private final INDArray[] weights;
  private final INDArray[] biases;

  private Parameters(Network network, DataType type) {
    this.network = network;
    this.type = type;
    this.weights = new INDArray[network.weightLayers()];
    this.biases = new INDArray[network.weightLayers()];
    for (int k = 1; k <= network.weightLayers(); k++) {
      weights[k - 1] = Nd4j.create(type, shape(network.link(k)), 'f');
      biases[k - 1] = Nd4j.create(type, new long[] {1, network.link(k).biases()}, 'f');
    }
  }

  private static long[] shape(Link link) {
    return link.shape().stream().mapToLong(Integer::longValue).toArray();
  }

  /**
   * Returns parameters that are all zero.
   *
   * @param type {@link DataType#FLOAT} or {@link DataType#DOUBLE}
   */
  public static Parameters zeros(Network network, DataType type) {
    return new Parameters(network, type);
  }

  /**
   * Returns parameters from one flat array.
   *
   * @param flat as {@link ParameterLayout} says; not modified
   */
  public static Parameters of(Network network, DataType type, float[] flat) {
    Parameters parameters = new Parameters(network, type);
    parameters.set(flat);
    return parameters;
  }

  /**
   * Draws initial parameters: W_k uniform on ± its layer's gain times its link's bound, for a dense
   * link √(6/(n_{k−1}+n_k)) (Glorot &amp; Bengio 2010, eq. 16); biases zero.
   *
   * @param seed the run's seed; the same seed gives the same values on every machine
   * @return flat, as {@link ParameterLayout} says
   */
  public static float[] glorotUniform(Network network, long seed) {
    ParameterLayout layout = ParameterLayout.of(network);
    float[] flat = new float[layout.size()];
    for (int k = 1; k <= network.weightLayers(); k++) {
      SplittableRandom random = RandomStream.WEIGHTS.of(seed, k);
      double gain = k > network.depth() ? 1 : network.layer(k).gain();
      double bound = gain * network.link(k).initialBound();
      for (int i = layout.weight(k).from(); i < layout.weight(k).to(); i++) {
        flat[i] = (float) ((2 * random.nextDouble() - 1) * bound);
      }
    }
    return flat;
  }

  /**
   * Draws initial parameters as {@link #glorotUniform} does, for a first layer that learns from x −
   * m: b_1 = −m W_1, so that x W_1 + b_1 = (x − m) W_1.
   *
   * @param seed the run's seed; the same seed gives the same values on every machine
   * @param center m
   * @return flat, as {@link ParameterLayout} says
   */
  public static float[] initial(Network network, long seed, InputCenter center) {
    float[] flat = glorotUniform(network, seed);
    subtractCenter(network, flat, center);
    return flat;
  }

  /**
   * Subtracts A_1(m) from b_1, so that the network does with x what it did with x − m.
   *
   * @param flat as {@link ParameterLayout} says; modified
   * @param center m; if none, nothing changes
   */
  public static void subtractCenter(Network network, float[] flat, InputCenter center) {
    addCenter(network, flat, center, -1);
  }

  /**
   * Adds A_1(m) to b_1: the inverse of {@link #subtractCenter}.
   *
   * @param flat as {@link ParameterLayout} says; modified
   * @param center m; if none, nothing changes
   */
  public static void addCenter(Network network, float[] flat, InputCenter center) {
    addCenter(network, flat, center, 1);
  }

  private static void addCenter(Network network, float[] flat, InputCenter center, int sign) {
    if (!center.isNone()) {
      ParameterLayout layout = ParameterLayout.of(network);
      ParameterLayout.Tensor weight = layout.weight(1);
      double[] w = doubles(Arrays.copyOfRange(flat, weight.from(), weight.to()));
      double[] sum = new double[network.size(1)];
      double[] m = doubles(center.values());
      network.link(1).up(w, m, m, sum);
      for (int j = 0; j < sum.length; j++) {
        flat[layout.bias(1).from() + j] += sign * (float) sum[j];
      }
    }
  }

  private static double[] doubles(float[] values) {
    double[] doubles = new double[values.length];
    Arrays.setAll(doubles, i -> values[i]);
    return doubles;
  }

  /** Returns whose parameters these are. */
  public Network network() {
    return network;
  }

  /** Returns the element type. */
  public DataType type() {
    return type;
  }

  /** Returns W_k, of link k's shape, live. */
  public INDArray weight(int k) {
    return weights[k - 1];
  }

  /** Returns b_k [1 × n_k], or [1 × channels], live. */
  public INDArray bias(int k) {
    return biases[k - 1];
  }

  /**
   * Sets all values.
   *
   * @param flat as {@link ParameterLayout} says; not modified
   */
  public void set(float[] flat) {
    ParameterLayout layout = ParameterLayout.of(network);
    layout.requireLength(flat);
    for (int k = 1; k <= network.weightLayers(); k++) {
      copyIn(flat, layout.weight(k), weight(k));
      copyIn(flat, layout.bias(k), bias(k));
    }
  }

  private static void copyIn(float[] flat, ParameterLayout.Tensor tensor, INDArray target) {
    float[] values = Arrays.copyOfRange(flat, tensor.from(), tensor.to());
    try (INDArray rowMajor = Floats.array(values, target.shape())) {
      target.assign(rowMajor);
    }
  }

  /** Returns all values as one flat array, as {@link ParameterLayout} says. */
  public float[] toFloats() {
    ParameterLayout layout = ParameterLayout.of(network);
    float[] flat = new float[layout.size()];
    for (int k = 1; k <= network.weightLayers(); k++) {
      copyOut(weight(k), layout.weight(k), flat);
      copyOut(bias(k), layout.bias(k), flat);
    }
    return flat;
  }

  private static void copyOut(INDArray source, ParameterLayout.Tensor tensor, float[] flat) {
    System.arraycopy(Floats.of(source), 0, flat, tensor.from(), tensor.size());
  }

  /**
   * Adds to all values.
   *
   * @param flat as {@link ParameterLayout} says; not modified
   */
  public void add(float[] flat) {
    try (Parameters other = of(network, type, flat)) {
      for (int k = 1; k <= network.weightLayers(); k++) {
        weight(k).addi(other.weight(k));
        bias(k).addi(other.bias(k));
      }
    }
  }

  /**
   * Copies all values from other parameters.
   *
   * @param other of the same network; not modified
   */
  public void assign(Parameters other) {
    other.requireFor(network);
    for (int k = 1; k <= network.weightLayers(); k++) {
      weight(k).assign(other.weight(k));
      bias(k).assign(other.bias(k));
    }
  }

  /**
   * Checks that these are a network's.
   *
   * @throws IllegalArgumentException if it has other layer sizes
   */
  public void requireFor(Network other) {
    if (!network.equals(other)) {
      throw new IllegalArgumentException("parameters of " + network + " for a network of " + other);
    }
  }

  @Override
  public void close() {
    for (int k = 0; k < weights.length; k++) {
      weights[k].close();
      biases[k].close();
    }
  }
}
