package org.eqprop.audit;

import org.bytedeco.javacpp.DoublePointer;
import org.eqprop.network.Network;
import org.eqprop.network.Parameters;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Gradients at float64 as one array each, in the order of the parameter layout. */
final class FlatGradient {
  private FlatGradient() {}

  /** Copies the elements of a float64 array, which is in host memory, in row-major order. */
  static double[] values(INDArray array) {
    try (INDArray rowMajor = array.dup('c')) {
      if (!(rowMajor.data().pointer() instanceof DoublePointer memory)) {
        return rowMajor.data().asDouble();
      }
      double[] values = new double[Math.toIntExact(rowMajor.length())];
      memory.get(values); // in one piece; asDouble copies element by element
      return values;
    }
  }

  /** Copies W_1, b_1, W_2, … of parameters into one array. */
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
   * Adds concatenated tensors to a sum.
   *
   * @param tensors W_1, b_1, W_2, …; not modified
   * @param sum as long as all tensors together; modified
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
