package org.eqprop.data;

import java.io.Serializable;

/**
 * The shape of an example: channels × height × width, row-major in this order. A grey image has one
 * channel; a plain vector of n values is 1 × 1 × n.
 *
 * @param channels ≥ 1
 * @param height ≥ 1
 * @param width ≥ 1
 */
public record Shape(int channels, int height, int width) implements Serializable {

  /**
   * @throws IllegalArgumentException if a dimension is below 1
   */
  public Shape {
    if (channels < 1 || height < 1 || width < 1) {
      throw new IllegalArgumentException(
          channels + " × " + height + " × " + width + ": expected dimensions of at least 1");
    }
  }

  /** Returns the shape of a grey image. */
  public static Shape image(int height, int width) {
    return new Shape(1, height, width);
  }

  /** Returns the shape of a plain vector of n values. */
  public static Shape vector(int n) {
    return new Shape(1, 1, n);
  }

  /** Returns channels · height · width, which may be more than an array can hold. */
  public long count() {
    return Math.multiplyExact((long) channels * height, width);
  }

  /**
   * Returns channels · height · width.
   *
   * @throws ArithmeticException if it is above 2³¹ − 1
   */
  public int size() {
    return Math.toIntExact(count());
  }

  /**
   * Returns whether there are several channels of several positions each, so that the order of the
   * values matters.
   */
  public boolean isSpatial() {
    return channels > 1 && area() > 1;
  }

  /** Returns height · width, the number of positions per channel. */
  public int area() {
    return Math.multiplyExact(height, width);
  }

  /** Returns «28 × 28», or «3 × 32 × 32» if there are several channels. */
  @Override
  public String toString() {
    String area = height + " × " + width;
    return channels == 1 ? area : channels + " × " + area;
  }
}
