package org.eqprop.dynamics;

/** Where a nudged phase starts from. */
public enum NudgedStart {
  /** The free equilibrium (Scellier &amp; Bengio 2017). */
  FREE,
  /** All units at zero. */
  ZEROS
}
