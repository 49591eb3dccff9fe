package org.eqprop.backend.blas;

import java.util.Arrays;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.eqprop.data.Shape;
import org.eqprop.network.Dense;
import org.eqprop.network.Network;
import org.eqprop.network.ParameterLayout;
import org.eqprop.network.Weights;

/**
 * W_k and b_k in the layout of the blas backend, with W_k off the heap and b_k on it. For dense
 * links, W_1 is row-major and every other W_k is column-major, which suits their products with rows
 * of states (ADR 5); inputs are in the order of the states below. For other links, W_k is
 * row-major.
 */
public final class BlasWeights {
  private final Network network;
  private final ParameterLayout layout;
  private final FloatPointer[] weights;
  private final float[][] biases;

  BlasWeights(Network network) {
    this.network = network;
    this.layout = ParameterLayout.of(network);
    this.weights = new FloatPointer[network.weightLayers()];
    this.biases = new float[network.weightLayers()][];
    for (int k = 1; k <= network.weightLayers(); k++) {
      weights[k - 1] = new FloatPointer((long) layout.weight(k).size());
      biases[k - 1] = new float[network.link(k).biases()];
    }
    clear();
  }

  /** Sets all values to zero. */
  void clear() {
    for (int k = 1; k <= network.weightLayers(); k++) {
      Pointer.memset(weight(k), 0, weight(k).capacity() * Float.BYTES);
      Arrays.fill(bias(k), 0);
    }
  }

  /**
   * Returns the shape in which layer k is stored. This is the layer's own shape, except that an
   * input read by a dense link is a plain vector, so that its values keep their order.
   */
  static Shape shape(Network network, int k) {
    Shape shape = network.shape(k);
    boolean vector = k == 0 && network.link(1) instanceof Dense;
    return vector ? Shape.vector(shape.size()) : shape;
  }

  private boolean isTransposed(int k) {
    return k > 1 && network.link(k) instanceof Dense;
  }

  /** Returns the network that the parameters belong to. */
  public Network network() {
    return network;
  }

  /** Returns W_k, live: column-major for a dense link above the first, otherwise row-major. */
  public FloatPointer weight(int k) {
    return weights[k - 1];
  }

  /** Returns b_k, live. */
  public float[] bias(int k) {
    return biases[k - 1];
  }

  /**
   * Sets all values.
   *
   * @param from of the same network; not modified
   */
  void load(Weights from) {
    from.requireFor(network);
    float[] flat = from.values();
    for (int k = 1; k <= network.weightLayers(); k++) {
      ParameterLayout.Tensor matrix = layout.weight(k);
      if (!isTransposed(k)) {
        weight(k).put(flat, matrix.from(), matrix.size());
      } else {
        float[] columns = columns(k, flat, matrix.from());
        weight(k).put(columns, 0, columns.length);
      }
      System.arraycopy(flat, layout.bias(k).from(), bias(k), 0, bias(k).length);
    }
  }

  /** Returns a copy of all values. */
  Weights toWeights() {
    float[] flat = new float[layout.size()];
    for (int k = 1; k <= network.weightLayers(); k++) {
      ParameterLayout.Tensor matrix = layout.weight(k);
      weight(k).get(flat, matrix.from(), matrix.size());
      if (isTransposed(k)) {
        float[] rows = transposed(flat, matrix.from(), network.size(k), network.size(k - 1));
        System.arraycopy(rowsByChannel(k, rows), 0, flat, matrix.from(), rows.length);
      }
      System.arraycopy(bias(k), 0, flat, layout.bias(k).from(), bias(k).length);
    }
    return new Weights(network, flat);
  }

  /** Returns W_k column-major, its inputs in the order of the states below. */
  private float[] columns(int k, float[] flat, int at) {
    Shape below = shape(network, k - 1);
    int n = network.size(k);
    if (!below.isSpatial()) {
      return transposed(flat, at, below.size(), n);
    }
    float[] rows = new float[below.size() * n];
    for (int i = 0; i < below.size(); i++) {
      System.arraycopy(flat, at + i * n, rows, place(below, i) * n, n);
    }
    return transposed(rows, 0, below.size(), n);
  }

  private float[] rowsByChannel(int k, float[] rows) {
    Shape below = shape(network, k - 1);
    if (!below.isSpatial()) {
      return rows;
    }
    float[] ordered = new float[rows.length];
    for (int i = 0; i < below.size(); i++) {
      int from = place(below, i);
      System.arraycopy(rows, from * network.size(k), ordered, i * network.size(k), network.size(k));
    }
    return ordered;
  }

  /** Returns the index in height × width × channels of unit i of channels × height × width. */
  private static int place(Shape shape, int i) {
    return i % shape.area() * shape.channels() + i / shape.area();
  }

  /** Returns the transpose of the row-major [rows × columns] that starts at {@code at}. */
  private static float[] transposed(float[] from, int at, int rows, int columns) {
    float[] to = new float[rows * columns];
    FusedLoops.transpose(from, at, rows, columns, to, 0);
    return to;
  }

  void close() {
    for (FloatPointer weight : weights) {
      weight.deallocate();
    }
  }
}
