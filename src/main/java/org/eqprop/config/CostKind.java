package org.eqprop.config;

/** What training lowers. */
enum CostKind {
  /** ‖s_L − y‖². */
  SQUARED_ERROR,
  /** The cross-entropy of a readout, which the last layer is. */
  CROSS_ENTROPY;

  /** The key. */
  static final String KEY = "network.cost";
}
