package org.eqprop.ml;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.eqprop.dynamics.Measurement;
import org.eqprop.spark.EpochReport;
import org.eqprop.spark.Split;
import org.eqprop.spark.TrainingListener;
import org.eqprop.spark.TrainingSession;
import org.eqprop.spark.TrainingState;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Trains a session epoch by epoch. If rows are held out, the result is the epoch with the fewest
 * errors on them, and training stops after several consecutive epochs without an improvement.
 */
final class Training {
  private static final Logger LOG = LoggerFactory.getLogger(EquilibriumPropagationClassifier.class);

  private final FitCheckpoints checkpoints;
  private final boolean validates;
  private final double tolerance;
  private final int patience;
  private final List<EpochReport> reports = new ArrayList<>();
  private @Nullable TrainingState best;
  private double lowest = Double.POSITIVE_INFINITY;

  /**
   * @param validates whether rows are held out
   * @param tolerance an epoch is an improvement if its error is lower by more than this
   * @param patience number of consecutive epochs without an improvement after which training stops,
   *     ≥ 1
   */
  Training(FitCheckpoints checkpoints, boolean validates, double tolerance, int patience) {
    this.checkpoints = checkpoints;
    this.validates = validates;
    this.tolerance = tolerance;
    this.patience = patience;
  }

  /**
   * Trains to the end, resuming from the newest checkpoint if there is one.
   *
   * @param further listeners, notified last
   * @return the best state or, without validation, the last one
   */
  TrainingState train(TrainingSession session, TrainingListener... further) {
    Optional<TrainingState> newest = checkpoints.newest();
    if (newest.isEmpty()) {
      return continued(session, further);
    }
    LOG.info("resuming after epoch {}", newest.get().epoch());
    try (TrainingSession resumed = session.with(session.configuration(), newest.get())) {
      checkpoints
          .best()
          .filter(state -> state.epoch() <= newest.get().epoch())
          .ifPresent(state -> takeBest(session, state));
      return continued(resumed, further);
    }
  }

  private void takeBest(TrainingSession session, TrainingState state) {
    try (TrainingSession former = session.with(session.configuration(), state)) {
      best = state;
      lowest = former.evaluate(Split.VALIDATION).errorRate();
    }
  }

  private TrainingState continued(TrainingSession session, TrainingListener... further) {
    List<TrainingListener> listeners = new ArrayList<>(checkpoints.listeners());
    listeners.add(this::take);
    listeners.addAll(List.of(further));
    int epochs = session.configuration().spec().hyperparameters().epochs();
    TrainingState state = session.state();
    while (state.epoch() < epochs && !isEnough(state.epoch())) {
      state = session.train(state.epoch() + 1, listeners.toArray(TrainingListener[]::new));
    }
    return best == null ? state : best;
  }

  private boolean isEnough(int epoch) {
    return best != null && epoch - best.epoch() >= patience;
  }

  private void take(EpochReport report, TrainingState state) {
    reports.add(report);
    LOG.info(
        "epoch {}: training error {}, validation error {}, mean cost {}",
        report.epoch(),
        report.training().errorRate(),
        report.validation() == null ? "none" : report.validation().errorRate(),
        report.training().meanCost());
    report.warnings().forEach(LOG::warn);
    if (!validates) {
      return;
    }
    Measurement measured = Objects.requireNonNull(report.validation());
    if (best == null || measured.errorRate() < lowest - tolerance) {
      best = state;
      lowest = measured.errorRate();
      checkpoints.write(report, state);
    }
  }

  /** Returns the reports of the epochs that were trained in this process. */
  TrainingSummary summary() {
    int last = reports.isEmpty() ? 0 : reports.get(reports.size() - 1).epoch();
    return new TrainingSummary(reports, best == null ? last : best.epoch());
  }
}
