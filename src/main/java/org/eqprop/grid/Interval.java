package org.eqprop.grid;

import java.util.List;
import org.apache.commons.math3.distribution.TDistribution;
import org.apache.commons.math3.stat.descriptive.moment.StandardDeviation;

/**
 * A mean with its 95 % confidence interval, of values that are independent and about normal: mean ±
 * t·s/√n, s the sample standard deviation and t the 0.975 quantile of Student's t with n − 1
 * degrees of freedom.
 *
 * @param mean NaN of nothing, infinity if a value is
 * @param half of the interval's length; NaN of fewer than two values, or where one is infinite
 * @param count n
 */
record Interval(double mean, double half, int count) {
  private static final double QUANTILE = 0.975;

  static Interval of(List<Double> values) {
    int n = values.size();
    double mean = Summary.mean(values);
    if (n < 2 || !Double.isFinite(mean)) {
      return new Interval(mean, Double.NaN, n);
    }
    double deviation =
        new StandardDeviation()
            .evaluate(values.stream().mapToDouble(Double::doubleValue).toArray());
    double t = new TDistribution(null, n - 1).inverseCumulativeProbability(QUANTILE);
    return new Interval(mean, t * deviation / Math.sqrt(n), n);
  }

  /**
   * Returns mean ± half without a unit, such as {@code 1.82 ± 0.10}; infinity is that of a point
   * that failed.
   */
  String words(Objective objective) {
    if (Double.isNaN(mean)) {
      return "–";
    }
    if (Double.isInfinite(mean)) {
      return "failed";
    }
    return objective.shown(mean) + (Double.isNaN(half) ? "" : " ± " + objective.shown(half));
  }
}
