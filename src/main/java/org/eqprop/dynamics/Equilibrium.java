package org.eqprop.dynamics;

/** The states a relaxer keeps for the batch it has clamped, each s_1 … s_L. */
public enum Equilibrium {
  /** Relaxed without a nudge, s⁰. */
  FREE,
  /** Relaxed with a nudge, s^β. */
  NUDGED,
  /** Relaxed with the opposite nudge, s^{−β}, of centered estimates. */
  COUNTER_NUDGED
}
