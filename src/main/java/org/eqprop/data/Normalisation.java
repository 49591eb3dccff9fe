package org.eqprop.data;

import java.io.Serializable;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import org.eqprop.base.InvalidValueException;

/**
 * The normalisation of an example before it is clamped: x_c = (pixel_c − mean_c)/deviation_c for
 * each channel c, computed in float32.
 *
 * @param mean one number per channel; empty: 0; {@link #AUTO}, {@link #MEDIAN}: not measured yet
 * @param deviation one number above 0 per channel; empty: 1; {@link #AUTO}: not measured yet
 */
public record Normalisation(List<Double> mean, List<Double> deviation) implements Serializable {
  /** The key of {@link #mean}. */
  public static final String MEAN_KEY = "network.mean";

  /** The key of {@link #deviation}. */
  public static final String DEVIATION_KEY = "network.deviation";

  /** Placeholder for the numbers of the training images until they are measured. */
  public static final List<Double> AUTO = List.of(Double.NaN);

  /** Placeholder for the medians of the training images until they are measured. */
  public static final List<Double> MEDIAN = List.of(Double.POSITIVE_INFINITY);

  /** Leaves examples unchanged. */
  public static final Normalisation NONE = new Normalisation(List.of(), List.of());

  private static final long serialVersionUID = 1L;

  /** A deviation below this fraction of the root mean square is only rounding error. */
  private static final double CONSTANT = 1e-6;

  /** Rounds the numbers, since the last bits of sums over floats depend on the partitions. */
  private static final MathContext DIGITS = new MathContext(6);

  /**
   * @throws InvalidValueException if a number is not finite in float32, or a deviation is not above
   *     0 in float32
   */
  public Normalisation {
    mean = List.copyOf(mean);
    deviation = List.copyOf(deviation);
    InvalidValueException.check(
        isOpen(mean) || mean.stream().allMatch(m -> Float.isFinite(m.floatValue())),
        MEAN_KEY,
        mean,
        "finite numbers, auto or median");
    InvalidValueException.check(
        deviation.equals(AUTO) || deviation.stream().allMatch(Normalisation::divides),
        DEVIATION_KEY,
        deviation,
        "numbers above 0, or auto");
  }

  private static boolean divides(double number) {
    return number > 0 && Float.isFinite((float) number) && Float.isFinite(1 / (float) number);
  }

  /** Returns whether examples remain unchanged. */
  public boolean isNone() {
    return mean.isEmpty() && deviation.isEmpty();
  }

  /**
   * Returns whether all numbers are known, so that none remains to be measured on the training
   * images.
   */
  public boolean isMeasured() {
    return !isOpen(mean) && !isOpen(deviation);
  }

  private static boolean isOpen(List<Double> numbers) {
    return numbers.equals(AUTO) || numbers.equals(MEDIAN);
  }

  /**
   * Checks that each list of numbers that is given has one number per channel.
   *
   * @throws InvalidValueException if the number of numbers differs from the number of channels
   */
  public void requireFor(Shape shape) {
    require(mean, MEAN_KEY, shape);
    require(deviation, DEVIATION_KEY, shape);
  }

  private static void require(List<Double> numbers, String key, Shape shape) {
    int channels = shape.channels();
    InvalidValueException.check(
        numbers.isEmpty() || isOpen(numbers) || numbers.size() == channels,
        key,
        numbers,
        (channels == 1 ? "1 number" : channels + " numbers, one per channel of " + shape)
            + ", [] or auto");
  }

  /**
   * Normalises an example.
   *
   * @param values as many elements as the shape has, from {@code at} on, are modified
   * @param shape with as many channels as there are numbers
   * @throws IllegalStateException if the training images are not measured yet
   */
  public void apply(float[] values, int at, Shape shape) {
    if (isNone()) {
      return;
    }
    if (!isMeasured()) {
      throw new IllegalStateException("the training images are not measured yet");
    }
    for (int c = 0; c < shape.channels(); c++) {
      float m = (float) mean(c);
      float d = (float) deviation(c);
      int from = at + c * shape.area();
      for (int i = from; i < from + shape.area(); i++) {
        values[i] = (values[i] - m) / d;
      }
    }
  }

  /** Returns mean_c; if there is one number for all channels, that number. */
  public double mean(int channel) {
    return of(mean, channel, 0);
  }

  /** Returns deviation_c; if there is one number for all channels, that number. */
  public double deviation(int channel) {
    return of(deviation, channel, 1);
  }

  private static double of(List<Double> numbers, int channel, double otherwise) {
    return numbers.isEmpty() ? otherwise : numbers.get(Math.min(channel, numbers.size() - 1));
  }

  /**
   * Returns a copy in which {@link #AUTO} is replaced by the mean or standard deviation of the
   * training images, and {@link #MEDIAN} by their median, to six digits. The deviation of a
   * constant channel is 1.
   *
   * @param data statistics of the training images
   * @param channels of the network's input: the number of channels of the images, or 1 for all
   *     channels together
   */
  public Normalisation measured(InputStatistics data, int channels) {
    return new Normalisation(
        measuredMean(data, channels),
        deviation.equals(AUTO) ? numbers(channels, c -> deviation(data, c, channels)) : deviation);
  }

  private List<Double> measuredMean(InputStatistics data, int channels) {
    if (mean.equals(MEDIAN)) {
      return numbers(channels, c -> data.channelMedian(c, channels));
    }
    return mean.equals(AUTO) ? numbers(channels, c -> data.channelMean(c, channels)) : mean;
  }

  private static double deviation(InputStatistics data, int channel, int channels) {
    double found = data.channelDeviation(channel, channels);
    double size = Math.hypot(found, data.channelMean(channel, channels));
    return found <= CONSTANT * size ? 1 : found;
  }

  private static List<Double> numbers(int channels, IntToDoubleFunction number) {
    return IntStream.range(0, channels)
        .mapToObj(c -> new BigDecimal(number.applyAsDouble(c)).round(DIGITS).doubleValue())
        .toList();
  }

  /** Returns a description of both lists. */
  @Override
  public String toString() {
    return "mean " + text(mean) + ", deviation " + text(deviation);
  }

  private static String text(List<Double> numbers) {
    if (numbers.equals(MEDIAN)) {
      return "median";
    }
    return numbers.equals(AUTO) ? "auto" : numbers.toString();
  }
}
