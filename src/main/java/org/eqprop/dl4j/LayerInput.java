package org.eqprop.dl4j;

import java.util.Arrays;
import org.deeplearning4j.exception.DL4JInvalidInputException;
import org.eqprop.data.Normalisation;
import org.eqprop.data.Shape;
import org.eqprop.network.Floats;
import org.eqprop.network.Network;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * The input from the layer below or from the data: intensities x in [0, 1], [B × n_0], or [B ×
 * channels × height × width] if the network's input is an image. With the network's normalisation
 * s_0 = (x − mean_c)/deviation_c for each channel c, and so ∂C/∂x = ∂C/∂s_0/deviation_c.
 */
final class LayerInput {
  private final INDArray x;
  private final Shape shape;
  private final Normalisation normalisation;
  private final String layer;

  /**
   * @param x not modified
   * @param layer name of the layer in messages
   * @throws DL4JInvalidInputException if x has another shape
   */
  LayerInput(INDArray x, Network network, String layer) {
    this.x = x;
    this.shape = network.input();
    this.normalisation = network.normalisation();
    this.layer = layer;
    boolean isVector = shape.area() == shape.width() && shape.channels() == 1;
    boolean fits =
        x.rank() == 4
            ? !isVector
                && x.size(1) == shape.channels()
                && x.size(2) == shape.height()
                && x.size(3) == shape.width()
            : x.rank() == 2 && x.size(1) == shape.size();
    if (!fits) {
      throw new DL4JInvalidInputException(
          "Input of shape "
              + Arrays.toString(x.shape())
              + ": expected [examples, "
              + shape.size()
              + "]"
              + (isVector ? "" : " or [examples, " + image() + "]")
              + " "
              + layer);
    }
  }

  private String image() {
    return shape.channels() + ", " + shape.height() + ", " + shape.width();
  }

  /**
   * Returns a copy of s_0 [B × n_0].
   *
   * @param type data type to compute in, {@link DataType#FLOAT} or {@link DataType#DOUBLE}
   * @throws DL4JInvalidInputException if x has values that are not in [0, 1]
   */
  INDArray states(DataType type) {
    float[] values = Floats.of(x);
    requireIntensities(values);
    long batch = x.size(0);
    if (type == DataType.FLOAT) { // exactly as a run normalises the same example
      for (int at = 0; at < values.length; at += shape.size()) {
        normalisation.apply(values, at, shape);
      }
      return Floats.array(values, batch, shape.size());
    }
    INDArray states = x.castTo(type).dup('c');
    for (int c = 0; c < shape.channels() && !normalisation.isNone(); c++) {
      channel(states, c).subi(normalisation.mean(c)).divi(normalisation.deviation(c));
    }
    return states.reshape('c', batch, shape.size());
  }

  private void requireIntensities(float[] values) {
    float least = 0;
    float most = 0;
    for (float value : values) {
      least = Math.min(least, value); // NaN stays
      most = Math.max(most, value);
    }
    if (!(least >= 0 && most <= 1)) {
      throw new DL4JInvalidInputException(
          "Input with values from "
              + least
              + " to "
              + most
              + ": expected [0, 1]; scale pixels with new ImagePreProcessingScaler(0, 1) "
              + layer);
    }
  }

  /**
   * Returns the gradient with respect to x, in the shape of x.
   *
   * @param byStates ∂C/∂s_0 [B × n_0]; modified if inputs are normalised; the result may share its
   *     memory
   */
  INDArray gradient(INDArray byStates) {
    if (x.rank() == 2 && normalisation.deviation().isEmpty()) {
      return byStates;
    }
    INDArray rowMajor = byStates.dup('c');
    byStates.close();
    for (int c = 0; c < shape.channels() && !normalisation.deviation().isEmpty(); c++) {
      channel(rowMajor, c).divi(normalisation.deviation(c));
    }
    return rowMajor.reshape('c', x.shape());
  }

  /** Returns a live view of a channel of all examples. */
  private INDArray channel(INDArray rowMajor, int c) {
    return rowMajor
        .reshape('c', x.size(0), shape.channels(), shape.area())
        .get(NDArrayIndex.all(), NDArrayIndex.point(c), NDArrayIndex.all());
  }
}
