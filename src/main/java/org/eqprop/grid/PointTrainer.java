package org.eqprop.grid;

/** Trains one point. */
@FunctionalInterface
interface PointTrainer {
  /**
   * Trains a point up to an epoch.
   *
   * @param epochs how many in all
   * @param before what to continue from; not modified
   * @return what it has shown; a failure of the training, or of what it ran on, is in it
   */
  TrainedPoint train(Point point, int epochs, TrainedPoint before);

  /** Makes what is training end as soon as it can, and nothing begin any more. */
  default void cancel() {}
}
