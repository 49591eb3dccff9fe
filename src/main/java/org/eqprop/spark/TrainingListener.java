package org.eqprop.spark;

import java.util.List;

/** Gets notified about training progress, on the driver's thread. */
@FunctionalInterface
public interface TrainingListener {
  /**
   * Called when an epoch starts.
   *
   * @param epoch from 1
   * @param progress progress of the epoch while it runs
   */
  default void epochStarted(int epoch, Progress progress) {}

  /**
   * Called when an epoch has finished successfully.
   *
   * @param report measurements of the epoch
   * @param state state after the epoch
   */
  void epochEnded(EpochReport report, TrainingState state);

  /** Returns a listener that notifies all of these, in order. */
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
