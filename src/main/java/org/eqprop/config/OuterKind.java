package org.eqprop.config;

/** What becomes of the average of the replicas. */
public enum OuterKind {
  /** What suits the number of replicas. */
  AUTO,
  /** It is taken as it is. */
  AVERAGE,
  /** It drives a velocity, which moves the weights: block or slow momentum. */
  MOMENTUM,
  /** The same with Nesterov's look-ahead, as in DiLoCo. */
  NESTEROV
}
