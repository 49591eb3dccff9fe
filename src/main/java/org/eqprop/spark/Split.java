package org.eqprop.spark;

/** The three sets of examples. */
public enum Split {
  /** What the network learns from. */
  TRAINING,
  /** Held out from the training files, for choosing hyperparameters. */
  VALIDATION,
  /** The test files, for reporting results. */
  TEST
}
