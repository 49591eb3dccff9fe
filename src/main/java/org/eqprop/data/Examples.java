package org.eqprop.data;

import java.io.Serializable;
import java.util.stream.IntStream;
import org.eqprop.base.Slice;

/**
 * Labelled examples in memory, numbered from 0, all of one shape. Nothing changes them once they
 * are made, so threads share them.
 */
public sealed interface Examples extends Serializable
    permits ByteExamples, FloatExamples, AugmentedExamples, WeightedExamples {

  /** Returns the shape of every example. */
  Shape shape();

  /** Returns the number of examples. */
  int size();

  /** Returns the class of example {@code i}, ≥ 0. */
  int label(int i);

  /** Returns whether {@link #weight} tells examples apart. */
  default boolean isWeighted() {
    return false;
  }

  /**
   * Returns w_i, by which the gradient of example {@code i} is multiplied in training; ≥ 0, and 1
   * unless {@link #isWeighted}.
   */
  default float weight(int i) {
    return 1;
  }

  /**
   * Copies example {@code i}; a network's {@link Normalisation} comes after it.
   *
   * @param target its elements from {@code at} on are modified, as many as the shape has
   */
  void copyTo(int i, float[] target, int at);

  /**
   * Returns a copy of single examples.
   *
   * @param indices which, in any order, possibly repeated
   */
  Examples pick(int... indices);

  /** Returns what the values add up to. */
  InputStatistics statistics();

  /** Returns a copy of consecutive examples. */
  default Examples slice(Slice slice) {
    return pick(IntStream.range(slice.from(), slice.to()).toArray());
  }

  /** Returns example {@code i} as {@link #copyTo} gives it, [channels · height · width]. */
  default float[] values(int i) {
    float[] values = new float[shape().size()];
    copyTo(i, values, 0);
    return values;
  }

  /**
   * Returns example {@code i} as a picture, unsigned 0…255, values outside [0, 1] cut off: [3 ·
   * height · width] of an example of three channels, which are red, green and blue; and otherwise
   * grey, [height · width], the mean over the channels.
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

  /** Returns how many examples each class has: [classes], classes from 0 to the largest label. */
  default int[] classCounts() {
    int[] counts = new int[IntStream.range(0, size()).map(this::label).max().orElse(-1) + 1];
    for (int i = 0; i < size(); i++) {
      counts[label(i)]++;
    }
    return counts;
  }
}
