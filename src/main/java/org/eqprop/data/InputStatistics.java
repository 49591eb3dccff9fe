package org.eqprop.data;

import java.io.Serializable;
import java.math.BigInteger;

/**
 * What the pixels p = 0 … 255 of a set of images add up to. The sums are of whole numbers, so they
 * do not depend on how the set is partitioned. Immutable.
 */
public final class InputStatistics implements Serializable {
  private static final long serialVersionUID = 1L;

  private static final double WHITE = 255;

  private final long images;
  private final long[] sums;
  private final long squares;

  /**
   * @param images how many
   * @param sums Σ p over the images, for each position [n_0]; not copied
   * @param squares Σ p² over all positions and images
   */
  public InputStatistics(long images, long[] sums, long squares) {
    this.images = images;
    this.sums = sums;
    this.squares = squares;
  }

  /** Returns the statistics of no images, the neutral element of {@link #plus}. */
  public static InputStatistics none() {
    return new InputStatistics(0, new long[0], 0);
  }

  /**
   * Returns the statistics of both sets of images.
   *
   * @param other of images of the same size
   */
  public InputStatistics plus(InputStatistics other) {
    if (images == 0 || other.images == 0) {
      return images == 0 ? other : this;
    }
    long[] both = sums.clone();
    for (int i = 0; i < both.length; i++) {
      both[i] += other.sums[i];
    }
    return new InputStatistics(images + other.images, both, squares + other.squares);
  }

  /** Returns the mean input m = mean x [n_0], x = p/255. */
  public float[] mean() {
    float[] mean = new float[sums.length];
    for (int i = 0; i < mean.length; i++) {
      mean[i] = (float) mean(i);
    }
    return mean;
  }

  private double mean(int i) {
    return sums[i] / (WHITE * images);
  }

  /** Returns the mean of x over all positions and images, in [0, 1]; 0 of no images. */
  public double meanPixel() {
    double sum = 0;
    for (int i = 0; i < sums.length; i++) {
      sum += mean(i);
    }
    return sums.length == 0 ? 0 : sum / sums.length;
  }

  /** Returns the mean over the images of ‖x‖²; 0 of no images. */
  public double energy() {
    return images == 0 ? 0 : squares / (WHITE * WHITE * images);
  }

  /** Returns ‖m‖², which is what all images have in common. */
  public double commonEnergy() {
    double energy = 0;
    for (int i = 0; i < sums.length; i++) {
      energy += mean(i) * mean(i);
    }
    return energy;
  }

  /** Returns whether all images are the same. */
  public boolean isConstant() {
    // Σ p² = Σ_i (Σ p_i)² / images, and never less
    BigInteger same = BigInteger.ZERO;
    for (long sum : sums) {
      same = same.add(BigInteger.valueOf(sum).pow(2));
    }
    return same.equals(BigInteger.valueOf(squares).multiply(BigInteger.valueOf(images)));
  }
}
