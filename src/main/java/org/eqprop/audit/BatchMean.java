package org.eqprop.audit;

import java.util.List;
import org.apache.commons.math3.stat.StatUtils;
import org.apache.commons.math3.stat.descriptive.moment.StandardDeviation;
import org.jspecify.annotations.Nullable;

/**
 * The mean of a number that was measured on several batches.
 *
 * @param mean over the batches that have the number; null if none has it
 * @param standardError of the mean, s/√n with s² = Σ(v − mean)²/(n − 1); null with fewer than two
 *     batches
 */
public record BatchMean(@Nullable Double mean, @Nullable Double standardError) {
  /**
   * Computes mean and standard error.
   *
   * @param values of the batches; ignores those that are not finite
   */
  static BatchMean of(List<Double> values) {
    List<Double> finite = values.stream().filter(Double::isFinite).toList();
    int n = finite.size();
    if (n == 0) {
      return new BatchMean(null, null);
    }
    double[] counted = finite.stream().mapToDouble(Double::doubleValue).toArray();
    double error = new StandardDeviation().evaluate(counted) / Math.sqrt(n);
    return new BatchMean(StatUtils.mean(counted), n == 1 ? null : error);
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
