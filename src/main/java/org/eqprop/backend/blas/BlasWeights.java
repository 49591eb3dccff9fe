package org.eqprop.backend.blas;

import java.util.Arrays;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.eqprop.network.Dense;
import org.eqprop.network.Network;
import org.eqprop.network.ParameterLayout;
import org.eqprop.network.Weights;

/**
 * W_k and b_k where the blas backend wants them, W_k off the heap and b_k on it. Of a dense link
 * W_1 is row-major and every other W_k column-major, as suits the products of rows of states with
 * them (ADR 5); of other links W_k is row-major.
 */
public final class BlasWeights {
  private final Network network;
  private final ParameterLayout layout;
  private final FloatPointer[] weights;
  private final float[][] biases;

  BlasWeights(Network network) {
    this.network = network;
    this.layout = ParameterLayout.of(network);
    this.weights = new FloatPointer[network.depth()];
    this.biases = new float[network.depth()][];
    for (int k = 1; k <= network.depth(); k++) {
      weights[k - 1] = new FloatPointer((long) layout.weight(k).size());
      biases[k - 1] = new float[network.size(k)];
    }
    clear();
  }

  /** Sets all values to zero. */
  void clear() {
    for (int k = 1; k <= network.depth(); k++) {
      Pointer.memset(weight(k), 0, weight(k).capacity() * Float.BYTES);
      Arrays.fill(bias(k), 0);
    }
  }

  private boolean isTransposed(int k) {
    return k > 1 && network.link(k) instanceof Dense;
  }

  /** Returns whose parameters these are. */
  public Network network() {
    return network;
  }

  /** Returns W_k, live: column-major of a dense link above the first, else row-major. */
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
    for (int k = 1; k <= network.depth(); k++) {
      ParameterLayout.Tensor matrix = layout.weight(k);
      if (!isTransposed(k)) {
        weight(k).put(flat, matrix.from(), matrix.size());
      } else {
        float[] columns = transposed(flat, matrix.from(), network.size(k - 1), network.size(k));
        weight(k).put(columns, 0, columns.length);
      }
      System.arraycopy(flat, layout.bias(k).from(), bias(k), 0, bias(k).length);
    }
  }

  /** Returns all values: a copy. */
  Weights toWeights() {
    float[] flat = new float[layout.size()];
    for (int k = 1; k <= network.depth(); k++) {
      ParameterLayout.Tensor matrix = layout.weight(k);
      weight(k).get(flat, matrix.from(), matrix.size());
      if (isTransposed(k)) {
        float[] rows = transposed(flat, matrix.from(), network.size(k), network.size(k - 1));
        System.arraycopy(rows, 0, flat, matrix.from(), rows.length);
      }
      System.arraycopy(bias(k), 0, flat, layout.bias(k).from(), bias(k).length);
    }
    return new Weights(network, flat);
  }

  /** Returns the transpose of the row-major [rows × columns] that begins at {@code at}. */
  private static float[] transposed(float[] from, int at, int rows, int columns) {
    float[] to = new float[rows * columns];
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        to[j * rows + i] = from[at + i * columns + j];
      }
    }
    return to;
  }

  void close() {
    for (FloatPointer weight : weights) {
      weight.deallocate();
    }
  }
}
