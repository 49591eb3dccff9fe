package org.eqprop.config;

/** What happens to the updater's state when replicas are averaged. */
public enum StateMerging {
  /** It is averaged like the weights. */
  AVERAGE,
  /** Every round starts with a state of zeros. */
  RESET
}
