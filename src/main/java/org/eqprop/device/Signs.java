package org.eqprop.device;

/** Which signs a weight can have. */
public enum Signs {
  /** Both. */
  FREE,
  /** That of the weight that the run's seed draws, or 0. */
  FIXED
}
