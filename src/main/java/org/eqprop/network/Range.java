package org.eqprop.network;

import java.io.Serializable;
import org.eqprop.base.InvalidValueException;

/**
 * The interval [lo, hi] that a layer's states never leave. It is the layer's activation: at
 * equilibrium a state is its input u, clipped to the interval (Scellier &amp; Bengio 2017, §2;
 * Laborieux et al. 2021).
 *
 * @param low lo, less than hi; −∞ for no bound
 * @param high hi; ∞ for no bound
 */
public record Range(double low, double high) implements Serializable {
  /** [0, 1]: s = min(1, max(0, u)). */
  public static final Range HARD_SIGMOID = new Range(0, 1);

  /** [−1, 1]: s = min(1, max(−1, u)). */
  public static final Range HARD_TANH = new Range(-1, 1);

  /** [0, ∞): s = max(0, u). */
  public static final Range RECTIFIER = new Range(0, Double.POSITIVE_INFINITY);

  /** (−∞, ∞): s = u. */
  public static final Range LINEAR = new Range(Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY);

  /**
   * @throws InvalidValueException if lo is not less than hi, or if 0, where states start, is
   *     outside
   */
  public Range {
    low += 0.0; // -0.0 is 0.0
    high += 0.0;
    InvalidValueException.check(
        (float) low < (float) high && low <= 0 && high >= 0,
        "range",
        text(low, high),
        "[lo, hi] with lo below hi and 0 within");
  }

  /** Returns v, or the nearer end of the range if v is outside. */
  public double clip(double v) {
    return Math.max(low, Math.min(high, v));
  }

  /** Returns whether v lies strictly between the ends, where ∂ clip/∂v = 1; elsewhere it is 0. */
  public boolean isInside(double v) {
    return v > low && v < high;
  }

  /** Returns the ends, such as {@code [0, 1]} or {@code [0, inf]}. */
  @Override
  public String toString() {
    return text(low, high);
  }

  private static String text(double low, double high) {
    return "[" + text(low) + ", " + text(high) + "]";
  }

  private static String text(double end) {
    if (Double.isInfinite(end)) {
      return end < 0 ? "-inf" : "inf";
    }
    boolean whole = end == Math.rint(end) && Math.abs(end) < 1e15;
    return whole ? String.valueOf((long) end) : String.valueOf(end);
  }
}
