package org.eqprop.cli;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.apache.spark.api.java.JavaSparkContext;
import org.eqprop.config.Engine;
import org.eqprop.config.RunConfiguration;
import org.eqprop.dl4j.Dl4jRounds;
import org.eqprop.dynamics.Measurement;
import org.eqprop.network.Weights;
import org.eqprop.report.ConsoleReport;
import org.eqprop.report.LiveServer;
import org.eqprop.report.ProgressDisplay;
import org.eqprop.run.Checkpoints;
import org.eqprop.run.RunFolder;
import org.eqprop.run.RunRecorder;
import org.eqprop.spark.DataPlan;
import org.eqprop.spark.Health;
import org.eqprop.spark.ReplicaGroup;
import org.eqprop.spark.Split;
import org.eqprop.spark.TrainingFailedException;
import org.eqprop.spark.TrainingListener;
import org.eqprop.spark.TrainingSession;
import org.eqprop.spark.TrainingSessionBuilder;
import org.eqprop.storage.Storage;
import org.eqprop.track.TrackedRun;
import org.jspecify.annotations.Nullable;
import org.nd4j.evaluation.classification.Evaluation;

/** One training, from its data to its report. */
final class TrainingRun {
  private final Storage storage;
  private final JavaSparkContext spark;
  private final DataPlan plan;
  private final RunStart start;
  private final TrackingOptions tracking;
  private final @Nullable String live;
  private final boolean report;

  /**
   * @param tracking options that have been checked
   * @param live address at which the report is served during the run; null if it is not served
   * @param report whether to make a report at the end
   */
  TrainingRun(
      Storage storage,
      JavaSparkContext spark,
      DataPlan plan,
      RunStart start,
      TrackingOptions tracking,
      @Nullable String live,
      boolean report) {
    this.storage = storage;
    this.spark = spark;
    this.plan = plan;
    this.start = start;
    this.tracking = tracking;
    this.live = live;
    this.report = report;
  }

  /**
   * The result of a training.
   *
   * @param test measurement of the test set
   * @param warnings what looks wrong at the end, one line each
   */
  record Outcome(Measurement test, List<String> warnings) {}

  /**
   * Trains, and writes all files of the run.
   *
   * @param asked the configuration to train
   */
  Outcome train(RunConfiguration asked) {
    try (TrainingSession session = session(asked)) {
      return train(session);
    }
  }

  private TrainingSession session(RunConfiguration asked) {
    TrainingSessionBuilder builder =
        TrainingSession.builder()
            .configuration(asked)
            .storage(storage)
            .plan(plan)
            .spark(spark)
            .cores(() -> Spark.cores(spark));
    start.newest().or(start.initial()::state).ifPresent(builder::start);
    if (asked.engine() == Engine.DL4J) {
      builder.rounds(Dl4jRounds::new);
    }
    return builder.build();
  }

  private String master() {
    var page = spark.sc().uiWebUrl();
    return page.isDefined() ? spark.master() + ", web UI " + page.get() : spark.master();
  }

  private Outcome train(TrainingSession session) {
    RunConfiguration configuration = session.configuration();
    ReplicaGroup replicas = session.replicas();
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
      int epoch = session.state().epoch();
      Reporter reporter = new Reporter(storage, folder, location, served);
      console.banner(
          Version.text(),
          List.of(plan.size(Split.TRAINING), plan.size(Split.VALIDATION), plan.size(Split.TEST)),
          replicas.inputs(),
          master(),
          replicas.computing(),
          location);
      session.warnings().forEach(console::warn);
      Map<String, String> machine = Machine.describe(spark, configuration, replicas.computing());
      folder.writeMachine(machine);
      RunRecorder recorder = new RunRecorder(folder, configuration);
      recorder.warn(session.warnings());
      if (start.resumed()) {
        recorder.resume(epoch);
      }
      if (epoch > 0) {
        System.out.printf(Locale.ROOT, "resuming after epoch %d%n%n", epoch);
      } else if (start.resumed()) {
        System.out.printf("starting from scratch%n%n");
      }
      TrackedRun tracked =
          new TrackedRun(
              storage, folder, configuration, machine, epoch, System.currentTimeMillis());
      try (Trackers trackers = tracking.start(tracked)) {
        Interruption.training(checkpoints, location, replicas);
        reporter.begin();
        Weights weights =
            run(session, recorder, recorder, checkpoints, reporter, console, trackers);
        Measurement test = recorder.lastTest();
        if (test == null) {
          test = session.evaluate(Split.TEST);
        }
        List<String> verdict =
            Health.verdict(
                "test",
                test.errorRate(),
                replicas.classCounts(Split.TEST),
                () -> replicas.tally(weights, Split.TEST, configuration.evaluation().batch()));
        List<String> ended = recorder.finish(test, verdict);
        String missing = !report ? "" : "; make its report with: report " + location;
        Interruption.during(() -> "the run is complete" + missing, replicas::cancel);
        console.finished(test, folder, ended);
        if (session.rounds() instanceof Dl4jRounds dl4j) {
          print(dl4j.evaluate(weights, plan.testSource(), configuration.evaluation().batch()));
        }
        if (report) {
          reporter.finish(replicas, plan, configuration, weights);
        }
        reporter.end();
        trackers.finish(test);
        return new Outcome(test, ended);
      }
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

  private static Weights run(
      TrainingSession session, RunRecorder recorder, TrainingListener... listeners) {
    try {
      return session.train(listeners).weights();
    } catch (TrainingFailedException e) {
      throw new TrainingFailedException(e.getMessage() + "; " + recorder.kept());
    }
  }

  private static long batches(DataPlan plan, RunConfiguration configuration) {
    return plan.batches(
            configuration.averaging().replicas(), configuration.spec().hyperparameters())
        .asLongStream()
        .sum();
  }
}
