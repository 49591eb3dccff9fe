package org.eqprop.dl4j;

import java.util.Arrays;
import org.deeplearning4j.exception.DL4JInvalidInputException;
import org.eqprop.network.Floats;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Reads one-hot labels [B × classes]: each row has one 1 and otherwise 0. */
final class OneHotLabels {
  private OneHotLabels() {}

  /**
   * Returns the class of each example [B].
   *
   * @param labels not modified
   * @param examples B
   * @param layer name of the layer in messages
   * @throws DL4JInvalidInputException if they have another shape, or are not one-hot
   */
  static int[] classes(INDArray labels, long examples, int outputs, String layer) {
    if (labels.rank() != 2 || labels.size(0) != examples || labels.size(1) != outputs) {
      throw new DL4JInvalidInputException(
          "Labels of shape "
              + Arrays.toString(labels.shape())
              + ": expected ["
              + examples
              + ", "
              + outputs
              + "], one-hot "
              + layer);
    }
    float[] values = Floats.of(labels);
    int[] classes = new int[values.length / outputs];
    for (int i = 0; i < classes.length; i++) {
      classes[i] = hot(values, i * outputs, outputs);
      if (classes[i] < 0) {
        throw new DL4JInvalidInputException(
            "Labels of example "
                + i
                + ": "
                + Arrays.toString(Arrays.copyOfRange(values, i * outputs, (i + 1) * outputs))
                + ": expected one 1 and otherwise 0 "
                + layer);
      }
    }
    return classes;
  }

  /** Returns the position of the 1; negative if the row is not one-hot. */
  private static int hot(float[] values, int from, int count) {
    int hot = -1;
    for (int c = 0; c < count; c++) {
      float value = values[from + c];
      boolean one = value == 1;
      if (!(one || value == 0) || (one && hot >= 0)) {
        return -1;
      }
      if (one) {
        hot = c;
      }
    }
    return hot;
  }
}
