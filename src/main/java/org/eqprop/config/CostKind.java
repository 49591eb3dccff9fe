package org.eqprop.config;

/** The cost that training minimises. */
enum CostKind {
  /** ‖s_L − y‖². */
  SQUARED_ERROR,
  /** The cross-entropy of the readout; the last layer is the readout. */
  CROSS_ENTROPY;

  /** The key. */
  static final String KEY = "network.cost";
}
