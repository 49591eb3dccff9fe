package org.eqprop.data;

import java.io.Serializable;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What the inputs x of a set of examples add up to. Sums over bytes are whole numbers, exact below
 * 2⁵³, so they do not depend on how the set is partitioned; sums over floats may, in their last
 * bits. Immutable.
 */
public final class InputStatistics implements Serializable {
  private static final long serialVersionUID = 1L;

  private static final InputStatistics NONE =
      new InputStatistics(0, 1, new double[0], 0, new float[0]);

  private final long examples;
  private final double scale;
  private final double[] sums;
  private final double squares;
  private final float @Nullable [] constant;

  /**
   * @param examples how many
   * @param scale c: what is added up is c·x, such as 255 for whole numbers 0…255
   * @param sums Σ c·x over the examples, for each position [n_0]; not copied
   * @param squares Σ (c·x)² over all positions and examples
   * @param constant x [n_0] if it is that of every example, else null; not copied
   */
  InputStatistics(
      long examples, double scale, double[] sums, double squares, float @Nullable [] constant) {
    this.examples = examples;
    this.scale = scale;
    this.sums = sums;
    this.squares = squares;
    this.constant = constant;
  }

  /** Returns the statistics of no examples, the neutral element of {@link #plus}. */
  public static InputStatistics none() {
    return NONE;
  }

  /**
   * Returns the statistics of both sets of examples.
   *
   * @param other of examples of the same size
   */
  public InputStatistics plus(InputStatistics other) {
    if (examples == 0 || other.examples == 0) {
      return examples == 0 ? other : this;
    }
    if (scale != other.scale) {
      return unscaled().plus(other.unscaled());
    }
    double[] both = sums.clone();
    for (int i = 0; i < both.length; i++) {
      both[i] += other.sums[i];
    }
    return new InputStatistics(
        examples + other.examples,
        scale,
        both,
        squares + other.squares,
        Arrays.equals(constant, other.constant) ? constant : null);
  }

  private InputStatistics unscaled() {
    double[] plain = Arrays.stream(sums).map(sum -> sum / scale).toArray();
    return new InputStatistics(examples, 1, plain, squares / (scale * scale), constant);
  }

  /** Returns the mean input m = mean x [n_0]. */
  public float[] mean() {
    float[] mean = new float[sums.length];
    for (int i = 0; i < mean.length; i++) {
      mean[i] = (float) mean(i);
    }
    return mean;
  }

  private double mean(int i) {
    return sums[i] / (scale * examples);
  }

  /** Returns the mean of x over all positions and examples; 0 of no examples. */
  public double meanPixel() {
    double sum = 0;
    for (int i = 0; i < sums.length; i++) {
      sum += mean(i);
    }
    return sums.length == 0 ? 0 : sum / sums.length;
  }

  /** Returns the mean over the examples of ‖x‖²; 0 of no examples. */
  public double energy() {
    return examples == 0 ? 0 : squares / (scale * scale * examples);
  }

  /** Returns ‖m‖², which is what all examples have in common. */
  public double commonEnergy() {
    double energy = 0;
    for (int i = 0; i < sums.length; i++) {
      energy += mean(i) * mean(i);
    }
    return energy;
  }

  /** Returns whether all examples have the same inputs. */
  public boolean isConstant() {
    return constant != null;
  }
}
