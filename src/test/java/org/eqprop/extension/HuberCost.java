package org.eqprop.extension;

import org.eqprop.network.Cost;

/** C = Σ (√(1 + d²) − 1), d = s_L − y (Charbonnier et al. 1994); −∂C/∂s = −d/√(1 + d²). */
record HuberCost() implements Cost {
  private static final long serialVersionUID = 1L;

  @Override
  public double curvature() {
    return 0;
  }

  @Override
  public boolean isForceConstant() {
    return false;
  }

  @Override
  public void force(double[] outputs, int label, int at, int n, double[] force) {
    for (int j = 0; j < n; j++) {
      double d = outputs[at + j] - (j == label ? 1 : 0);
      force[at + j] = -d / Math.sqrt(1 + d * d);
    }
  }

  @Override
  public double value(double[] outputs, int label, int at, int n) {
    double cost = 0;
    for (int j = 0; j < n; j++) {
      double d = outputs[at + j] - (j == label ? 1 : 0);
      cost += Math.sqrt(1 + d * d) - 1;
    }
    return cost;
  }
}
