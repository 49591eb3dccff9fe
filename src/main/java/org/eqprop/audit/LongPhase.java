package org.eqprop.audit;

import org.eqprop.dynamics.Equilibrium;
import org.eqprop.dynamics.Relaxer;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A phase that runs until it has converged. It measures only now and then how far units still move,
 * because a measurement takes as long as a step.
 */
final class LongPhase {
  /** The most steps of a phase. */
  static final int MOST = 5000;

  private static final int UNSEEN = 24;

  private final Relaxer relaxer;
  private double residual = Double.POSITIVE_INFINITY;

  /**
   * @param relaxer without a tolerance; its states are modified
   */
  LongPhase(Relaxer relaxer) {
    this.relaxer = relaxer;
  }

  /**
   * Relaxes until no unit moves by more than a tolerance in a step, or for {@link #MOST} steps.
   *
   * @param from the states to start from; null for zeros
   * @return whether the phase has converged
   */
  boolean relax(Equilibrium into, @Nullable Equilibrium from, double beta, double tolerance) {
    relaxer.relax(into, from, beta, UNSEEN);
    for (int steps = UNSEEN; steps < MOST; steps += UNSEEN) {
      INDArray[] before = states(into);
      relaxer.relax(into, into, beta, 1);
      residual = difference(states(into), before);
      if (residual <= tolerance) {
        return true;
      }
      relaxer.relax(into, into, beta, UNSEEN - 1);
    }
    return false;
  }

  /** Returns the largest move of a unit in the last measured step. */
  double residual() {
    return residual;
  }

  private INDArray[] states(Equilibrium at) {
    INDArray[] states = new INDArray[relaxer.network().depth()];
    for (int k = 1; k <= states.length; k++) {
      states[k - 1] = relaxer.state(at, k);
    }
    return states;
  }

  private static double difference(INDArray[] after, INDArray[] before) {
    double largest = 0;
    for (int k = 0; k < after.length; k++) {
      try (INDArray now = after[k];
          INDArray old = before[k]) {
        largest = Math.max(largest, now.subi(old).amaxNumber().doubleValue());
      }
    }
    return largest;
  }
}
