package org.eqprop.network;

import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The weights W_k in their links' shapes and the biases b_k [1 × n_k, or 1 × channels], k = 1 … L,
 * as ND4J arrays in column-major order. Gradients have the same shape and use the same class.
 * Mutable; owns off-heap memory until closed.
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
   * Returns parameters with the given values.
   *
   * @param weights weights of the network; copied
   */
  public static Parameters of(Network network, DataType type, Weights weights) {
    Parameters parameters = new Parameters(network, type);
    parameters.set(weights);
    return parameters;
  }

  /** Returns the network that these parameters belong to. */
  public Network network() {
    return network;
  }

  /** Returns the element type. */
  public DataType type() {
    return type;
  }

  /** Returns W_k in link k's shape: live, not a copy. */
  public INDArray weight(int k) {
    return weights[k - 1];
  }

  /** Returns b_k [1 × n_k], or [1 × channels]: live, not a copy. */
  public INDArray bias(int k) {
    return biases[k - 1];
  }

  /**
   * Sets all values.
   *
   * @param from copied
   * @throws IllegalArgumentException if the values belong to another network
   */
  public void set(Weights from) {
    from.requireFor(network);
    for (int k = 1; k <= network.weightLayers(); k++) {
      copyIn(from.weight(k), weight(k));
      copyIn(from.bias(k), bias(k));
    }
  }

  private static void copyIn(float[] values, INDArray target) {
    try (INDArray rowMajor = Floats.array(values, target.shape())) {
      target.assign(rowMajor);
    }
  }

  /** Returns all values, as float32: a copy. */
  public Weights toWeights() {
    ParameterLayout layout = ParameterLayout.of(network);
    float[] values = new float[layout.size()];
    for (int k = 1; k <= network.weightLayers(); k++) {
      copyOut(weight(k), layout.weight(k), values);
      copyOut(bias(k), layout.bias(k), values);
    }
    return new Weights(network, values);
  }

  private static void copyOut(INDArray source, ParameterLayout.Tensor tensor, float[] values) {
    System.arraycopy(Floats.of(source), 0, values, tensor.from(), tensor.size());
  }

  /**
   * Adds weights to all values.
   *
   * @param summand of the same network; not modified
   */
  public void add(Weights summand) {
    try (Parameters other = of(network, type, summand)) {
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
   * Checks that these parameters belong to a network.
   *
   * @throws IllegalArgumentException if they belong to a different network
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
