package org.eqprop.data;

import java.util.Arrays;

/**
 * Examples of unsigned bytes, such as images. Each value takes one byte of memory; 0…255 represent
 * the values 0…1.
 */
public final class ByteExamples implements Examples {
  private static final long serialVersionUID = 1L;

  private static final float WHITE = 255;
  private static final float[] INTENSITY = new float[256];

  static {
    for (int i = 0; i < INTENSITY.length; i++) {
      INTENSITY[i] = i / WHITE;
    }
  }

  /** An empty set of examples. */
  public static final ByteExamples NONE =
      new ByteExamples(new byte[0], new byte[0], Shape.vector(1));

  private final byte[] pixels;
  private final byte[] labels;
  private final Shape shape;

  /**
   * Wraps the arrays; they are not copied.
   *
   * @param pixels [n · channels · height · width], example after example; unsigned 0…255
   * @param labels [n], unsigned class numbers
   * @param shape of each example
   * @throws IllegalArgumentException if the array sizes do not match
   */
  public ByteExamples(byte[] pixels, byte[] labels, Shape shape) {
    if (labels.length * shape.count() != pixels.length) {
      throw new IllegalArgumentException(
          pixels.length + " pixels for " + labels.length + " images of " + shape);
    }
    this.pixels = pixels;
    this.labels = labels;
    this.shape = shape;
  }

  /**
   * Returns the pixels [n · channels · height · width], unsigned 0…255; callers must not modify
   * them.
   */
  public byte[] pixels() {
    return pixels;
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
    return labels[i] & 0xff;
  }

  @Override
  public void copyTo(int i, float[] target, int at) {
    int n = shape.size();
    int from = i * n;
    for (int j = 0; j < n; j++) {
      target[at + j] = INTENSITY[pixels[from + j] & 0xff];
    }
  }

  @Override
  public ByteExamples pick(int... indices) {
    int n = shape.size();
    byte[] picked = new byte[Math.multiplyExact(indices.length, n)];
    byte[] classes = new byte[indices.length];
    for (int i = 0; i < indices.length; i++) {
      System.arraycopy(pixels, indices[i] * n, picked, i * n, n);
      classes[i] = labels[indices[i]];
    }
    return new ByteExamples(picked, classes, shape);
  }

  @Override
  public InputStatistics statistics() {
    if (size() == 0) {
      return InputStatistics.none();
    }
    int n = shape.size();
    int area = shape.area();
    long[] sums = new long[n];
    long[] squares = new long[shape.channels()];
    long[][] counts = new long[squares.length][InputStatistics.LEVELS];
    boolean constant = true;
    for (int at = 0; at < pixels.length; at += n) {
      for (int c = 0; c < squares.length; c++) {
        long sum = squares[c];
        for (int j = c * area; j < (c + 1) * area; j++) {
          int value = pixels[at + j] & 0xff;
          sums[j] += value;
          counts[c][value]++;
          sum += (long) value * value;
        }
        squares[c] = sum;
      }
      constant = constant && Arrays.equals(pixels, 0, n, pixels, at, at + n);
    }
    return new InputStatistics(
        size(),
        WHITE,
        Arrays.stream(sums).asDoubleStream().toArray(),
        Arrays.stream(squares).asDoubleStream().toArray(),
        counts,
        constant ? values(0) : null);
  }
}
