package org.eqprop.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerTaskStart;
import org.eqprop.Idx;
import org.eqprop.SharedSpark;
import org.eqprop.base.InputException;
import org.eqprop.base.Slice;
import org.eqprop.config.ConfigurationReader;
import org.eqprop.config.RunConfiguration;
import org.eqprop.data.ExampleSource;
import org.eqprop.data.Examples;
import org.eqprop.data.MemorySource;
import org.eqprop.data.Shape;
import org.eqprop.dynamics.Measurement;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.learning.Evaluator;
import org.eqprop.learning.LocalTrainer;
import org.eqprop.learning.RoundAssignment;
import org.eqprop.learning.UpdaterState;
import org.eqprop.network.Network;
import org.eqprop.network.Parameters;
import org.eqprop.network.Weights;
import org.eqprop.storage.Storage;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.buffer.DataType;

class SparkTrainerIT {
  @TempDir Path folder;

  @BeforeEach
  void data() {
    Idx.quadrants(folder, 330, 1);
  }

  private RunConfiguration configuration(String... assignments) {
    ConfigurationReader reader =
        Idx.onQuadrants(folder)
            .set("data.validation=30")
            .set("training.epochs=3")
            .set("training.learning-rates=[0.2, 0.1]");
    for (String assignment : assignments) {
      reader = reader.set(assignment);
    }
    return reader.read();
  }

  /** Records the reports and states that it receives. */
  private static final class Recorder implements TrainingListener {
    final List<EpochReport> reports = new ArrayList<>();
    final List<TrainingState> states = new ArrayList<>();
    Weights kept = Weights.zeros(Network.of(1, 1));

    @Override
    public void epochEnded(EpochReport report, TrainingState state) {
      reports.add(report);
      states.add(state);
      kept = state.weights();
    }
  }

  private static TrainingSessionBuilder session(RunConfiguration configuration) {
    return TrainingSession.builder().configuration(configuration).spark(SharedSpark.context());
  }

  private static Weights train(TrainingSessionBuilder builder, Recorder recorder) {
    try (TrainingSession session = builder.listener(recorder).build()) {
      // A validation set of one example lacks classes, which gives a warning.
      assertThat(session.warnings()).allMatch(warning -> warning.startsWith("the validation set "));
      return session.train().weights();
    }
  }

  private static Weights train(RunConfiguration configuration, Recorder recorder) {
    return train(session(configuration), recorder);
  }

  private static Weights train(RunConfiguration configuration) {
    return train(configuration, new Recorder());
  }

  /**
   * A custom kind of data: the examples that {@link #data} writes to files, generated when they are
   * read.
   */
  private record MadeExamples(int examples) implements ExampleSource {
    @Override
    public String name() {
      return "made";
    }

    @Override
    public Header header(Storage storage) {
      return new Header(examples, Shape.image(4, 4), OptionalInt.of(4));
    }

    @Override
    public Examples read(Storage storage, Slice slice) {
      return Idx.floats(Idx.quadrants(examples, 1).slice(slice));
    }
  }

  @Test
  void aCustomSourceGivesTheSameResultsAsFiles() {
    RunConfiguration configuration =
        configuration("averaging.replicas=3", "evaluation.test-each-epoch=true");
    Recorder fromFiles = new Recorder();
    Weights expected = train(configuration, fromFiles);
    for (ExampleSource source :
        List.of(new MadeExamples(330), new MemorySource("given", Idx.quadrants(330, 1)))) {
      Recorder recorder = new Recorder();
      assertThat(train(session(configuration).training(source).test(source), recorder))
          .isEqualTo(expected);
      assertThat(recorder.reports)
          .extracting(EpochReport::training, EpochReport::validation, EpochReport::test)
          .containsExactlyElementsOf(
              fromFiles.reports.stream()
                  .map(report -> tuple(report.training(), report.validation(), report.test()))
                  .toList());
    }
  }

  /** Trains with the local trainer, the reference for everything distributed. */
  private static Weights trainLocally(RunConfiguration configuration) {
    DataPlan plan = DataPlan.inspect(Storage.local(), configuration);
    var images = plan.read(Storage.local(), Split.TRAINING, 0, 1);
    var spec = configuration.spec();
    try (Relaxer relaxer = spec.newRelaxer()) {
      relaxer.load(Weights.glorotUniform(spec.network(), spec.hyperparameters().seed()));
      LocalTrainer trainer = new LocalTrainer(spec, relaxer);
      for (int epoch = 0; epoch < spec.hyperparameters().epochs(); epoch++) {
        var unused = trainer.train(images, RoundAssignment.whole(epoch), m -> {});
      }
      return relaxer.weights();
    }
  }

  @Test
  void oneReplicaTrainsLikeTheLocalTrainerBitForBit() {
    for (String kind : List.of("centered", "random-sign")) {
      RunConfiguration configuration =
          configuration("averaging.replicas=1", "estimator.kind=" + kind);
      Weights local = trainLocally(configuration);
      assertThat(train(configuration)).isEqualTo(local);
      assertThat(train(configuration.with("averaging.rounds-per-epoch", "4"))).isEqualTo(local);
    }
  }

  @Test
  void aRunRepeatsBitForBitAndDependsOnSeedReplicasAndRounds() {
    RunConfiguration configuration = configuration("averaging.replicas=3");
    Weights once = train(configuration);
    assertThat(train(configuration)).isEqualTo(once);
    assertThat(train(configuration.with("training.seed", "2"))).isNotEqualTo(once);
    assertThat(train(configuration.with("averaging.replicas", "2"))).isNotEqualTo(once);
    assertThat(train(configuration.with("averaging.rounds-per-epoch", "2"))).isNotEqualTo(once);
  }

  @Test
  void trainsOnEveryExampleOncePerEpochWithAnyReplicasAndRounds() {
    for (String replicas : List.of("1", "4", "7")) {
      for (String rounds : List.of("1", "3", "40")) {
        Recorder recorder = new Recorder();
        var unused =
            train(
                configuration(
                    "averaging.replicas=" + replicas, "averaging.rounds-per-epoch=" + rounds),
                recorder);
        assertThat(recorder.reports)
            .extracting(r -> r.training().examples())
            .containsExactly(300L, 300L, 300L);
        assertThat(recorder.reports).extracting(EpochReport::epoch).containsExactly(1, 2, 3);
      }
    }
  }

  /** The tree on executors, and the same tree on the driver. */
  @Test
  void addsUpManyReplicasOnExecutorsInAFixedTree() {
    RunConfiguration configuration =
        configuration(
            "averaging.replicas=70",
            "averaging.warm-up.epochs=2",
            "averaging.warm-up.rounds-per-epoch=1",
            "training.batch=4",
            "training.epochs=2");
    Weights distributed = train(configuration);
    assertThat(train(configuration)).isEqualTo(distributed);
    assertThat(replicasAtTheDriver(configuration)).isEqualTo(distributed);
  }

  @Test
  void raisesLearningRatesAfterTheWarmUp() {
    RunConfiguration configuration =
        configuration("averaging.replicas=3", "averaging.warm-up.epochs=1", "training.epochs=1");
    RunConfiguration faster = configuration.with("averaging.learning-rate-factor", "1.5");
    assertThat(train(faster)).isEqualTo(train(configuration));
    assertThat(train(faster.with("training.epochs", "2")))
        .isNotEqualTo(train(configuration.with("training.epochs", "2")));
  }

  /** The factor counts once: as if the learning rates themselves were twice as high. */
  @Test
  void appliesTheFactorOnTheLearningRatesOnce() {
    RunConfiguration factor =
        configuration(
            "averaging.replicas=3",
            "averaging.warm-up.epochs=0",
            "averaging.outer.optimizer=average",
            "averaging.learning-rate-factor=2");
    RunConfiguration rates =
        configuration(
            "averaging.replicas=3",
            "averaging.warm-up.epochs=0",
            "averaging.outer.optimizer=average",
            "averaging.learning-rate-factor=1",
            "training.learning-rates=[0.4, 0.2]");
    Recorder recorder = new Recorder();
    assertThat(train(factor, recorder)).isEqualTo(train(rates));
    assertThat(recorder.reports).allSatisfy(r -> assertThat(r.warnings()).isEmpty());
  }

  /** Velocity, warm-up, decay, order and signs all follow from the state and the epoch. */
  @Test
  void aRunResumedFromAnyEpochEndsWithTheSameWeights() {
    RunConfiguration configuration =
        configuration(
            "averaging.replicas=3",
            "averaging.warm-up.epochs=1",
            "averaging.rounds-per-epoch=2",
            "averaging.outer.optimizer=nesterov",
            "averaging.outer.momentum=0.5",
            "estimator.kind=random-sign",
            "training.schedule=cosine",
            "training.warm-up-epochs=1",
            "training.epochs=4");
    Recorder whole = new Recorder();
    Weights expected = train(configuration, whole);
    assertThat(whole.states.get(2).velocity()).isNotNull();
    for (int epochs = 1; epochs < 4; epochs++) {
      Recorder rest = new Recorder();
      assertThat(train(session(configuration).start(whole.states.get(epochs - 1)), rest))
          .isEqualTo(expected);
      assertThat(rest.reports).first().extracting(EpochReport::epoch).isEqualTo(epochs + 1);
    }
  }

  /** Weights of {@code configuration()}'s network that predict the same class for every image. */
  private static Weights always(int label) {
    try (Parameters parameters = Parameters.zeros(Network.of(16, 12, 4), DataType.FLOAT)) {
      parameters.bias(1).assign(0.5);
      parameters.bias(2).putScalar(label, 1);
      return parameters.toWeights();
    }
  }

  /**
   * Records the rounds that {@link SparkTrainer} requests, and returns weights that predict the
   * same class for every image.
   */
  private static final class ScriptedRounds implements Rounds {
    final List<Integer> answers;
    final List<String> asked = new ArrayList<>();
    final List<Weights> starts = new ArrayList<>();

    ScriptedRounds(Integer... answers) {
      this.answers = new ArrayList<>(List.of(answers));
    }

    @Override
    public Round train(TrainingState start, double rateFactor, int round, int rounds) {
      asked.add(
          "epoch " + start.epoch() + ", round " + round + "/" + rounds + ", factor " + rateFactor);
      starts.add(start.weights());
      Measurement measured = new Measurement(300, 1, 1, 1, List.of(1.0, 1.0));
      return new Round(always(answers.remove(0)), UpdaterState.ZERO, measured, 0, 0, 0, 0);
    }
  }

  /**
   * Always predicting 0 errs in 60 %, 1 in 74 %, 2 in 83 %. An error of 74 % may follow 60 %, and
   * 83 % might follow 74 %, but not 60 %.
   */
  @ParameterizedTest
  @CsvSource({"false, 30", "true, 30", "false, 600"})
  void comparesAnEpochWithTheLowestErrorNotWithTheLast(boolean resumed, int validation) {
    // Only training examples are trusted, or validation examples if there are enough of them.
    byte[] labels = new byte[300 + validation];
    for (int i = 0; i < labels.length; i++) {
      int percent = i * 37 % 100;
      int label = percent < 40 ? 0 : percent < 66 ? 1 : percent < 83 ? 2 : 3;
      labels[i] = (byte) (validation < 500 || i >= 300 ? label : 3);
    }
    Idx.quadrants(folder, labels.length, 1);
    Idx.write(folder.resolve("labels.idx"), Idx.labels(labels));
    Path test = folder.resolve("test");
    assertThat(test.toFile().mkdir()).isTrue();
    Idx.quadrants(test, 600, 1);
    RunConfiguration configuration =
        configuration(
            "data.validation=" + validation,
            "data.test-images=" + test + "/images.idx",
            "data.test-labels=" + test + "/labels.idx",
            "evaluation.test-each-epoch=true",
            "averaging.replicas=3",
            "averaging.warm-up.epochs=1",
            "averaging.warm-up.rounds-per-epoch=2",
            "averaging.rounds-per-epoch=1",
            "averaging.outer.optimizer=average",
            "averaging.learning-rate-factor=2");
    Recorder recorder = new Recorder();
    ScriptedRounds rounds = new ScriptedRounds(3, 0, 1, 2, 0);
    TrainingSessionBuilder builder =
        session(configuration).listener(recorder).rounds((spark, replicas, spec) -> rounds);
    if (resumed) {
      rounds.answers.subList(0, 3).clear();
      builder.start(new TrainingState(2, always(1), null, 0.6));
    }
    try (TrainingSession session = builder.build()) {
      assertThat(session.train().weights()).isEqualTo(always(0));
    }
    List<String> all =
        List.of(
            "epoch 0, round 0/2, factor 1.0",
            "epoch 0, round 1/2, factor 1.0",
            "epoch 1, round 0/1, factor 2.0",
            "epoch 2, round 0/1, factor 2.0",
            "epoch 2, round 0/1, factor 1.0");
    assertThat(rounds.asked).isEqualTo(resumed ? all.subList(3, 5) : all);
    int last = rounds.starts.size() - 1; // trained again from the start of the epoch
    assertThat(rounds.starts.get(last)).isEqualTo(always(1)).isEqualTo(rounds.starts.get(last - 1));
    EpochReport third = recorder.reports.get(recorder.reports.size() - 1);
    assertThat(third.warnings())
        .singleElement()
        .asString()
        .startsWith("epoch 3: overshot: error 83.0 %, 60.0 % before;");
    assertThat(recorder.states)
        .extracting(TrainingState::error)
        .allSatisfy(error -> assertThat(error).isBetween(0.59, 0.61));
  }

  /**
   * The warm-up uses plain averages; with an outer optimizer that always overshoots, so do all
   * other epochs.
   */
  @Test
  void fallsBackToPlainAveragesIfStepsOvershoot() {
    RunConfiguration plain =
        configuration(
            "averaging.replicas=3",
            "averaging.warm-up.epochs=2",
            "averaging.warm-up.rounds-per-epoch=4",
            "averaging.rounds-per-epoch=2",
            "averaging.learning-rate-factor=1",
            "averaging.outer.optimizer=average",
            "training.epochs=5");
    Weights expected = train(plain);
    Recorder recorder = new Recorder();
    RunConfiguration wild =
        plain.with("averaging.outer.optimizer", "nesterov").with("averaging.outer.rate", "10");
    assertThat(train(wild, recorder)).isEqualTo(expected);
    assertThat(recorder.reports)
        .extracting(r -> r.warnings().size(), r -> r.training().examples())
        .containsExactly(
            tuple(0, 300L), tuple(0, 300L), tuple(1, 300L), tuple(1, 300L), tuple(1, 300L));
    assertThat(recorder.reports.get(2).warnings().get(0))
        .startsWith("epoch 3: ")
        .endsWith(": trained the epoch again with plain averages");
  }

  @Test
  void anOuterOptimizerGoesFurtherThanTheAverage() {
    for (String kind : List.of("momentum", "nesterov")) {
      RunConfiguration configuration =
          configuration(
              "averaging.replicas=3",
              "averaging.warm-up.epochs=1",
              "averaging.rounds-per-epoch=1",
              "averaging.learning-rate-factor=1",
              "averaging.outer.optimizer=average",
              "averaging.outer.momentum=0.5");
      Weights plain = train(configuration);
      RunConfiguration outer = configuration.with("averaging.outer.optimizer", kind);
      Recorder recorder = new Recorder();
      Weights further = train(outer, recorder);
      assertThat(recorder.reports).allSatisfy(r -> assertThat(r.warnings()).isEmpty());
      assertThat(further).isNotEqualTo(plain);
      assertThat(train(outer)).isEqualTo(further);
    }
  }

  private static Weights replicasAtTheDriver(RunConfiguration configuration) {
    var spec = configuration.spec();
    int count = configuration.averaging().replicas();
    DataPlan plan = DataPlan.inspect(Storage.local(), configuration);
    Weights parameters = Weights.glorotUniform(spec.network(), spec.hyperparameters().seed());
    for (int epoch = 0; epoch < spec.hyperparameters().epochs(); epoch++) {
      List<Contribution> level = new ArrayList<>();
      for (int p = 0; p < count; p++) {
        try (Relaxer relaxer = spec.newRelaxer()) {
          relaxer.load(parameters);
          Measurement measured =
              new LocalTrainer(spec, relaxer)
                  .train(
                      plan.read(Storage.local(), Split.TRAINING, p, count),
                      new RoundAssignment(epoch, 0, 1, p, count),
                      m -> {});
          level.add(new ReplicaResult(p, relaxer.weights(), UpdaterState.ZERO, measured, 0));
        }
      }
      List<Contribution> sums = new ArrayList<>();
      for (int group = 0; group < 2; group++) { // 70 small replicas in groups of 64
        sums.add(Averaging.sum(level.subList(64 * group, Math.min(70, 64 * group + 64)), group));
      }
      parameters = Averaging.sum(sums, 0).mean();
    }
    return parameters;
  }

  @Test
  void replicasLearn() {
    Recorder recorder = new Recorder();
    RunConfiguration configuration =
        configuration(
            "averaging.replicas=3", "training.epochs=12", "evaluation.test-each-epoch=true");
    var unused = train(configuration, recorder);
    EpochReport first = recorder.reports.get(0);
    EpochReport last = recorder.reports.get(11);
    assertThat(last.training().errorRate())
        .isLessThan(first.training().errorRate())
        .isLessThan(0.1);
    Measurement validation = Objects.requireNonNull(last.validation());
    assertThat(validation.examples()).isEqualTo(30);
    assertThat(validation.errorRate()).isLessThan(0.1);
    assertThat(Objects.requireNonNull(last.test()).examples()).isEqualTo(330);
    assertThat(last.warnings()).isEmpty();
  }

  @Test
  void evaluatesOnExecutorsAsLocally() {
    RunConfiguration configuration = configuration("averaging.replicas=3");
    Weights parameters = trainLocally(configuration);
    DataPlan plan = DataPlan.inspect(Storage.local(), configuration);
    try (Replicas replicas = new Replicas(SharedSpark.context(), plan, configuration.spec(), 3);
        Relaxer relaxer = configuration.spec().newRelaxer()) {
      Measurement distributed = replicas.evaluate(parameters, Split.TEST, "test", 50);
      relaxer.load(parameters);
      Measurement local =
          new Evaluator(relaxer, 110).measure(plan.read(Storage.local(), Split.TEST, 0, 1));
      assertThat(distributed.errors()).isEqualTo(local.errors());
      assertThat(distributed.examples()).isEqualTo(local.examples());
      assertThat(distributed.energy()).isEqualTo(local.energy(), org.eqprop.Close.about(1e-3));
    }
  }

  /** The model that is kept of a collapsed run must be alive, whatever the epoch evaluates. */
  @ParameterizedTest
  @CsvSource({"30, false", "0, true", "0, false", "1, true"})
  void stopsACollapsedRunBeforeReportingTheDeadModel(int validation, boolean test) {
    Recorder recorder = new Recorder();
    RunConfiguration configuration =
        configuration(
            "averaging.replicas=1",
            "topology=[16, 3, 4]",
            "data.validation=" + validation,
            "evaluation.test-each-epoch=" + test,
            "training.decay=1",
            "training.epochs=40",
            "training.batches-per-epoch=1",
            "training.seed=2",
            "training.learning-rates=[1.5, 0.15]");
    assertThatThrownBy(() -> train(configuration, recorder))
        .isInstanceOf(TrainingFailedException.class)
        .hasMessageContaining(": collapsed: all 3 units of hidden layer 1 are dead")
        .hasMessageStartingWith("epoch " + (recorder.reports.size() + 1) + ":");
    assertThat(recorder.reports).hasSizeGreaterThan(2);
    assertThat(activity(configuration, recorder.kept)).isPositive();
  }

  private static double activity(RunConfiguration configuration, Weights parameters) {
    DataPlan plan = DataPlan.inspect(Storage.local(), configuration);
    try (Relaxer relaxer = configuration.spec().newRelaxer()) {
      relaxer.load(parameters);
      return new Evaluator(relaxer, 100)
          .measure(plan.read(Storage.local(), Split.TEST, 0, 1))
          .activity()
          .get(0);
    }
  }

  private RunConfiguration bright(String... assignments) {
    Idx.write(folder, Idx.bright(1000, 1));
    RunConfiguration configuration =
        configuration(
            "topology=[256, 60, 10]",
            "data.validation=200",
            "estimator.beta=0.4",
            "training.epochs=10",
            "training.learning-rates=[0.2, 0.05]",
            "averaging.replicas=2");
    for (String assignment : assignments) {
      configuration =
          configuration.with(
              assignment.substring(0, assignment.indexOf('=')),
              assignment.substring(assignment.indexOf('=') + 1));
    }
    return configuration;
  }

  private static double lastError(Recorder recorder) {
    return Objects.requireNonNull(recorder.reports.get(recorder.reports.size() - 1).validation())
        .errorRate();
  }

  @Test
  void learnsBrightImagesThatWouldCollapseWithTheRatesForMnist() {
    Recorder auto = new Recorder();
    var unused = train(bright(), auto);
    assertThat(lastError(auto)).isLessThan(0.03);
    Recorder asForMnist = new Recorder();
    try {
      unused =
          train(bright("training.learning-rate-scale=1", "training.input-center=none"), asForMnist);
      assertThat(lastError(asForMnist)).isGreaterThan(0.5);
    } catch (TrainingFailedException e) {
      assertThat(e).hasMessageContaining("collapsed");
    }
  }

  @Test
  void measuresImagesIndependentlyOfTheReplicas() {
    RunConfiguration asked = bright();
    DataPlan plan = DataPlan.inspect(Storage.local(), asked);
    List<RunConfiguration> measured = new ArrayList<>();
    for (int count : new int[] {1, 2, 7}) {
      try (Replicas data = new Replicas(SharedSpark.context(), plan, asked.spec(), count)) {
        var unused = data.load();
        measured.add(asked.measured(data.inputs()));
      }
    }
    for (RunConfiguration other : measured) {
      assertThat(other.toJson()).isEqualTo(measured.get(0).toJson());
      assertThat(other.spec().inputCenter()).isEqualTo(measured.get(0).spec().inputCenter());
    }
    // Held-out images do not count.
    assertThat(measured.get(0).spec().inputCenter().values())
        .isEqualTo(plan.read(Storage.local(), Split.TRAINING, 0, 1).statistics().mean());
  }

  @Test
  void warnsOfImagesThatAreAllTheSame() {
    Idx.write(folder.resolve("images.idx"), Idx.images(330, 4, 4, new byte[330 * 16]));
    RunConfiguration asked = configuration();
    DataPlan plan = DataPlan.inspect(Storage.local(), asked);
    try (Replicas data = new Replicas(SharedSpark.context(), plan, asked.spec(), 2)) {
      assertThat(data.load())
          .containsExactly(
              "all training images are the same (mean pixel 0.00): there is nothing to learn from"
                  + " them");
      assertThat(asked.measured(data.inputs()).spec().hyperparameters().rateScale()).isOne();
    }
  }

  /** A round that happens to see only black images says nothing about the network. */
  @Test
  void doesNotMistakeBlackImagesForACollapse() {
    byte[] pixels = new byte[330 * 16];
    java.util.Arrays.fill(pixels, 16, 330 * 16, (byte) 200);
    Idx.write(folder.resolve("images.idx"), Idx.images(330, 4, 4, pixels));
    for (int validation : new int[] {300, 0}) {
      Recorder recorder = new Recorder();
      var unused =
          train(
              configuration(
                  "averaging.replicas=1",
                  "data.validation=" + validation,
                  "training.batch=1",
                  "training.batches-per-epoch=30",
                  "evaluation.batch=1",
                  "averaging.rounds-per-epoch=30"),
              recorder);
      assertThat(recorder.reports).hasSize(3);
    }
  }

  @Test
  void reportsABadSliceInOneLine() {
    Path labels = folder.resolve("labels.idx");
    byte[] bytes = new byte[330];
    bytes[317] = 9;
    Idx.write(labels, Idx.labels(bytes));
    RunConfiguration configuration = configuration("averaging.replicas=3");
    assertThatThrownBy(() -> train(configuration))
        .isInstanceOf(InputException.class)
        .hasMessage(
            labels
                + ": label 9 of example 317: expected 0 to 3 (the topology's last layer has 4"
                + " units)");
  }

  /** One task of every training stage is killed once and runs again: nothing counts twice. */
  @Test
  void aTaskThatFailsOnceChangesNothing() {
    RunConfiguration configuration =
        configuration("averaging.replicas=2", "training.batch=1", "relaxation.free-steps=500");
    Weights expected = train(configuration);
    Set<Integer> disturbed = new ConcurrentSkipListSet<>();
    SparkListener killer =
        new SparkListener() {
          @Override
          public void onTaskStart(SparkListenerTaskStart start) {
            if (start.taskInfo().index() == 1 && disturbed.add(start.stageId())) {
              SharedSpark.context().sc().killTaskAttempt(start.taskInfo().taskId(), false, "test");
            }
          }
        };
    SharedSpark.context().sc().addSparkListener(killer);
    try {
      Recorder recorder = new Recorder();
      assertThat(train(configuration, recorder)).isEqualTo(expected);
      assertThat(recorder.reports)
          .extracting(r -> r.training().examples())
          .containsExactly(300L, 300L, 300L);
      assertThat(disturbed).hasSizeGreaterThan(3);
    } finally {
      SharedSpark.context().sc().removeSparkListener(killer);
    }
  }

  @Test
  void warnsOfMissingClasses() {
    byte[] bytes = new byte[330];
    for (int i = 0; i < 330; i++) {
      bytes[i] = (byte) (i < 165 ? 0 : 1); // sorted, and no 2 or 3
    }
    Idx.write(folder.resolve("labels.idx"), Idx.labels(bytes));
    RunConfiguration configuration = configuration();
    DataPlan plan = DataPlan.inspect(Storage.local(), configuration);
    try (Replicas replicas = new Replicas(SharedSpark.context(), plan, configuration.spec(), 4)) {
      assertThat(replicas.load())
          .satisfiesExactly(
              w -> assertThat(w).startsWith("no training example has label 2, 3:"),
              w ->
                  assertThat(w)
                      .startsWith("the validation set")
                      .contains(" has no example of label 0:"),
              w ->
                  assertThat(w)
                      .startsWith("4 of 4 partitions have a class mix far from")
                      .endsWith("the file seems to be sorted by class; shuffle it"));
      // The network has not learned anything yet; its counts must be consistent all the same.
      Weights weights = TrainingState.initial(configuration.spec()).weights();
      ClassTally tally = replicas.tally(weights, Split.TEST, 100);
      assertThat(tally.examples()).isEqualTo(replicas.classCounts(Split.TEST));
      assertThat(tally.predicted().stream().mapToInt(Integer::intValue).sum()).isEqualTo(330);
      assertThat(330 - tally.right().stream().mapToInt(Integer::intValue).sum())
          .isEqualTo((int) replicas.evaluate(weights, Split.TEST, "errors", 100).errors());
    }
  }

  @Test
  void runningTasksReportTheProgressOfOneEpoch() {
    // One long task, so that heartbeats report it while it runs.
    RunConfiguration configuration =
        configuration(
            "averaging.replicas=1",
            "training.epochs=2",
            "training.batch=1",
            "backend=nd4j",
            "relaxation.free-steps=120");
    Set<Long> seen = new ConcurrentSkipListSet<>();
    try (TrainingSession session = session(configuration).build()) {
      ReplicaGroup replicas = session.replicas();
      Thread watcher =
          new Thread(
              () -> {
                while (!Thread.currentThread().isInterrupted()) {
                  seen.add(replicas.progress().now().images());
                  java.util.concurrent.locks.LockSupport.parkNanos(1_000_000);
                }
              });
      watcher.setDaemon(true);
      watcher.start();
      session.train();
      // Listeners are notified asynchronously; the last task's end arrives within moments.
      org.awaitility.Awaitility.await()
          .untilAsserted(
              () ->
                  assertThat(replicas.progress().now())
                      .satisfies(
                          now -> {
                            assertThat(now.images()).isEqualTo(300);
                            assertThat(now.batches()).isEqualTo(300);
                          }));
      watcher.interrupt();
    }
    assertThat(seen).anyMatch(images -> images > 0 && images < 300).allMatch(i -> i <= 300);
  }

  @Test
  void warnsOfUnsettledPhasesAfterEpochs124AndTheLast() {
    Recorder recorder = new Recorder();
    train(
        configuration(
            "training.epochs=6",
            "averaging.replicas=2",
            "relaxation.schedule=synchronous",
            "relaxation.epsilon=0.05"),
        recorder);
    assertThat(
            recorder.reports.stream()
                .filter(report -> !report.warnings().isEmpty())
                .map(EpochReport::epoch))
        .containsExactly(1, 2, 4, 6);
    assertThat(recorder.reports.get(3).warnings())
        .singleElement()
        .asString()
        .startsWith("epoch 4: free phases do not settle: in the last of 5 steps")
        .contains("(means of 200 examples)");
  }

  /** Noise moves units in every step, which is not a problem of the phases. */
  @Test
  void doesNotMistakeNoiseOnStatesForUnsettledPhases() {
    Recorder recorder = new Recorder();
    train(configuration("averaging.replicas=2", "device.state-noise=0.2"), recorder);
    assertThat(recorder.reports).allSatisfy(r -> assertThat(r.warnings()).isEmpty());
  }
}
