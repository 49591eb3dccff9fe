package org.eqprop.config;

/** What becomes of the updater's state when replicas are averaged. */
public enum StateMerging {
  /** It is averaged as the weights are. */
  AVERAGE,
  /** Every round starts with a state of zeros. */
  RESET
}
