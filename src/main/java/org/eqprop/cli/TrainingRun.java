package org.eqprop.cli;

import java.util.List;
import java.util.Locale;
import org.apache.spark.api.java.JavaSparkContext;
import org.eqprop.config.Engine;
import org.eqprop.config.RunConfiguration;
import org.eqprop.dl4j.Dl4jRounds;
import org.eqprop.dynamics.Measurement;
import org.eqprop.report.ConsoleReport;
import org.eqprop.report.LiveServer;
import org.eqprop.report.ProgressDisplay;
import org.eqprop.run.Checkpoints;
import org.eqprop.run.RunFolder;
import org.eqprop.run.RunRecorder;
import org.eqprop.spark.DataPlan;
import org.eqprop.spark.Health;
import org.eqprop.spark.Replicas;
import org.eqprop.spark.SparkTrainer;
import org.eqprop.spark.Split;
import org.eqprop.spark.TrainingFailedException;
import org.eqprop.spark.TrainingListener;
import org.eqprop.spark.TrainingState;
import org.eqprop.storage.Storage;
import org.jspecify.annotations.Nullable;
import org.nd4j.evaluation.classification.Evaluation;

/** One training from its data to its report. */
final class TrainingRun {
  private final Storage storage;
  private final JavaSparkContext spark;
  private final DataPlan plan;
  private final RunStart start;
  private final @Nullable String live;
  private final boolean report;

  /**
   * @param live where the report is served meanwhile; null if it is not
   * @param report whether one is made at the end
   */
  TrainingRun(
      Storage storage,
      JavaSparkContext spark,
      DataPlan plan,
      RunStart start,
      @Nullable String live,
      boolean report) {
    this.storage = storage;
    this.spark = spark;
    this.plan = plan;
    this.start = start;
    this.live = live;
    this.report = report;
  }

  /**
   * Trains, and writes all that a run leaves.
   *
   * @param asked with the number of replicas resolved
   * @return what looks wrong at the end, a line each
   */
  List<String> train(RunConfiguration asked) {
    int count = asked.averaging().replicas();
    try (Replicas data = new Replicas(spark, plan, asked.rule(), count)) {
      List<String> warnings = data.load();
      RunConfiguration configuration = asked.measured(data.inputs());
      try (Replicas cluster = data.with(configuration.rule())) {
        return train(configuration, cluster, warnings);
      }
    }
  }

  private List<String> train(
      RunConfiguration configuration, Replicas cluster, List<String> warnings) {
    ProgressDisplay display =
        new ProgressDisplay(System.out, Terminal.watched(), batches(plan, configuration));
    ConsoleReport console = new ConsoleReport(System.out, display, configuration);
    try (LiveServer served = live == null ? null : new LiveServer(live)) {
      RunFolder folder = start.folder().get();
      String location = folder.location();
      Checkpoints checkpoints =
          start.checkpoints() == null
              ? RunStart.checkpoints(storage, folder, configuration)
              : start.checkpoints();
      if (start.newest().isEmpty()) {
        checkpoints.clear();
      }
      TrainingState state = start.newest().orElseGet(() -> start.initial().state(configuration));
      Reporter reporter = new Reporter(storage, folder, location, served);
      console.banner(
          Version.text(),
          List.of(plan.size(Split.TRAINING), plan.size(Split.VALIDATION), plan.size(Split.TEST)),
          cluster.inputs(),
          spark.master(),
          cluster.computing(),
          location);
      warnings.forEach(console::warn);
      folder.writeMachine(Machine.describe(spark, configuration, cluster.computing()));
      RunRecorder recorder = new RunRecorder(folder, configuration);
      recorder.warn(warnings);
      if (start.resumed()) {
        recorder.resume(state.epoch());
      }
      if (state.epoch() > 0) {
        System.out.printf(Locale.ROOT, "resuming after epoch %d%n%n", state.epoch());
      } else if (start.resumed()) {
        System.out.printf("starting from scratch%n%n");
      }
      Dl4jRounds dl4j =
          configuration.engine() == Engine.DL4J
              ? new Dl4jRounds(spark, cluster, configuration.rule())
              : null;
      SparkTrainer trainer =
          dl4j == null
              ? new SparkTrainer(configuration, plan, cluster)
              : new SparkTrainer(configuration, plan, cluster, dl4j);
      Interruption.training(checkpoints, location, cluster);
      reporter.begin();
      float[] parameters =
          run(trainer, state, recorder, List.of(recorder, checkpoints, reporter, console));
      Measurement test = recorder.lastTest();
      if (test == null) {
        test =
            cluster.evaluate(
                parameters, Split.TEST, "evaluate test", configuration.evaluation().batch());
      }
      List<String> verdict =
          Health.verdict(
              "test",
              test.errorRate(),
              cluster.classCounts(Split.TEST),
              () -> cluster.tally(parameters, Split.TEST, configuration.evaluation().batch()));
      List<String> ended = recorder.finish(test, verdict);
      String missing = !report ? "" : "; make its report with: report " + location;
      Interruption.during(() -> "the run is complete" + missing, cluster::cancel);
      console.finished(test, folder, ended);
      if (dl4j != null) {
        print(dl4j.evaluate(parameters, plan.testSource(), configuration.evaluation().batch()));
      }
      if (report) {
        reporter.finish(cluster, plan, configuration, parameters);
      }
      reporter.end();
      return ended;
    } finally {
      display.end();
    }
  }

  private static void print(Evaluation evaluation) {
    System.out.printf(
        Locale.ROOT,
        "  DL4J's own evaluation: accuracy %.4f, precision %.4f, recall %.4f, F1 %.4f%n",
        evaluation.accuracy(),
        evaluation.precision(),
        evaluation.recall(),
        evaluation.f1());
  }

  private static float[] run(
      SparkTrainer trainer,
      TrainingState start,
      RunRecorder recorder,
      List<TrainingListener> listeners) {
    try {
      return trainer.train(start, TrainingListener.all(listeners));
    } catch (TrainingFailedException e) {
      throw new TrainingFailedException(e.getMessage() + "; " + recorder.kept());
    }
  }

  private static long batches(DataPlan plan, RunConfiguration configuration) {
    return plan.batches(
            configuration.averaging().replicas(), configuration.rule().hyperparameters())
        .asLongStream()
        .sum();
  }
}
