package org.eqprop.network;

/**
 * The squared error C = ‖s_L − y‖² for one-hot targets y, without ½: a = 1, and the force is 2y
 * (Scellier &amp; Bengio 2017, eq. 3, there with ½).
 */
public record SquaredError() implements Cost {
  private static final long serialVersionUID = 1L;

  @Override
  public double curvature() {
    return 1;
  }

  @Override
  public boolean isForceConstant() {
    return true;
  }

  @Override
  public void force(double[] outputs, int label, int at, int n, double[] force) {
    for (int j = 0; j < n; j++) {
      force[at + j] = j == label ? 2 : 0;
    }
  }

  @Override
  public double value(double[] outputs, int label, int at, int n) {
    double cost = 0;
    for (int j = 0; j < n; j++) {
      double difference = outputs[at + j] - (j == label ? 1 : 0);
      cost += difference * difference;
    }
    return cost;
  }
}
