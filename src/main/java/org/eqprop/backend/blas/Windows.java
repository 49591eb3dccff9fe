package org.eqprop.backend.blas;

import java.nio.FloatBuffer;
import java.util.Arrays;
import org.eqprop.data.Shape;

/**
 * The windows that a kernel visits as it slides over an example of height × width × channels. A
 * window consists of side runs of side·channels values. Copies values between windows and examples,
 * for one example at a time.
 */
final class Windows {
  private final Shape shape;
  private final int padding;
  private final int run;
  private final int line;
  private final int runs;
  private final int[] origins;
  private final float[] padded;
  private final float[] sum;
  private final float[] moved;
  private float[] states = {};
  private int base;

  /**
   * @param shape of an example
   * @param padding zeros around it
   * @param side of a window
   * @param stride the distance between windows
   * @param down the number of windows below each other
   * @param across the number of windows side by side
   */
  Windows(Shape shape, int padding, int side, int stride, int down, int across) {
    this.shape = shape;
    this.padding = padding;
    this.run = side * shape.channels();
    this.line = (shape.width() + 2 * padding) * shape.channels();
    this.runs = side;
    this.origins = new int[down * across];
    for (int i = 0; i < origins.length; i++) {
      origins[i] = i / across * stride * line + i % across * stride * shape.channels();
    }
    this.padded = new float[(shape.height() + 2 * padding) * line];
    this.sum = new float[padded.length];
    this.moved = new float[padded.length];
  }

  /** Returns the number of windows. */
  int count() {
    return origins.length;
  }

  /**
   * Selects the example that windows are copied from.
   *
   * @param batch must not be modified until the next call
   * @param at where the example starts
   */
  void open(float[] batch, int at) {
    states = batch;
    base = at;
    if (padding > 0) {
      states = padded;
      base = 0;
      int width = shape.width() * shape.channels();
      for (int y = 0; y < shape.height(); y++) {
        int to = (y + padding) * line + padding * shape.channels();
        System.arraycopy(batch, at + y * width, padded, to, width);
      }
    }
  }

  /** Copies all windows of the example, one after the other. */
  void copyAll(FloatBuffer into, int at) {
    int to = at;
    for (int origin : origins) {
      for (int r = 0; r < runs; r++) {
        into.put(to, states, base + origin + r * line, run);
        to += run;
      }
    }
  }

  /** Copies one window of the example. */
  void copy(int window, float[] into) {
    for (int r = 0; r < runs; r++) {
      System.arraycopy(states, base + origins[window] + r * line, into, r * run, run);
    }
  }

  /** Starts a sum of windows. */
  void clear() {
    Arrays.fill(sum, 0);
  }

  /** Adds values to the sum at the place of a window. */
  void add(int window, float[] values) {
    for (int r = 0; r < runs; r++) {
      int at = origins[window] + r * line;
      System.arraycopy(values, r * run, moved, at, run);
      FusedLoops.add(sum, moved, at, at + run);
    }
  }

  /**
   * Copies the sum to an example, or adds it.
   *
   * @param batch modified at the example
   * @param at where the example starts
   */
  void close(float[] batch, int at, boolean add) {
    int width = shape.width() * shape.channels();
    for (int y = 0; y < shape.height(); y++) {
      int from = (y + padding) * line + padding * shape.channels();
      int to = at + y * width;
      if (add) {
        System.arraycopy(batch, to, moved, from, width);
        FusedLoops.add(sum, moved, from, from + width);
      }
      System.arraycopy(sum, from, batch, to, width);
    }
  }
}
