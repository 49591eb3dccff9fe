package org.eqprop.device;

/** How a synapse rounds a value between two levels. */
public enum Rounding {
  /** To the nearer level. */
  NEAREST,
  /**
   * To either level, the nearer one with higher probability, so that the mean is the value itself.
   */
  STOCHASTIC
}
