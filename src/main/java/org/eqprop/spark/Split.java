package org.eqprop.spark;

/** The three sets of examples. */
public enum Split {
  /** What the network learns from. */
  TRAINING,
  /** Held out of the training files, to choose hyperparameters by. */
  VALIDATION,
  /** The test files, to report by. */
  TEST
}
