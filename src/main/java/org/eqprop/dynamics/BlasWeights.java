package org.eqprop.dynamics;

import java.util.Arrays;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;
import org.eqprop.model.Topology;

/**
 * W_k and b_k where the blas backend wants them: W_1 row-major and every other W_k column-major, as
 * suits the products of rows of states with them (ADR 5), off the heap; biases on the heap.
 */
final class BlasWeights {
  private final Topology topology;
  private final FloatPointer[] weights;
  private final float[][] biases;

  BlasWeights(Topology topology) {
    this.topology = topology;
    this.weights = new FloatPointer[topology.depth()];
    this.biases = new float[topology.depth()][];
    for (int k = 1; k <= topology.depth(); k++) {
      weights[k - 1] = new FloatPointer((long) topology.size(k - 1) * topology.size(k));
      biases[k - 1] = new float[topology.size(k)];
    }
    clear();
  }

  /** Sets all values to zero. */
  void clear() {
    for (int k = 1; k <= topology.depth(); k++) {
      Pointer.memset(weight(k), 0, weight(k).capacity() * Float.BYTES);
      Arrays.fill(bias(k), 0);
    }
  }

  FloatPointer weight(int k) {
    return weights[k - 1];
  }

  float[] bias(int k) {
    return biases[k - 1];
  }

  /**
   * Sets all values.
   *
   * @param flat as in {@link org.eqprop.model.Parameters#of}; not modified
   */
  void load(float[] flat) {
    if (flat.length != topology.parameterCount()) {
      throw new IllegalArgumentException(
          flat.length + " values for a network " + topology + " of " + topology.parameterCount());
    }
    int at = 0;
    for (int k = 1; k <= topology.depth(); k++) {
      int size = topology.size(k - 1) * topology.size(k);
      if (k == 1) {
        weight(k).put(flat, at, size);
      } else {
        float[] columns = transposed(flat, at, topology.size(k - 1), topology.size(k));
        weight(k).put(columns, 0, size);
      }
      at += size;
      System.arraycopy(flat, at, bias(k), 0, bias(k).length);
      at += bias(k).length;
    }
  }

  /** Returns all values, flat as in {@link org.eqprop.model.Parameters#of}: a copy. */
  float[] toFloats() {
    float[] flat = new float[topology.parameterCount()];
    int at = 0;
    for (int k = 1; k <= topology.depth(); k++) {
      int size = topology.size(k - 1) * topology.size(k);
      weight(k).get(flat, at, size);
      if (k > 1) {
        float[] rows = transposed(flat, at, topology.size(k), topology.size(k - 1));
        System.arraycopy(rows, 0, flat, at, size);
      }
      at += size;
      System.arraycopy(bias(k), 0, flat, at, bias(k).length);
      at += bias(k).length;
    }
    return flat;
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
