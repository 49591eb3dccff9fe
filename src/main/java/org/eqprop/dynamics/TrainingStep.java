package org.eqprop.dynamics;

/**
 * One batch to train on: its examples, its nudges and its update.
 *
 * @param from the batch is the examples {@code order[from]} … {@code order[to−1]}
 * @param to one past its last
 * @param beta β of {@link Equilibrium#NUDGED}
 * @param centered whether {@link Equilibrium#COUNTER_NUDGED}, nudged by −β, takes the place of the
 *     free equilibrium in the contrast
 * @param coefficients of W_1, b_1, W_2, … as in {@link Relaxer#learn}; not to be modified
 */
@SuppressWarnings("ArrayRecordComponent")
public record TrainingStep(int from, int to, double beta, boolean centered, double[] coefficients) {
  /** Returns B. */
  public int size() {
    return to - from;
  }

  /** Returns the equilibrium that {@link Equilibrium#NUDGED} is compared with. */
  public Equilibrium minus() {
    return centered ? Equilibrium.COUNTER_NUDGED : Equilibrium.FREE;
  }
}
