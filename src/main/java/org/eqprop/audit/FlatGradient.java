package org.eqprop.audit;

import org.bytedeco.javacpp.DoublePointer;
import org.eqprop.network.Network;
import org.eqprop.network.Parameters;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Gradients at float64 in one array each, ordered as the layout says. */
final class FlatGradient {
  private FlatGradient() {}

  /** Returns the elements of a float64 array in this process's memory, row-major: a copy. */
  static double[] values(INDArray array) {
    try (INDArray rowMajor = array.dup('c')) {
      if (!(rowMajor.data().pointer() instanceof DoublePointer memory)) {
        return rowMajor.data().asDouble();
      }
      double[] values = new double[Math.toIntExact(rowMajor.length())];
      memory.get(values); // in one piece; asDouble goes element by element
      return values;
    }
  }

  /** Returns W_1, b_1, W_2, … of parameters, one behind another: a copy. */
  static double[] of(Parameters parameters) {
    Network network = parameters.network();
    double[][] tensors = new double[2 * network.weightLayers()][];
    for (int k = 1; k <= network.weightLayers(); k++) {
      tensors[2 * k - 2] = values(parameters.weight(k));
      tensors[2 * k - 1] = values(parameters.bias(k));
    }
    double[] flat = new double[network.parameterCount()];
    add(tensors, flat);
    return flat;
  }

  /**
   * Adds tensors, one behind another.
   *
   * @param tensors W_1, b_1, W_2, …; not modified
   * @param sum as long as all of them; modified
   */
  static void add(double[][] tensors, double[] sum) {
    int at = 0;
    for (double[] tensor : tensors) {
      for (double value : tensor) {
        sum[at++] += value;
      }
    }
  }
}
