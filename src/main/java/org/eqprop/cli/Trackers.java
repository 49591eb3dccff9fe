package org.eqprop.cli;

import java.util.ArrayList;
import java.util.List;
import org.eqprop.base.InputException;
import org.eqprop.base.SafeText;
import org.eqprop.dynamics.Measurement;
import org.eqprop.spark.EpochReport;
import org.eqprop.spark.Progress;
import org.eqprop.spark.TrainingListener;
import org.eqprop.spark.TrainingState;
import org.eqprop.storage.Storage;
import org.eqprop.track.MlflowSettings;
import org.eqprop.track.MlflowTracker;
import org.eqprop.track.SparkMetrics;
import org.eqprop.track.TensorBoard;
import org.eqprop.track.TrackedRun;
import org.jspecify.annotations.Nullable;

/**
 * Publishes a training in Spark's metrics and, if the options say so, in MLflow and TensorBoard,
 * until it is closed.
 */
final class Trackers implements TrainingListener, AutoCloseable {
  private final SparkMetrics metrics;
  private final @Nullable MlflowTracker mlflow;
  private final TrainingListener all;
  private int epoch;

  /**
   * @param server the MLflow server; null if there is none
   * @param tensorBoard the folder for TensorBoard; null if there is none
   * @throws InputException if TensorBoard's folder cannot be written
   */
  Trackers(TrackedRun run, @Nullable MlflowSettings server, @Nullable String tensorBoard) {
    List<TrainingListener> listeners = new ArrayList<>();
    if (tensorBoard != null) {
      String name = Storage.name(run.folder().location());
      listeners.add(
          new TensorBoard(run.storage(), tensorBoard, name, run.epochs(), Trackers::warn));
    }
    mlflow =
        server == null
            ? null
            : new MlflowTracker(server, run, Trackers::warn, Interruption::happened);
    if (mlflow != null) {
      listeners.add(mlflow);
    }
    metrics = SparkMetrics.register();
    listeners.add(metrics);
    all = TrainingListener.all(listeners);
    epoch = run.epochs();
  }

  private static void warn(String warning) {
    System.err.println("eqprop: warning: " + SafeText.line(warning));
  }

  @Override
  public void epochStarted(int started, Progress progress) {
    all.epochStarted(started, progress);
  }

  @Override
  public void epochEnded(EpochReport report, TrainingState state) {
    epoch = report.epoch();
    all.epochEnded(report, state);
  }

  /**
   * Publishes the result of the run, and prints the address of its MLflow page.
   *
   * @param test the measurement of the whole test set with the final weights
   */
  void finish(Measurement test) {
    String page = mlflow == null ? null : mlflow.finish(epoch, test.errorRate());
    if (page != null) {
      System.out.println("  " + SafeText.line(page));
    }
  }

  @Override
  public void close() {
    try {
      metrics.close();
    } finally {
      if (mlflow != null) {
        mlflow.close();
      }
    }
  }
}
