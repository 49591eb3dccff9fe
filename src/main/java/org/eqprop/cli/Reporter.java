package org.eqprop.cli;

import org.eqprop.base.InputException;
import org.eqprop.base.SafeText;
import org.eqprop.config.RunConfiguration;
import org.eqprop.network.Weights;
import org.eqprop.report.FigureMaker;
import org.eqprop.report.LiveServer;
import org.eqprop.report.RunReport;
import org.eqprop.run.RunFolder;
import org.eqprop.spark.DataPlan;
import org.eqprop.spark.EpochReport;
import org.eqprop.spark.Progress;
import org.eqprop.spark.ReplicaGroup;
import org.eqprop.spark.Split;
import org.eqprop.spark.TrainingListener;
import org.eqprop.spark.TrainingState;
import org.eqprop.storage.Storage;
import org.jspecify.annotations.Nullable;

/**
 * Makes the report page of a run at its end, and serves it during the run if requested. Any failure
 * here is only a warning, since the run itself is saved by other classes.
 */
final class Reporter implements TrainingListener {
  private final Storage storage;
  private final RunFolder folder;
  private final String location;
  private final @Nullable LiveServer served;
  private int shown;
  private long showAgain = System.nanoTime();

  /**
   * @param location of the folder
   * @param served the server, which gets each new version of the page; null if nothing is served
   */
  Reporter(Storage storage, RunFolder folder, String location, @Nullable LiveServer served) {
    this.storage = storage;
    this.folder = folder;
    this.location = location;
    this.served = served;
  }

  /** Prints where the page is served, if it is. */
  void begin() {
    if (served != null) {
      show();
      System.out.printf("live at %s%n%n", served.url());
    }
  }

  private void show() {
    if (served == null) {
      return;
    }
    try {
      String version = String.valueOf(++shown);
      RunReport report = RunReport.of(storage, location);
      served.update(report.html(!report.ended(), version), version);
    } catch (Exception | LinkageError | OutOfMemoryError e) {
      warn("no live page", e);
    }
  }

  private static void warn(String what, Throwable e) {
    System.err.println("eqprop: warning: " + SafeText.line(what + ": " + InputException.reason(e)));
  }

  @Override
  public void epochStarted(int epoch, Progress progress) {}

  /**
   * Updates the served page. A page of many epochs takes long to make, so at most a third of the
   * time is spent on it.
   */
  @Override
  public void epochEnded(EpochReport report, TrainingState state) {
    long begin = System.nanoTime();
    if (begin - showAgain >= 0) {
      show();
      long end = System.nanoTime();
      showAgain = end + 2 * (end - begin);
    }
  }

  /**
   * Examines the trained network on the test set, and writes the page.
   *
   * @param weights of the trained network; not modified
   */
  void finish(
      ReplicaGroup replicas, DataPlan plan, RunConfiguration configuration, Weights weights) {
    try {
      folder.writeFigures(
          new FigureMaker(storage, plan, configuration, weights)
              .make(replicas.examine(weights, Split.TEST, configuration.evaluation().batch())));
    } catch (Exception | LinkageError | OutOfMemoryError e) { // SparkException is checked
      warn("the report has no findings of the trained network", e);
    }
    try {
      System.out.println(
          "  " + SafeText.line(RunReport.of(storage, location).write(storage, location)));
    } catch (Exception | LinkageError | OutOfMemoryError e) {
      warn("no report", e);
    }
  }

  /** Updates the served page for the last time, if there is one. */
  void end() {
    show();
  }
}
