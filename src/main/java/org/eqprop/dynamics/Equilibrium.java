package org.eqprop.dynamics;

/** The sets of states that a relaxer keeps for its clamped batch, each s_1 … s_L. */
public enum Equilibrium {
  /** Relaxed without a nudge, s⁰. */
  FREE,
  /** Relaxed with a nudge, s^β. */
  NUDGED,
  /** Relaxed with the opposite nudge, s^{−β}, of centered estimates. */
  COUNTER_NUDGED
}
