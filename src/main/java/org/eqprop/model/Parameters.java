package org.eqprop.model;

import java.util.SplittableRandom;
import org.eqprop.data.InputCenter;
import org.eqprop.data.RandomStream;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The weights W_k [n_{k−1} × n_k] and biases b_k [1 × n_k], k = 1 … L, as ND4J arrays in
 * column-major order. Gradients have the same shape and use the same class. Mutable; owns off-heap
 * memory until closed.
 */
public final class Parameters implements AutoCloseable {
  private final Topology topology;
  private final DataType type;
  private final INDArray[] weights;
  private final INDArray[] biases;

  private Parameters(Topology topology, DataType type) {
    this.topology = topology;
    this.type = type;
    this.weights = new INDArray[topology.depth()];
    this.biases = new INDArray[topology.depth()];
    for (int k = 1; k <= topology.depth(); k++) {
      weights[k - 1] = Nd4j.create(type, new long[] {topology.size(k - 1), topology.size(k)}, 'f');
      biases[k - 1] = Nd4j.create(type, new long[] {1, topology.size(k)}, 'f');
    }
  }

  /**
   * Returns parameters that are all zero.
   *
   * @param type {@link DataType#FLOAT} or {@link DataType#DOUBLE}
   */
  public static Parameters zeros(Topology topology, DataType type) {
    return new Parameters(topology, type);
  }

  /**
   * Returns parameters from one flat array: W_1 row-major, b_1, W_2, b_2, …
   *
   * @param flat [{@link Topology#parameterCount()}]; not modified
   */
  public static Parameters of(Topology topology, DataType type, float[] flat) {
    Parameters parameters = new Parameters(topology, type);
    parameters.set(flat);
    return parameters;
  }

  /**
   * Draws initial parameters: W_k uniform on ±√(6/(n_{k−1}+n_k)) (Glorot &amp; Bengio 2010, eq.
   * 16), biases zero.
   *
   * @param seed the run's seed; the same seed gives the same values on every machine
   * @return flat, as in {@link #of}
   */
  public static float[] glorotUniform(Topology topology, long seed) {
    float[] flat = new float[topology.parameterCount()];
    int at = 0;
    for (int k = 1; k <= topology.depth(); k++) {
      SplittableRandom random = RandomStream.WEIGHTS.of(seed, k);
      double bound = Math.sqrt(6.0 / (topology.size(k - 1) + topology.size(k)));
      int count = topology.size(k - 1) * topology.size(k);
      for (int i = 0; i < count; i++) {
        flat[at++] = (float) ((2 * random.nextDouble() - 1) * bound);
      }
      at += topology.size(k);
    }
    return flat;
  }

  /**
   * Draws initial parameters as {@link #glorotUniform} does, for a first layer that learns from x −
   * m: b_1 = −m W_1, so that x W_1 + b_1 = (x − m) W_1.
   *
   * @param seed the run's seed; the same seed gives the same values on every machine
   * @param center m
   * @return flat, as in {@link #of}
   */
  public static float[] initial(Topology topology, long seed, InputCenter center) {
    float[] flat = glorotUniform(topology, seed);
    subtractCenter(topology, flat, center);
    return flat;
  }

  /**
   * Subtracts m W_1 from b_1, so that the network does with x what it did with x − m.
   *
   * @param flat as in {@link #of}; modified
   * @param center m; if none, nothing changes
   */
  public static void subtractCenter(Topology topology, float[] flat, InputCenter center) {
    if (!center.isNone()) {
      float[] m = center.values();
      int inputs = topology.size(0);
      int units = topology.size(1);
      for (int j = 0; j < units; j++) {
        double sum = 0;
        for (int i = 0; i < inputs; i++) {
          sum += (double) m[i] * flat[i * units + j];
        }
        flat[inputs * units + j] -= (float) sum;
      }
    }
  }

  /** Returns the layer sizes. */
  public Topology topology() {
    return topology;
  }

  /** Returns the element type. */
  public DataType type() {
    return type;
  }

  /** Returns W_k [n_{k−1} × n_k], live. */
  public INDArray weight(int k) {
    return weights[k - 1];
  }

  /** Returns b_k [1 × n_k], live. */
  public INDArray bias(int k) {
    return biases[k - 1];
  }

  /**
   * Sets all values.
   *
   * @param flat as in {@link #of}; not modified
   */
  public void set(float[] flat) {
    requireLength(flat.length);
    int at = 0;
    for (int k = 1; k <= topology.depth(); k++) {
      at = copyIn(flat, at, weight(k));
      at = copyIn(flat, at, bias(k));
    }
  }

  private static int copyIn(float[] flat, int at, INDArray target) {
    int length = Math.toIntExact(target.length());
    float[] values = java.util.Arrays.copyOfRange(flat, at, at + length);
    try (INDArray rowMajor = Floats.array(values, target.shape())) {
      target.assign(rowMajor);
    }
    return at + length;
  }

  /** Returns all values as one flat array, as in {@link #of}. */
  public float[] toFloats() {
    float[] flat = new float[topology.parameterCount()];
    int at = 0;
    for (int k = 1; k <= topology.depth(); k++) {
      at = copyOut(weight(k), flat, at);
      at = copyOut(bias(k), flat, at);
    }
    return flat;
  }

  private static int copyOut(INDArray source, float[] flat, int at) {
    float[] values = Floats.of(source);
    System.arraycopy(values, 0, flat, at, values.length);
    return at + values.length;
  }

  /**
   * Adds to all values.
   *
   * @param flat as in {@link #of}; not modified
   */
  public void add(float[] flat) {
    try (Parameters other = of(topology, type, flat)) {
      for (int k = 1; k <= topology.depth(); k++) {
        weight(k).addi(other.weight(k));
        bias(k).addi(other.bias(k));
      }
    }
  }

  /**
   * Copies all values from other parameters.
   *
   * @param other of the same topology; not modified
   */
  public void assign(Parameters other) {
    requireTopology(other.topology);
    for (int k = 1; k <= topology.depth(); k++) {
      weight(k).assign(other.weight(k));
      bias(k).assign(other.bias(k));
    }
  }

  private void requireTopology(Topology other) {
    if (!topology.equals(other)) {
      throw new IllegalArgumentException(
          "parameters of " + other + " for a network of " + topology);
    }
  }

  private void requireLength(int length) {
    if (length != topology.parameterCount()) {
      throw new IllegalArgumentException(
          length
              + " values for a network "
              + topology
              + " of "
              + topology.parameterCount()
              + " parameters");
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
