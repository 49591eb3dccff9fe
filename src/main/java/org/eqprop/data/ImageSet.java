package org.eqprop.data;

import java.io.Serializable;
import java.util.Arrays;

/**
 * Labelled grey images held as they are on disk, one byte a pixel. Nothing in this project writes
 * to the arrays once they are here.
 */
public final class ImageSet implements Serializable {
  private static final long serialVersionUID = 1L;

  private static final float[] INTENSITY = new float[256];

  static {
    for (int i = 0; i < INTENSITY.length; i++) {
      INTENSITY[i] = i / 255f;
    }
  }

  /** No images at all. */
  static final ImageSet EMPTY = new ImageSet(new byte[0], new byte[0], 0, 0);

  private final byte[] pixels;
  private final byte[] labels;
  private final int rows;
  private final int columns;

  /**
   * Wraps the arrays; they are not copied.
   *
   * @param pixels [n · rows · columns], image after image, row-major; unsigned 0…255
   * @param labels [n], unsigned class numbers
   * @param rows height in pixels
   * @param columns width in pixels
   * @throws IllegalArgumentException if the array sizes do not fit together
   */
  public ImageSet(byte[] pixels, byte[] labels, int rows, int columns) {
    if ((long) labels.length * rows * columns != pixels.length) {
      throw new IllegalArgumentException(
          pixels.length + " pixels for " + labels.length + " images of " + rows + " × " + columns);
    }
    this.pixels = pixels;
    this.labels = labels;
    this.rows = rows;
    this.columns = columns;
  }

  /** Returns the pixels [n · rows · columns], unsigned 0…255; not to be modified. */
  public byte[] pixels() {
    return pixels;
  }

  /** Returns pixel {@code j} of image {@code i} as the network sees it, in [0, 1]. */
  public float intensity(int i, int j) {
    return INTENSITY[pixels[i * rows * columns + j] & 0xff];
  }

  /**
   * Copies image {@code i} as the network sees it.
   *
   * @param target its elements from {@code at} on are modified
   */
  public void copyIntensities(int i, float[] target, int at) {
    int n = rows * columns;
    int from = i * n;
    for (int j = 0; j < n; j++) {
      target[at + j] = INTENSITY[pixels[from + j] & 0xff];
    }
  }

  /** Returns the height in pixels. */
  public int rows() {
    return rows;
  }

  /** Returns the width in pixels. */
  public int columns() {
    return columns;
  }

  /** Returns the number of images. */
  public int size() {
    return labels.length;
  }

  /** Returns the number of pixels an image. */
  public int pixelsPerImage() {
    return rows * columns;
  }

  /** Returns the class of image {@code i}. */
  public int label(int i) {
    return labels[i] & 0xff;
  }

  /** Returns what the pixels add up to. */
  public InputStatistics statistics() {
    int inputs = pixelsPerImage();
    long[] sums = new long[inputs];
    long squares = 0;
    for (int at = 0; at < pixels.length; at += inputs) {
      for (int j = 0; j < inputs; j++) {
        int value = pixels[at + j] & 0xff;
        sums[j] += value;
        squares += (long) value * value;
      }
    }
    return new InputStatistics(size(), sums, squares);
  }

  /** Returns how many images each class has: [classes], classes from 0 to the largest label. */
  public int[] classCounts() {
    int[] counts = new int[256];
    for (byte label : labels) {
      counts[label & 0xff]++;
    }
    int classes = 256;
    while (classes > 0 && counts[classes - 1] == 0) {
      classes--;
    }
    return Arrays.copyOf(counts, classes);
  }
}
