package org.eqprop.dynamics;

/** The states that a nudged phase starts from. */
public enum NudgedStart {
  /** The free equilibrium (Scellier &amp; Bengio 2017). */
  FREE,
  /** All units at zero. */
  ZEROS
}
