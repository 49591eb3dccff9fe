package org.eqprop.network;

import java.util.List;
import org.eqprop.base.InvalidValueException;
import org.eqprop.data.Shape;

/**
 * Connects every channel below to every channel above through a small window that slides over the
 * image: A(s) = pool(W ⋆ s), with W [out × in × h × w] and
 *
 * <pre>
 *   (W ⋆ s)[o, y, x] = Σ_{i,a,b} W[o, i, a, b] s[i, y·stride + a − padding, x·stride + b − padding]      0 outside
 *   pool             none: no change; average, max: of each pool × pool square of a channel, dropping a remainder at the edge
 * </pre>
 *
 * <p>With max pooling A is piecewise linear: Aᵀ sends a state down to the place of the largest sum,
 * the first one if several are equal, and ∂⟨s_above, A(s_below)⟩/∂W counts only that place
 * (Laborieux et al. 2021, «Scaling equilibrium propagation to deep convnets», §4.1).
 *
 * @param input the layer below, in × height × width
 * @param channels out, ≥ 1
 * @param kernel h = w, ≥ 1 and at most the padded image
 * @param stride ≥ 1
 * @param padding zeros around the image, from 0 to kernel − 1
 * @param pooling what each square passes on
 * @param pool the square's side, ≥ 2; 1 without pooling
 */
public record Convolution(
    Shape input, int channels, int kernel, int stride, int padding, Pooling pooling, int pool)
    implements Link {
  private static final long serialVersionUID = 1L;
  private static final String KEY = "network.layers";

  /**
   * @throws InvalidValueException if a value is out of its range, or the output would be empty
   */
  public Convolution {
    check(channels >= 1 && channels <= 65_536, "channels = " + channels, "1 to 65536 channels");
    check(kernel >= 1, "kernel = " + kernel, "a whole number from 1");
    check(stride >= 1, "stride = " + stride, "a whole number from 1");
    check(
        padding >= 0 && padding < kernel,
        "padding = " + padding,
        "a whole number from 0, below kernel = " + kernel);
    check(
        pooling == Pooling.NONE ? pool == 1 : pool >= 2,
        "pool = " + pool,
        pooling == Pooling.NONE ? "1, or pooling = average or max" : "a whole number from 2");
    int height = side(input.height(), kernel, stride, padding) / pool;
    int width = side(input.width(), kernel, stride, padding) / pool;
    check(
        height >= 1 && width >= 1,
        "kernel = " + kernel + ", pool = " + pool,
        "smaller values: the convolution of the " + input + " layer below would be empty");
    check(
        (long) channels * height * width <= Network.MAX_UNITS,
        "channels = " + channels,
        "at most "
            + Network.MAX_UNITS
            + " units in a layer: use fewer channels, or fewer places than "
            + height
            + " × "
            + width);
  }

  private static void check(boolean ok, String value, String expected) {
    InvalidValueException.check(ok, KEY, value, expected);
  }

  private static int side(int side, int kernel, int stride, int padding) {
    return Math.floorDiv(side + 2 * padding - kernel, stride) + 1;
  }

  /** Returns a convolution without pooling. */
  public static Convolution plain(Shape input, int channels, int kernel, int stride, int padding) {
    return new Convolution(input, channels, kernel, stride, padding, Pooling.NONE, 1);
  }

  /** Returns the height of W ⋆ s, before pooling. */
  public int convolvedHeight() {
    return side(input.height(), kernel, stride, padding);
  }

  /** Returns the width of W ⋆ s, before pooling. */
  public int convolvedWidth() {
    return side(input.width(), kernel, stride, padding);
  }

  /**
   * Returns the convolution without pooling that includes the average pooling: its kernel has k +
   * (pool − 1)·stride places a side, its stride is stride·pool, and its W is the mean of W at all
   * shifts within a square.
   */
  public Convolution folded() {
    return plain(input, channels, kernel + (pool - 1) * stride, stride * pool, padding);
  }

  /** Returns the shape of the layer above. */
  public Shape output() {
    return new Shape(channels, convolvedHeight() / pool, convolvedWidth() / pool);
  }

  @Override
  public int inputs() {
    return input.size();
  }

  @Override
  public int outputs() {
    return output().size();
  }

  @Override
  public boolean joins(Shape below, Shape above) {
    return input.equals(below) && output().equals(above);
  }

  /** Returns the number of channels: the units of a channel share their bias. */
  @Override
  public int biases() {
    return channels;
  }

  @Override
  public List<Integer> shape() {
    return List.of(channels, input.channels(), kernel, kernel);
  }

  /** Returns one per weight and place of W ⋆ s; all places are computed before pooling. */
  @Override
  public long multiplyAdds() {
    return (long) convolvedHeight()
        * convolvedWidth()
        * channels
        * input.channels()
        * kernel
        * kernel;
  }

  /** Returns 1/√(in·h·w), the inverse square root of the number of inputs of a unit. */
  @Override
  public double initialBound() {
    return 1 / Math.sqrt((double) input.channels() * kernel * kernel);
  }

  @Override
  public boolean isLinear() {
    return pooling != Pooling.MAX;
  }

  @Override
  public void up(double[] w, double[] at, double[] below, double[] sum) {
    new Terms(w, at)
        .forEach((j, i, weight, count, share) -> sum[j] += share * dot(w, weight, below, i, count));
  }

  @Override
  public void down(double[] w, double[] at, double[] above, double[] sum) {
    new Terms(w, at)
        .forEach((j, i, weight, count, share) -> add(share * above[j], w, weight, sum, i, count));
  }

  @Override
  public void correlate(
      double[] w, double[] at, double[] below, double[] above, double c, double[] sum) {
    new Terms(w, at)
        .forEach(
            (j, i, weight, count, share) ->
                add(c * share * above[j], below, i, sum, weight, count));
  }

  private static double dot(double[] a, int i, double[] b, int j, int count) {
    double sum = 0;
    for (int n = 0; n < count; n++) {
      sum += a[i + n] * b[j + n];
    }
    return sum;
  }

  private static void add(double factor, double[] a, int i, double[] sum, int j, int count) {
    for (int n = 0; n < count; n++) {
      sum[j + n] += factor * a[i + n];
    }
  }

  /**
   * Called for the terms of ⟨s_above, A(s_below)⟩ = Σ share·W·s_below·s_above of one row of a
   * window: {@code count} weights and as many units below, starting at the given ones.
   */
  private interface Row {
    void add(int above, int below, int weight, int count, double share);
  }

  /** All terms, with the largest sums chosen for the states {@code at} below. */
  private final class Terms {
    private final double[] w;
    private final double[] at;

    Terms(double[] w, double[] at) {
      this.w = w;
      this.at = at;
    }

    void forEach(Row row) {
      Shape output = output();
      int above = 0;
      for (int o = 0; o < channels; o++) {
        for (int y = 0; y < output.height(); y++) {
          for (int x = 0; x < output.width(); x++) {
            pooled(row, above++, o, y * pool, x * pool);
          }
        }
      }
    }

    private void pooled(Row row, int above, int o, int y, int x) {
      int best = pooling == Pooling.MAX ? largest(o, y, x) : -1;
      double share = pooling == Pooling.AVERAGE ? 1.0 / (pool * pool) : 1;
      for (int p = 0; p < pool * pool; p++) {
        if (best < 0 || p == best) {
          window(row, above, o, y + p / pool, x + p % pool, share);
        }
      }
    }

    private int largest(int o, int y, int x) {
      int best = 0;
      double[] sums = new double[pool * pool];
      for (int p = 0; p < sums.length; p++) {
        int place = p;
        window(
            (above, i, weight, count, share) -> sums[place] += dot(w, weight, at, i, count),
            0,
            o,
            y + p / pool,
            x + p % pool,
            1);
        best = sums[p] > sums[best] ? p : best;
      }
      return best;
    }

    private void window(Row row, int above, int o, int y, int x, double share) {
      int left = x * stride - padding;
      int from = Math.max(0, -left);
      int to = Math.min(kernel, input.width() - left);
      for (int i = 0; i < input.channels(); i++) {
        for (int a = 0; a < kernel; a++) {
          int line = y * stride + a - padding;
          if (line >= 0 && line < input.height()) {
            int below = (i * input.height() + line) * input.width() + left;
            int weight = ((o * input.channels() + i) * kernel + a) * kernel;
            row.add(above, below + from, weight + from, to - from, share);
          }
        }
      }
    }
  }

  /** Returns a description, such as {@code 32 channels of 5 × 5, average of 2 × 2}. */
  @Override
  public String toString() {
    return channels
        + (channels == 1 ? " channel of " : " channels of ")
        + kernel
        + " × "
        + kernel
        + (stride == 1 ? "" : ", stride " + stride)
        + (padding == 0 ? "" : ", padding " + padding)
        + switch (pooling) {
          case NONE -> "";
          case AVERAGE -> ", average of " + pool + " × " + pool;
          case MAX -> ", maximum of " + pool + " × " + pool;
        };
  }
}
