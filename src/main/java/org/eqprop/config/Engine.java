package org.eqprop.config;

/** What trains the replicas and averages them. */
public enum Engine {
  /** This program's own. */
  EQPROP,
  /** DL4J's training on Spark, of a network that is an equilibrium layer. */
  DL4J
}
