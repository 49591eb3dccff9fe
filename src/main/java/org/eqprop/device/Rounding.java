package org.eqprop.device;

/** Which of the two levels around a value a synapse takes. */
public enum Rounding {
  /** The nearer one. */
  NEAREST,
  /** Either, the nearer the likelier, so that the mean is the value itself. */
  STOCHASTIC
}
