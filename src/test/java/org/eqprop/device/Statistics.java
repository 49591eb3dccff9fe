package org.eqprop.device;

/** Statistics of random samples. */
final class Statistics {
  private Statistics() {}

  static double mean(float[] values) {
    double sum = 0;
    for (float value : values) {
      sum += value;
    }
    return sum / values.length;
  }

  static double deviation(float[] values) {
    double mean = mean(values);
    double squares = 0;
    for (float value : values) {
      squares += (value - mean) * (value - mean);
    }
    return Math.sqrt(squares / values.length);
  }

  static double correlation(float[] a, float[] b) {
    double meanOfA = mean(a);
    double meanOfB = mean(b);
    double product = 0;
    for (int i = 0; i < a.length; i++) {
      product += (a[i] - meanOfA) * (b[i] - meanOfB);
    }
    return product / a.length / (deviation(a) * deviation(b));
  }
}
