package org.eqprop.data;

import java.io.Serializable;
import java.util.stream.IntStream;
import org.eqprop.base.Slice;

/**
 * Labelled examples in memory, numbered from 0, all of the same shape. Immutable, so threads can
 * share them.
 */
public sealed interface Examples extends Serializable
    permits ByteExamples, FloatExamples, AugmentedExamples, WeightedExamples {

  /** Returns the shape of every example. */
  Shape shape();

  /** Returns the number of examples. */
  int size();

  /** Returns the class of example {@code i}, ≥ 0. */
  int label(int i);

  /** Returns whether examples have individual weights, see {@link #weight}. */
  default boolean isWeighted() {
    return false;
  }

  /**
   * Returns the weight w_i by which training multiplies the gradient of example {@code i}; ≥ 0, and
   * 1 unless {@link #isWeighted}.
   */
  default float weight(int i) {
    return 1;
  }

  /**
   * Copies example {@code i}, before a network's {@link Normalisation}.
   *
   * @param target receives as many elements as the shape has, from {@code at} on
   */
  void copyTo(int i, float[] target, int at);

  /**
   * Returns a copy of single examples.
   *
   * @param indices which examples, in any order, possibly repeated
   */
  Examples pick(int... indices);

  /** Returns the statistics of the values. */
  InputStatistics statistics();

  /** Returns a copy of consecutive examples. */
  default Examples slice(Slice slice) {
    return pick(IntStream.range(slice.from(), slice.to()).toArray());
  }

  /** Returns example {@code i} as {@link #copyTo} copies it, [channels · height · width]. */
  default float[] values(int i) {
    float[] values = new float[shape().size()];
    copyTo(i, values, 0);
    return values;
  }

  /**
   * Returns example {@code i} as a picture, unsigned 0…255, with values outside [0, 1] clipped. An
   * example with three channels, taken as red, green and blue, gives [3 · height · width]; any
   * other gives a grey picture, [height · width], the mean over the channels.
   */
  default byte[] picture(int i) {
    float[] values = values(i);
    int mixed = shape().channels() == 3 ? 1 : shape().channels();
    byte[] picture = new byte[values.length / mixed];
    for (int j = 0; j < picture.length; j++) {
      float sum = 0;
      for (int c = 0; c < mixed; c++) {
        sum += values[j + c * picture.length];
      }
      picture[j] = (byte) Math.round(255 * Math.min(1, Math.max(0, sum / mixed)));
    }
    return picture;
  }

  /** Returns the number of examples per class: [classes], from class 0 to the largest label. */
  default int[] classCounts() {
    int[] counts = new int[IntStream.range(0, size()).map(this::label).max().orElse(-1) + 1];
    for (int i = 0; i < size(); i++) {
      counts[label(i)]++;
    }
    return counts;
  }
}
