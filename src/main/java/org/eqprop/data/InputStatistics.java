package org.eqprop.data;

import java.io.Serializable;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Statistics of the inputs x of a set of examples: sums, sums of squares and histograms. Sums over
 * bytes are whole numbers, exact below 2⁵³, so they do not depend on how the set is partitioned;
 * sums over floats may, in their last bits. Immutable.
 */
public final class InputStatistics implements Serializable {
  /** Number of values of x that the median distinguishes. */
  static final int LEVELS = 256;

  private static final long serialVersionUID = 1L;

  private static final InputStatistics NONE =
      new InputStatistics(0, 1, new double[0], new double[0], new long[0][], new float[0]);

  private final long examples;
  private final double scale;
  private final double[] sums;
  private final double[] squares;
  private final long[][] counts;
  private final float @Nullable [] constant;

  /**
   * @param examples number of examples
   * @param scale factor c of the summed values c·x, such as 255 for whole numbers 0…255
   * @param sums Σ c·x over the examples, for each position [n_0]; not copied
   * @param squares Σ (c·x)² over the positions and examples, for each channel; not copied
   * @param counts for each channel, the number of values nearest to 0, 1/255, … 1 [256]; not copied
   * @param constant x [n_0] if all examples have the same x, else null; not copied
   */
  InputStatistics(
      long examples,
      double scale,
      double[] sums,
      double[] squares,
      long[][] counts,
      float @Nullable [] constant) {
    this.examples = examples;
    this.scale = scale;
    this.sums = sums;
    this.squares = squares;
    this.counts = counts;
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
    return new InputStatistics(
        examples + other.examples,
        scale,
        sum(sums, other.sums),
        sum(squares, other.squares),
        sum(counts, other.counts),
        Arrays.equals(constant, other.constant) ? constant : null);
  }

  private static double[] sum(double[] a, double[] b) {
    double[] both = a.clone();
    for (int i = 0; i < both.length; i++) {
      both[i] += b[i];
    }
    return both;
  }

  private static long[][] sum(long[][] a, long[][] b) {
    long[][] both = new long[a.length][];
    for (int c = 0; c < both.length; c++) {
      both[c] = a[c].clone();
      for (int i = 0; i < both[c].length; i++) {
        both[c][i] += b[c][i];
      }
    }
    return both;
  }

  private InputStatistics unscaled() {
    double[] plain = Arrays.stream(sums).map(sum -> sum / scale).toArray();
    double[] plainSquares = Arrays.stream(squares).map(sum -> sum / (scale * scale)).toArray();
    return new InputStatistics(examples, 1, plain, plainSquares, counts, constant);
  }

  /**
   * Returns the statistics of the normalised examples, which have no median.
   *
   * @param normalisation with a number for each channel, or one for all
   */
  public InputStatistics normalised(Normalisation normalisation) {
    if (normalisation.isNone() || examples == 0) {
      return this;
    }
    InputStatistics plain = unscaled();
    double[] newSums = plain.sums.clone();
    double[] newSquares = plain.squares.clone();
    int area = area();
    for (int c = 0; c < squares.length; c++) {
      double m = normalisation.mean(c);
      double d = normalisation.deviation(c);
      double sum = 0;
      for (int i = c * area; i < (c + 1) * area; i++) {
        sum += plain.sums[i];
        newSums[i] = (plain.sums[i] - examples * m) / d;
      }
      newSquares[c] = (plain.squares[c] - 2 * m * sum + (double) examples * area * m * m) / (d * d);
    }
    float[] same = constant == null ? null : constant.clone();
    if (same != null) {
      int channels = Math.max(normalisation.mean().size(), normalisation.deviation().size());
      normalisation.apply(same, 0, new Shape(channels, 1, same.length / channels));
    }
    return new InputStatistics(examples, 1, newSums, newSquares, new long[0][], same);
  }

  /** Returns height · width. */
  private int area() {
    return sums.length / squares.length;
  }

  /**
   * Returns the mean of x over the positions of a channel.
   *
   * @param channel 0 … channels−1
   * @param channels the number of channels of the examples, or 1 for all channels together
   */
  double channelMean(int channel, int channels) {
    int places = sums.length / channels;
    double sum = 0;
    for (int i = channel * places; i < (channel + 1) * places; i++) {
      sum += sums[i];
    }
    return sum / (scale * examples * places);
  }

  /**
   * Returns the standard deviation of x over the positions of a channel: √(mean x² − (mean x)²).
   *
   * @param channel 0 … channels−1
   * @param channels the number of channels of the examples, or 1 for all channels together
   */
  double channelDeviation(int channel, int channels) {
    double sum = channels == 1 ? Arrays.stream(squares).sum() : squares[channel];
    int places = sums.length / channels;
    double mean = channelMean(channel, channels);
    return Math.sqrt(Math.max(0, sum / (scale * scale * examples * places) - mean * mean));
  }

  /**
   * Returns the median of x over the positions of a channel, the lower of two, to a precision of
   * 1/255; values outside [0, 1] are clipped.
   *
   * @param channel 0 … channels−1
   * @param channels the number of channels of the examples, or 1 for all channels together
   */
  double channelMedian(int channel, int channels) {
    long[] count = channels == 1 ? new long[LEVELS] : counts[channel];
    for (int c = 0; c < counts.length && channels == 1; c++) {
      for (int i = 0; i < LEVELS; i++) {
        count[i] += counts[c][i];
      }
    }
    long half = (Arrays.stream(count).sum() + 1) / 2;
    int level = 0;
    for (long below = count[0]; below < half; below += count[level]) {
      level++;
    }
    return level / (LEVELS - 1.0);
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

  /** Returns the mean of x over all positions and examples; 0 without examples. */
  public double meanPixel() {
    double sum = 0;
    for (int i = 0; i < sums.length; i++) {
      sum += mean(i);
    }
    return sums.length == 0 ? 0 : sum / sums.length;
  }

  /** Returns the mean over the examples of ‖x‖²; 0 without examples. */
  public double energy() {
    return examples == 0 ? 0 : Arrays.stream(squares).sum() / (scale * scale * examples);
  }

  /** Returns ‖m‖², the energy that all examples have in common. */
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
