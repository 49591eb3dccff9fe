package org.eqprop.audit;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A number that was measured on several batches.
 *
 * @param mean over the batches that have it; null if none has
 * @param standardError of the mean, s/√n with s² = Σ(v − mean)²/(n − 1); null below two batches
 */
public record Measured(@Nullable Double mean, @Nullable Double standardError) {
  /**
   * Returns mean and standard error.
   *
   * @param values of the batches; those that are not finite do not count
   */
  static Measured of(List<Double> values) {
    List<Double> finite = values.stream().filter(Double::isFinite).toList();
    int n = finite.size();
    if (n == 0) {
      return new Measured(null, null);
    }
    double mean = finite.stream().mapToDouble(v -> v).sum() / n;
    double squares = finite.stream().mapToDouble(v -> (v - mean) * (v - mean)).sum();
    return new Measured(mean, n == 1 ? null : Math.sqrt(squares / (n - 1) / n));
  }

  /** Returns the mean; NaN if there is none. */
  public double value() {
    return mean == null ? Double.NaN : mean;
  }

  /** Returns the standard error; 0 if it is not known. */
  public double error() {
    return standardError == null ? 0 : standardError;
  }
}
