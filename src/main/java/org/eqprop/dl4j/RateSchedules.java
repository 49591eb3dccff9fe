package org.eqprop.dl4j;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.IntStream;
import org.eqprop.learning.Hyperparameters;
import org.eqprop.learning.RateSchedule;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.schedule.ExponentialSchedule;
import org.nd4j.linalg.schedule.ISchedule;
import org.nd4j.linalg.schedule.MapSchedule;
import org.nd4j.linalg.schedule.ScheduleType;

/** Converts learning rates per epoch to the schedules of DL4J's plain SGD. */
final class RateSchedules {
  private RateSchedules() {}

  /**
   * Returns the updaters of W_1 and b_1, of W_2 and b_2, …: SGD with the rate {@link
   * Hyperparameters#learningRate} in each epoch; after the last epoch its rate stays.
   */
  static IUpdater[] updaters(Hyperparameters hyperparameters) {
    return IntStream.rangeClosed(1, hyperparameters.learningRates().size())
        .mapToObj(k -> new Sgd(schedule(hyperparameters, k)))
        .toArray(IUpdater[]::new);
  }

  /** Returns DL4J's own formula if there is one; it also continues after the last epoch. */
  private static ISchedule schedule(Hyperparameters hyperparameters, int k) {
    RateSchedule schedule = hyperparameters.schedule();
    if (schedule.kind() == RateSchedule.Kind.EXPONENTIAL && schedule.warmUpEpochs() == 0) {
      return exponential(hyperparameters.fullRates().get(k - 1), schedule.decay());
    }
    Map<Integer, Double> changes = new LinkedHashMap<>(); // each rate holds until the next change
    double before = Double.NaN;
    for (int epoch = 0; epoch < hyperparameters.epochs(); epoch++) {
      double rate = hyperparameters.learningRate(k, epoch);
      if (rate != before) {
        changes.put(epoch, rate);
      }
      before = rate;
    }
    return new MapSchedule(ScheduleType.EPOCH, changes);
  }

  /** Returns α·decay^epoch. */
  static ISchedule exponential(double rate, double decay) {
    return new ExponentialSchedule(ScheduleType.EPOCH, rate, decay);
  }
}
