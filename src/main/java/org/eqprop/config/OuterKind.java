package org.eqprop.config;

/** The outer optimizer: what happens to the average of the replicas. */
public enum OuterKind {
  /** Chosen by the number of replicas. */
  AUTO,
  /** The average becomes the new weights. */
  AVERAGE,
  /** The average drives a velocity that moves the weights: block or slow momentum. */
  MOMENTUM,
  /** Like {@link #MOMENTUM}, with Nesterov's look-ahead, as in DiLoCo. */
  NESTEROV
}
