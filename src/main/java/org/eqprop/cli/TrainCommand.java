package org.eqprop.cli;

import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.apache.spark.api.java.JavaSparkContext;
import org.eqprop.base.InputException;
import org.eqprop.base.Shown;
import org.eqprop.config.ConfigurationReader;
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
import org.eqprop.spark.ReplicaGroup;
import org.eqprop.spark.Split;
import org.eqprop.spark.TrainingFailedException;
import org.eqprop.spark.TrainingListener;
import org.eqprop.spark.TrainingSession;
import org.eqprop.spark.TrainingSessionBuilder;
import org.eqprop.spark.TrainingState;
import org.eqprop.storage.Storage;
import org.jspecify.annotations.Nullable;
import org.nd4j.evaluation.classification.Evaluation;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "train",
    mixinStandardHelpOptions = true,
    description = "Train a network: replicas on the executors, merged by parameter averaging.")
final class TrainCommand implements Callable<Integer> {
  private static final DateTimeFormatter STAMP =
      DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss", Locale.ROOT);

  @Mixin ConfigurationOptions options = new ConfigurationOptions();

  @Option(
      names = "--replicas",
      paramLabel = "N",
      description = "averaging.replicas; by default as many as Spark has cores")
  @Nullable String replicas;

  @Option(
      names = "--rounds-per-epoch",
      paramLabel = "N",
      description = "averaging.rounds-per-epoch: how often the replicas are averaged")
  @Nullable String rounds;

  @Option(names = "--epochs", paramLabel = "N", description = "training.epochs")
  @Nullable String epochs;

  @Option(
      names = "--engine",
      paramLabel = "NAME",
      description = "eqprop, this program (the default), or dl4j: DL4J's training on Spark")
  @Nullable String engine;

  @Option(
      names = "--init",
      paramLabel = "MODEL",
      description =
          "init.model: start from the weights of a model of the same network (fine-tuning): a model"
              + " file, a run folder or a zip of DL4J")
  @Nullable String init;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description =
          "the run's folder: local, or any Hadoop file system; by default runs/PRESET-DATE")
  @Nullable String out;

  @Option(
      names = "--overwrite",
      description = "replace the run in the folder; a folder of anything else is refused")
  boolean overwrite;

  @Option(
      names = "--resume",
      paramLabel = "DIR",
      description = "resume the interrupted run in that folder from its newest checkpoint")
  @Nullable String resume;

  @Option(
      names = "--from-scratch",
      description =
          "with --resume: start the run again from its first epoch, and replace what it has left")
  boolean fromScratch;

  @Option(
      names = "--fail-on-warning",
      description =
          "exit with code 1 if something looks wrong with the data or the trained network, after"
              + " everything is written")
  boolean failOnWarning;

  @Option(names = "--no-report", description = "do not make report.html at the end")
  boolean noReport;

  @Option(
      names = "--live",
      arity = "0..1",
      fallbackValue = "",
      paramLabel = "HOST:PORT",
      description =
          "serve the report during the run, by default at a free port of the loopback address only")
  @Nullable String live;

  @Override
  public Integer call() {
    Storage storage = Spark.storage();
    RunConfiguration configuration = configuration(storage);
    if (options.printed(configuration)) {
      return 0;
    }
    if (resume == null) {
      configuration = configuration.withAbsolutePaths();
    }
    String location = resume != null ? resume : out != null ? out : standardFolder();
    Spark.checkReachable(resume != null ? "--resume" : "--out", location);
    String checkpointFolder = configuration.checkpoint().folder();
    if (!checkpointFolder.isEmpty()) {
      Spark.checkReachable("checkpoint.dir =", checkpointFolder);
    }
    if (resume == null) {
      if (out != null) {
        RunFolder.check(storage, out, overwrite);
      }
      if (!checkpointFolder.isEmpty()) {
        Checkpoints.check(storage, checkpointFolder, overwrite);
      }
    }
    Start start = start(storage, configuration);
    configuration = start.initial.recorded(configuration);
    DataPlan plan = DataPlan.inspect(storage, configuration);
    int count = configuration.averaging().replicas();
    if (count > 0) { // before Spark starts
      plan.checkReplicas(count, configuration.rule().hyperparameters());
    }
    List<String> warnings;
    try (JavaSparkContext spark =
            Spark.open("train " + options.name(), configuration.rule().backend());
        TrainingSession session = session(storage, spark, plan, configuration, start)) {
      warnings = train(storage, spark, session, location, start);
    }
    if (failOnWarning) {
      Failure.requireNone(warnings);
    }
    return 0;
  }

  private String standardFolder() {
    return "runs/"
        + options.name()
        + "-"
        + LocalDateTime.now(java.time.ZoneId.systemDefault()).format(STAMP);
  }

  private RunConfiguration configuration(Storage storage) {
    if (fromScratch && resume == null) {
      throw new InputException("--from-scratch: expected --resume DIR, the run to start again");
    }
    if (resume != null) {
      return resumedConfiguration(storage, resume);
    }
    return options.read(storage, changes());
  }

  /** A resumed run keeps its own configuration; options must agree with it. */
  private RunConfiguration resumedConfiguration(Storage storage, String folder) {
    if (init != null) {
      throw new InputException(
          "--init "
              + init
              + " does not go with --resume, which continues from the run's own weights: expected one"
              + " of the two");
    }
    if (out != null || overwrite) {
      throw new InputException(
          "--resume continues in the run's own folder: expected no --out and no --overwrite");
    }
    String file = RunFolder.resume(storage, folder).path(RunFolder.CONFIGURATION);
    RunConfiguration own = new ConfigurationReader().stored(storage, file).read();
    RunConfiguration asked =
        options.namesSource()
            ? options.read(storage, changes())
            : options.changed(new ConfigurationReader().stored(storage, file), changes());
    int count = own.averaging().replicas();
    int askedCount = asked.averaging().replicas();
    asked
        .resolved(askedCount > 0 ? askedCount : count)
        .measuredAs(own)
        .withAbsolutePaths()
        .startedAs(own.withAbsolutePaths())
        .difference(own.withAbsolutePaths())
        .ifPresent(
            difference -> {
              throw new InputException(
                  "--resume: "
                      + difference
                      + ", as in "
                      + file
                      + ": a resumed run keeps its configuration");
            });
    return own;
  }

  private ConfigurationOptions.Change[] changes() {
    List<ConfigurationOptions.Change> changes = new ArrayList<>();
    ConfigurationOptions.add(changes, "--replicas", "averaging.replicas", replicas);
    ConfigurationOptions.add(changes, "--rounds-per-epoch", "averaging.rounds-per-epoch", rounds);
    ConfigurationOptions.add(changes, "--engine", "engine", engine);
    ConfigurationOptions.add(changes, "--epochs", "training.epochs", epochs);
    if (init != null) { // the checksum of a --conf file is that of another model
      ConfigurationOptions.add(changes, "--init", "init.model", init);
      ConfigurationOptions.add(changes, "--init", "init.checksum", "");
    }
    return changes.toArray(ConfigurationOptions.Change[]::new);
  }

  /**
   * What a run begins with.
   *
   * @param checkpoints of the interrupted run; null if the run is new
   * @param newest the state to resume from; empty: from the first epoch
   * @param initial the weights of the first epoch; read only if it is trained
   */
  private record Start(
      @Nullable Checkpoints checkpoints, Optional<TrainingState> newest, InitialModel initial) {}

  private Start start(Storage storage, RunConfiguration configuration) {
    if (resume == null) {
      return new Start(null, Optional.empty(), InitialModel.read(storage, configuration));
    }
    RunFolder folder = RunFolder.resume(storage, resume);
    Checkpoints checkpoints = checkpoints(storage, folder, configuration);
    Optional<TrainingState> newest = fromScratch ? Optional.empty() : newest(folder, checkpoints);
    return new Start(
        checkpoints,
        newest,
        newest.isPresent() ? InitialModel.NONE : InitialModel.read(storage, configuration));
  }

  /** A run without a checkpoint starts from scratch only if that destroys nothing. */
  private static Optional<TrainingState> newest(RunFolder folder, Checkpoints checkpoints) {
    Optional<TrainingState> newest =
        checkpoints.newest(
            warning -> System.err.println("eqprop: warning: " + Shown.line(warning)));
    if (newest.isEmpty() && !checkpoints.endedInFirst(folder.recordedEpochs())) {
      folder.requireNothingToLose(checkpoints.folder());
    }
    return newest;
  }

  private static TrainingSession session(
      Storage storage,
      JavaSparkContext spark,
      DataPlan plan,
      RunConfiguration configuration,
      Start start) {
    TrainingSessionBuilder builder =
        TrainingSession.builder()
            .configuration(configuration)
            .storage(storage)
            .plan(plan)
            .spark(spark)
            .cores(() -> Spark.cores(spark));
    start.newest.or(start.initial::state).ifPresent(builder::start);
    if (configuration.engine() == Engine.DL4J) {
      builder.rounds(Dl4jRounds::new);
    }
    return builder.build();
  }

  /**
   * @return what looks wrong at the end, a line each
   */
  private List<String> train(
      Storage storage,
      JavaSparkContext spark,
      TrainingSession session,
      String wanted,
      Start beginning) {
    RunConfiguration configuration = session.configuration();
    DataPlan plan = session.plan();
    ReplicaGroup cluster = session.replicas();
    List<String> warnings = session.warnings();
    ProgressDisplay display =
        new ProgressDisplay(System.out, Terminal.watched(), batches(plan, configuration));
    ConsoleReport console = new ConsoleReport(System.out, display, configuration);
    try (LiveServer served = live == null ? null : new LiveServer(live)) {
      RunFolder folder = folder(storage, wanted);
      String location = folder.location();
      Checkpoints checkpoints =
          beginning.checkpoints == null
              ? checkpoints(storage, folder, configuration)
              : beginning.checkpoints;
      if (beginning.newest.isEmpty()) {
        checkpoints.clear();
      }
      int resumed = session.state().epoch();
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
      if (resume != null) {
        recorder.resume(resumed);
      }
      if (resumed > 0) {
        System.out.printf(Locale.ROOT, "resuming after epoch %d%n%n", resumed);
      } else if (resume != null) {
        System.out.printf("starting from scratch%n%n");
      }
      Interruption.training(checkpoints, location, cluster);
      reporter.begin();
      float[] parameters = run(session, recorder, recorder, checkpoints, reporter, console);
      Measurement test = recorder.lastTest();
      if (test == null) {
        test = session.evaluate(Split.TEST);
      }
      List<String> verdict =
          Health.verdict(
              "test",
              test.errorRate(),
              cluster.classCounts(Split.TEST),
              () -> cluster.tally(parameters, Split.TEST, configuration.evaluation().batch()));
      List<String> ended = recorder.finish(test, verdict);
      String missing = noReport ? "" : "; make its report with: report " + location;
      Interruption.during(() -> "the run is complete" + missing, cluster::cancel);
      console.finished(test, folder, ended);
      if (session.rounds() instanceof Dl4jRounds dl4j) {
        print(dl4j.evaluate(parameters, plan.testSource(), configuration.evaluation().batch()));
      }
      if (!noReport) {
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
      TrainingSession session, RunRecorder recorder, TrainingListener... listeners) {
    try {
      return session.train(listeners).parameters();
    } catch (TrainingFailedException e) {
      throw new TrainingFailedException(e.getMessage() + "; " + recorder.kept());
    }
  }

  private static Checkpoints checkpoints(
      Storage storage, RunFolder folder, RunConfiguration configuration) {
    String dir = configuration.checkpoint().folder();
    return new Checkpoints(
        storage, dir.isEmpty() ? folder.path(RunFolder.CHECKPOINTS) : dir, configuration);
  }

  /** Changes the run's folder for the first time. */
  private RunFolder folder(Storage storage, String location) {
    if (resume != null) {
      RunFolder folder = RunFolder.resume(storage, location);
      if (fromScratch) {
        folder.startFromScratch();
      }
      return folder;
    }
    return out == null
        ? RunFolder.createNumbered(storage, location)
        : RunFolder.create(storage, location, overwrite);
  }

  private static long batches(DataPlan plan, RunConfiguration configuration) {
    return plan.batches(
            configuration.averaging().replicas(), configuration.rule().hyperparameters())
        .asLongStream()
        .sum();
  }
}
