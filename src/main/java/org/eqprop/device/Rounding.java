package org.eqprop.device;

/** To which of the two levels around a value a synapse rounds it. */
public enum Rounding {
  /** The nearer one. */
  NEAREST,
  /** Either, the nearer one with higher probability, so that the mean is the value itself. */
  STOCHASTIC
}
