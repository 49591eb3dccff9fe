package org.eqprop.grid;

/** Trains one point. */
@FunctionalInterface
interface PointTrainer {
  /**
   * Trains a point up to an epoch.
   *
   * @param epochs total number of epochs
   * @param before the state to continue from; not modified
   * @return the trained point; it contains a failure of the training or of its environment, if any
   */
  TrainedPoint train(Point point, int epochs, TrainedPoint before);

  /** Stops running trainings as soon as possible; no new one starts. */
  default void cancel() {}
}
