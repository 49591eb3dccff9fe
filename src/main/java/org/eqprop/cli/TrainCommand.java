package org.eqprop.cli;

import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.BiFunction;
import org.apache.spark.api.java.JavaSparkContext;
import org.eqprop.base.InputException;
import org.eqprop.base.SafeText;
import org.eqprop.config.AveragingSettings;
import org.eqprop.config.CheckpointSettings;
import org.eqprop.config.ConfigurationReader;
import org.eqprop.config.Engine;
import org.eqprop.config.InitialSettings;
import org.eqprop.config.RunConfiguration;
import org.eqprop.learning.Hyperparameters;
import org.eqprop.run.Checkpoints;
import org.eqprop.run.RunFolder;
import org.eqprop.spark.DataPlan;
import org.eqprop.spark.TrainingState;
import org.eqprop.storage.Storage;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "train",
    mixinStandardHelpOptions = true,
    description =
        "Train a network: Spark splits the data into partitions, a copy of the network (a replica) is"
            + " trained on each, and the replicas are averaged.")
final class TrainCommand implements Callable<Integer> {
  private static final DateTimeFormatter STAMP =
      DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss", Locale.ROOT);

  @Mixin ConfigurationOptions options = new ConfigurationOptions();
  @Mixin TableOptions table = new TableOptions();
  @Mixin RunFolderOptions runFolder = new RunFolderOptions();
  @Mixin ReportOptions report = new ReportOptions();
  @Mixin TrackingOptions tracking = new TrackingOptions();

  @Option(
      names = "--epochs",
      paramLabel = "N",
      description = "number of epochs (" + Hyperparameters.EPOCHS_KEY + ")")
  @Nullable String epochs;

  @Option(
      names = "--replicas",
      paramLabel = "N",
      description =
          "number of replicas, by default one per core (" + AveragingSettings.REPLICAS_KEY + ")")
  @Nullable String replicas;

  @Option(
      names = "--rounds-per-epoch",
      paramLabel = "N",
      description =
          "how often per epoch the replicas are averaged (" + AveragingSettings.ROUNDS_KEY + ")")
  @Nullable String rounds;

  @Option(
      names = "--seeds",
      paramLabel = "N,N,…",
      hideParamSyntax = true,
      split = ",",
      description =
          "train once with each seed, into subfolder seed-N of the --out folder, and report the mean ±"
              + " the standard deviation of the test error")
  @Nullable List<String> seeds;

  @Option(
      names = "--engine",
      paramLabel = "NAME",
      description =
          "what trains the replicas: eqprop (this program, the default) or dl4j (DL4J's training on"
              + " Spark)")
  @Nullable String engine;

  @Option(
      names = "--init",
      paramLabel = "MODEL",
      description =
          "start from the weights of a model with the same layers (fine-tuning): a model file, a run"
              + " folder, a saved Spark ML model or a DL4J zip ("
              + InitialSettings.MODEL_KEY
              + ")")
  @Nullable String init;

  @Option(
      names = "--fail-on-warning",
      description =
          "write everything, then exit with code 1 if something looks wrong with the data or the"
              + " trained network")
  boolean failOnWarning;

  @Override
  public Integer call() {
    Storage storage = Spark.storage();
    RunConfiguration configuration = configuration(storage);
    if (options.printed(configuration)) {
      return 0;
    }
    if (runFolder.resume == null) {
      configuration = configuration.withAbsolutePaths();
    }
    String location = runFolder.location().orElseGet(this::standardFolder);
    Spark.checkReachable(runFolder.option(), location);
    if (seeds != null) {
      return overSeeds(storage, configuration, SeedRuns.of(seeds, storage, location));
    }
    String checkpointFolder = configuration.checkpoint().folder();
    if (!checkpointFolder.isEmpty()) {
      Spark.checkReachable(CheckpointSettings.FOLDER_KEY + " =", checkpointFolder);
    }
    if (runFolder.resume == null) {
      if (runFolder.out != null) {
        RunFolder.check(storage, runFolder.out, runFolder.overwrite);
      }
      if (!checkpointFolder.isEmpty()) {
        Checkpoints.check(storage, checkpointFolder, runFolder.overwrite);
      }
    }
    tracking.check(System.getenv());
    RunStart start = start(storage, configuration, location);
    configuration = start.initial().recorded(configuration);
    RunConfiguration recorded = configuration;
    return onSpark(
        storage,
        recorded,
        (spark, plan) -> train(storage, spark, plan, start, recorded).warnings());
  }

  /** Opens Spark, trains, and returns the exit code. */
  private int onSpark(
      Storage storage,
      RunConfiguration configuration,
      BiFunction<JavaSparkContext, DataPlan, List<String>> trainings) {
    // Checks the data before Spark starts, unless Spark reads them.
    boolean tables = configuration.data().needSpark();
    configuration.data().training().check(storage);
    configuration.data().test().check(storage);
    DataPlan known = tables ? null : checkedPlan(storage, configuration);
    List<String> warnings;
    try (JavaSparkContext spark =
        Spark.open("train " + options.name(), tables, configuration.spec().backend())) {
      DataPlan plan = known == null ? checkedPlan(storage, configuration) : known;
      warnings = trainings.apply(spark, plan);
    }
    if (failOnWarning) {
      Failure.requireNone(warnings);
    }
    return 0;
  }

  private TrainingRun.Outcome train(
      Storage storage,
      JavaSparkContext spark,
      DataPlan plan,
      RunStart start,
      RunConfiguration configuration) {
    return new TrainingRun(storage, spark, plan, start, tracking, report.live, !report.none)
        .train(configuration);
  }

  private int overSeeds(Storage storage, RunConfiguration configuration, SeedRuns runs) {
    if (options.seed != null) {
      throw new InputException(
          "--seed " + options.seed + " with --seeds: expected only one of the two");
    }
    if (runFolder.resume != null) {
      throw new InputException(
          "--seeds cannot be combined with --resume: resume each seed's own folder, DIR/seed-N");
    }
    if (!configuration.checkpoint().folder().isEmpty()) {
      throw new InputException(
          CheckpointSettings.FOLDER_KEY
              + " = "
              + configuration.checkpoint().folder()
              + " cannot be combined with --seeds: expected none, since each seed has its"
              + " checkpoints in its own folder");
    }
    runs.check(runFolder.overwrite);
    tracking.check(System.getenv());
    InitialModel initial = InitialModel.read(storage, configuration);
    RunConfiguration recorded = initial.recorded(configuration);
    return onSpark(
        storage,
        recorded,
        (spark, plan) -> trainSeeds(storage, spark, plan, recorded, initial, runs));
  }

  /** Trains with each seed, and returns the warnings. */
  private List<String> trainSeeds(
      Storage storage,
      JavaSparkContext spark,
      DataPlan plan,
      RunConfiguration configuration,
      InitialModel initial,
      SeedRuns runs) {
    List<String> warnings = new ArrayList<>();
    runs.begin();
    for (long seed : runs.seeds()) {
      RunStart start =
          new RunStart(
              () -> RunFolder.create(storage, runs.folder(seed), runFolder.overwrite),
              false,
              null,
              Optional.empty(),
              initial);
      RunConfiguration seeded = configuration.with(Hyperparameters.SEED_KEY, String.valueOf(seed));
      TrainingRun.Outcome outcome = train(storage, spark, plan, start, seeded);
      warnings.addAll(outcome.warnings());
      runs.ended(seed, outcome.test().errorRate());
    }
    System.out.printf("%n%s%n  %s%n", runs.words(), SafeText.line(runs.file()));
    return warnings;
  }

  private static DataPlan checkedPlan(Storage storage, RunConfiguration configuration) {
    DataPlan plan = DataPlan.inspect(storage, configuration);
    int count = configuration.averaging().replicas();
    if (count > 0) {
      plan.checkReplicas(count, configuration.spec().hyperparameters());
    }
    return plan;
  }

  private String standardFolder() {
    return "runs/"
        + options.name()
        + "-"
        + LocalDateTime.now(java.time.ZoneId.systemDefault()).format(STAMP);
  }

  private RunConfiguration configuration(Storage storage) {
    runFolder.check();
    if (runFolder.resume != null) {
      return resumedConfiguration(storage, runFolder.resume);
    }
    return options.read(storage, changes());
  }

  /** A resumed run keeps its own configuration; options must agree with it. */
  private RunConfiguration resumedConfiguration(Storage storage, String folder) {
    if (init != null) {
      throw new InputException(
          "--init "
              + init
              + " cannot be combined with --resume, which continues from the run's own weights:"
              + " expected only one of the two");
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

  private ConfigurationChanges.Change[] changes() {
    List<ConfigurationChanges.Change> changes = new ArrayList<>();
    changes.addAll(table.changes());
    ConfigurationChanges.add(changes, "--replicas", AveragingSettings.REPLICAS_KEY, replicas);
    ConfigurationChanges.add(changes, "--rounds-per-epoch", AveragingSettings.ROUNDS_KEY, rounds);
    ConfigurationChanges.add(changes, "--engine", Engine.KEY, engine);
    ConfigurationChanges.add(changes, "--epochs", Hyperparameters.EPOCHS_KEY, epochs);
    if (init != null) { // a checksum in a --conf file belongs to another model
      ConfigurationChanges.add(changes, "--init", InitialSettings.MODEL_KEY, init);
      ConfigurationChanges.add(changes, "--init", InitialSettings.CHECKSUM_KEY, "");
    }
    return changes.toArray(ConfigurationChanges.Change[]::new);
  }

  private RunStart start(Storage storage, RunConfiguration configuration, String location) {
    if (runFolder.resume == null) {
      return new RunStart(
          () -> folder(storage, location),
          false,
          null,
          Optional.empty(),
          InitialModel.read(storage, configuration));
    }
    RunFolder folder = RunFolder.resume(storage, runFolder.resume);
    Checkpoints checkpoints = RunStart.checkpoints(storage, folder, configuration);
    Optional<TrainingState> newest =
        runFolder.fromScratch ? Optional.empty() : newest(folder, checkpoints);
    return new RunStart(
        () -> folder(storage, location),
        true,
        checkpoints,
        newest,
        newest.isPresent() ? InitialModel.NONE : InitialModel.read(storage, configuration));
  }

  /**
   * Returns the newest checkpoint. A run without one only starts from scratch if that destroys
   * nothing.
   */
  private static Optional<TrainingState> newest(RunFolder folder, Checkpoints checkpoints) {
    Optional<TrainingState> newest =
        checkpoints.newest(
            warning -> System.err.println("eqprop: warning: " + SafeText.line(warning)));
    if (newest.isEmpty() && !checkpoints.endedInFirst(folder.recordedEpochs())) {
      folder.requireNothingToLose(checkpoints.folder());
    }
    return newest;
  }

  /** Makes the first change to the run's folder, and returns it. */
  private RunFolder folder(Storage storage, String location) {
    if (runFolder.resume != null) {
      RunFolder folder = RunFolder.resume(storage, location);
      if (runFolder.fromScratch) {
        folder.startFromScratch();
      }
      return folder;
    }
    return runFolder.out == null
        ? RunFolder.createNumbered(storage, location)
        : RunFolder.create(storage, location, runFolder.overwrite);
  }
}
