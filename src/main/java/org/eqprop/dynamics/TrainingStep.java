package org.eqprop.dynamics;

import java.util.List;
import org.eqprop.network.Network;

/**
 * One batch to train on: its examples, its nudges and its update.
 *
 * @param from the batch consists of the examples {@code order[from]} … {@code order[to−1]}
 * @param to one past its last
 * @param beta β of {@link Equilibrium#NUDGED}
 * @param centered whether {@link Equilibrium#COUNTER_NUDGED}, nudged by −β, replaces the free
 *     equilibrium in the contrast
 * @param coefficients of W_1, b_1, W_2, … as in {@link Relaxer#learn}; not to be modified
 */
@SuppressWarnings("ArrayRecordComponent")
public record TrainingStep(int from, int to, double beta, boolean centered, double[] coefficients) {
  /**
   * Returns the coefficients of an update that multiplies the estimate of the mean gradient by
   * factors: factor/(scale·B), and factor/B for a readout, whose gradient is exact.
   *
   * @param factors of W_1, b_1, W_2, …
   * @param scale the divisor of a contrast, such as β
   * @param batch B
   */
  public static double[] coefficients(
      Network network, List<Double> factors, double scale, int batch) {
    double[] coefficients = new double[factors.size()];
    for (int i = 0; i < coefficients.length; i++) {
      double divisor = i < 2 * network.depth() ? scale * batch : batch;
      coefficients[i] = factors.get(i) / divisor;
    }
    return coefficients;
  }

  /** Returns B. */
  public int size() {
    return to - from;
  }

  /** Returns the equilibrium that {@link Equilibrium#NUDGED} is compared with. */
  public Equilibrium minus() {
    return centered ? Equilibrium.COUNTER_NUDGED : Equilibrium.FREE;
  }
}
