package org.eqprop.device;

/** The signs that a weight can have. */
public enum Signs {
  /** Both. */
  FREE,
  /** That of the initial weight drawn from the run's seed, or 0. */
  FIXED
}
