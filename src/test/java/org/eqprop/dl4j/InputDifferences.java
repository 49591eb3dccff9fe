package org.eqprop.dl4j;

import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Computes the gradient of each example's cost with respect to its inputs, by central differences
 * in float64.
 */
final class InputDifferences {
  private static final double H = 1e-6;

  private InputDifferences() {}

  /**
   * Returns the gradient, [B × n_0].
   *
   * @param x [B × n_0]; not modified
   * @param y one-hot [B × classes]; not modified
   */
  static INDArray of(MultiLayerNetwork network, INDArray x, INDArray y) {
    INDArray gradient = Nd4j.zeros(DataType.DOUBLE, x.rows(), x.columns());
    for (int j = 0; j < x.columns(); j++) {
      INDArray difference = costs(network, x, y, j, H).sub(costs(network, x, y, j, -H));
      gradient.putColumn(j, difference.divi(2 * H));
    }
    return gradient;
  }

  private static INDArray costs(
      MultiLayerNetwork network, INDArray x, INDArray y, int column, double by) {
    INDArray moved = x.dup();
    moved.getColumn(column).addi(by);
    return network.scoreExamples(new DataSet(moved, y), false);
  }
}
