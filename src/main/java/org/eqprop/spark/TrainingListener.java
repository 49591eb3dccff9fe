package org.eqprop.spark;

import java.util.List;

/** Is told how a training goes, on the driver's thread. */
@FunctionalInterface
public interface TrainingListener {
  /**
   * Called when an epoch begins.
   *
   * @param epoch from 1
   * @param progress tells how far the epoch is while it runs
   */
  default void epochStarted(int epoch, Progress progress) {}

  /**
   * Called when an epoch has ended well.
   *
   * @param report what it showed
   * @param state what it left
   */
  void epochEnded(EpochReport report, TrainingState state);

  /** Returns a listener that tells all of these, in order. */
  static TrainingListener all(List<TrainingListener> listeners) {
    return new TrainingListener() {
      @Override
      public void epochStarted(int epoch, Progress progress) {
        listeners.forEach(l -> l.epochStarted(epoch, progress));
      }

      @Override
      public void epochEnded(EpochReport report, TrainingState state) {
        listeners.forEach(l -> l.epochEnded(report, state));
      }
    };
  }
}
