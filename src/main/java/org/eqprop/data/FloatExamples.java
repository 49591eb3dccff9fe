package org.eqprop.data;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.eqprop.base.InputException;

/**
 * Examples of real numbers, such as features. Each value takes four bytes and is used unchanged.
 */
public final class FloatExamples implements Examples {
  private static final long serialVersionUID = 1L;

  private final float[] values;
  private final int[] labels;
  private final Shape shape;

  /**
   * Wraps the arrays; they are not copied.
   *
   * @param values [n · channels · height · width], example after example
   * @param labels [n], class numbers from 0
   * @param shape of each example
   * @throws InputException if a value is not a finite number, or a label is below 0
   * @throws IllegalArgumentException if the array sizes do not match
   */
  public FloatExamples(float[] values, int[] labels, Shape shape) {
    this(values, labels, shape, "examples", 0);
  }

  /**
   * Wraps the arrays of a slice of a source; they are not copied.
   *
   * @param values [n · channels · height · width], example after example
   * @param labels [n], class numbers from 0
   * @param shape of each example
   * @param source name of the source, for messages
   * @param first index of the first example within the source, for messages
   * @throws InputException if a value is not a finite number, or a label is below 0
   * @throws IllegalArgumentException if the array sizes do not match
   */
  public FloatExamples(float[] values, int[] labels, Shape shape, String source, int first) {
    if (labels.length * shape.count() != values.length) {
      throw new IllegalArgumentException(
          values.length + " values for " + labels.length + " examples of " + shape);
    }
    this.values = values;
    this.labels = labels;
    this.shape = shape;
    check(source, first);
  }

  private void check(String source, int first) {
    int n = shape.size();
    for (int at = 0; at < values.length; at++) {
      if (!Float.isFinite(values[at])) {
        throw new InputException(
            String.format(
                Locale.ROOT,
                "%s: value %d of example %d is %s: expected a finite number",
                source,
                at % n,
                first + at / n,
                values[at]));
      }
    }
    for (int i = 0; i < labels.length; i++) {
      if (labels[i] < 0) {
        throw new InputException(
            String.format(
                Locale.ROOT,
                "%s: label %d of example %d: expected 0 or more",
                source,
                labels[i],
                first + i));
      }
    }
  }

  /**
   * Returns a copy of several sets of examples, one after the other, with their weights if they
   * have any.
   *
   * @param parts at least one; all with the same number of values per example, and either all
   *     weighted or none
   * @param shape of each example, with that number of values
   * @param factor by which the weights are multiplied
   */
  public static Examples joined(List<Examples> parts, Shape shape, float factor) {
    int n = shape.size();
    int size = parts.stream().mapToInt(Examples::size).sum();
    float[] values = new float[Math.multiplyExact(size, n)];
    int[] labels = new int[size];
    float[] weights = new float[size];
    int at = 0;
    for (Examples part : parts) {
      for (int i = 0; i < part.size(); i++) {
        part.copyTo(i, values, at * n);
        labels[at] = part.label(i);
        weights[at++] = factor * part.weight(i);
      }
    }
    Examples all = new FloatExamples(values, labels, shape);
    return parts.get(0).isWeighted() ? new WeightedExamples(all, weights) : all;
  }

  @Override
  public Shape shape() {
    return shape;
  }

  @Override
  public int size() {
    return labels.length;
  }

  @Override
  public int label(int i) {
    return labels[i];
  }

  @Override
  public void copyTo(int i, float[] target, int at) {
    int n = shape.size();
    System.arraycopy(values, i * n, target, at, n);
  }

  @Override
  public FloatExamples pick(int... indices) {
    return copied(this, indices);
  }

  /** Returns a copy of single examples, as {@link #copyTo} copies them. */
  static FloatExamples copied(Examples examples, int... indices) {
    int n = examples.shape().size();
    float[] values = new float[Math.multiplyExact(indices.length, n)];
    int[] classes = new int[indices.length];
    for (int i = 0; i < indices.length; i++) {
      examples.copyTo(indices[i], values, i * n);
      classes[i] = examples.label(indices[i]);
    }
    return new FloatExamples(values, classes, examples.shape());
  }

  @Override
  public InputStatistics statistics() {
    if (size() == 0) {
      return InputStatistics.none();
    }
    int n = shape.size();
    int area = shape.area();
    double[] sums = new double[n];
    double[] squares = new double[shape.channels()];
    long[][] counts = new long[squares.length][InputStatistics.LEVELS];
    boolean constant = true;
    for (int at = 0; at < values.length; at += n) {
      for (int c = 0; c < squares.length; c++) {
        double sum = squares[c];
        for (int j = c * area; j < (c + 1) * area; j++) {
          double value = values[at + j];
          sums[j] += value;
          counts[c][level(value)]++;
          sum += value * value;
        }
        squares[c] = sum;
      }
      constant = constant && Arrays.equals(values, 0, n, values, at, at + n);
    }
    return new InputStatistics(size(), 1, sums, squares, counts, constant ? values(0) : null);
  }

  private static int level(double value) {
    int last = InputStatistics.LEVELS - 1;
    return (int) Math.max(0, Math.min(last, Math.rint(last * value)));
  }
}
