package org.eqprop.device;

/** How updates are limited at the largest weight. */
public enum Bounds {
  /** They are clipped. */
  HARD,
  /** They become smaller the closer a weight is to it. */
  SOFT
}
