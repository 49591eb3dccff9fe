package org.eqprop.grid;

import java.util.List;
import org.apache.commons.math3.distribution.TDistribution;
import org.apache.commons.math3.stat.descriptive.moment.StandardDeviation;

/**
 * A mean with its 95 % confidence interval, for values that are independent and approximately
 * normal: mean ± t·s/√n, where s is the sample standard deviation and t the 0.975 quantile of
 * Student's t with n − 1 degrees of freedom.
 *
 * @param mean NaN if there are no values, infinity if one is infinite
 * @param half half of the interval's length; NaN if there are fewer than two values or one is
 *     infinite
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
   * Returns mean ± half without a unit, such as {@code 1.82 ± 0.10}; {@code failed} if the mean is
   * infinite, as that of a failed point, and a dash if there is none.
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
