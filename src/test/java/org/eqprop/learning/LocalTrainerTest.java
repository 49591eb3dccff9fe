package org.eqprop.learning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.eqprop.Idx;
import org.eqprop.backend.Backend;
import org.eqprop.base.Slice;
import org.eqprop.data.Augmentation;
import org.eqprop.data.ByteExamples;
import org.eqprop.data.Examples;
import org.eqprop.data.IdxSource;
import org.eqprop.data.InputCenter;
import org.eqprop.data.Shape;
import org.eqprop.dynamics.Equilibrium;
import org.eqprop.dynamics.Measurement;
import org.eqprop.dynamics.NudgedStart;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.dynamics.Schedule;
import org.eqprop.network.Network;
import org.eqprop.network.ParameterLayout;
import org.eqprop.network.Weights;
import org.eqprop.storage.Storage;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class LocalTrainerTest {
  private static final Network TOPOLOGY = Network.of(16, 12, 4);

  @TempDir Path folder;
  private Examples images = new ByteExamples(new byte[0], new byte[0], Shape.image(4, 4));

  @BeforeEach
  void data() {
    Idx.quadrants(folder, 230, 1);
    images =
        new IdxSource(folder + "/images.idx", folder + "/labels.idx")
            .read(Storage.local(), new Slice(0, 230), 4);
  }

  private static ReplicaSpec spec(EstimatorKind kind, Schedule schedule, int batchesPerEpoch) {
    return spec(kind, schedule, batchesPerEpoch, Backend.BLAS);
  }

  private static ReplicaSpec spec(
      EstimatorKind kind, Schedule schedule, int batchesPerEpoch, Backend backend) {
    return new ReplicaSpec(
        TOPOLOGY,
        new Relaxation(schedule, 0.5, 12, 6, 0, NudgedStart.FREE),
        new GradientEstimator(kind, 0.3),
        new Hyperparameters(1, 20, List.of(0.2, 0.1), 0.9, batchesPerEpoch, 5),
        backend);
  }

  private Weights train(ReplicaSpec spec, int epochs, int rounds, List<Measurement> told) {
    try (Relaxer relaxer = spec.newRelaxer()) {
      relaxer.load(Weights.glorotUniform(TOPOLOGY, 5));
      LocalTrainer trainer = new LocalTrainer(spec, relaxer);
      for (int epoch = 0; epoch < epochs; epoch++) {
        for (int round = 0; round < rounds; round++) {
          told.add(trainer.train(images, new RoundAssignment(epoch, round, rounds, 0, 1), m -> {}));
        }
      }
      return relaxer.weights();
    }
  }

  private static Hyperparameters augmented(UpdaterSettings updater, int seed) {
    return new Hyperparameters(
        1,
        20,
        List.of(0.2, 0.1),
        List.of(),
        RateSchedule.exponential(0.9),
        0,
        seed,
        1,
        Centering.NONE,
        updater,
        new Augmentation(1, true, 0, 0));
  }

  /** Checks both ways to update. Other epochs and seeds show that images are augmented at all. */
  @Test
  void augmentationDoesNotDependOnTheNumberOfRounds() {
    ReplicaSpec plain = spec(EstimatorKind.CENTERED, Schedule.EVEN_ODD, 0);
    for (UpdaterSettings updater :
        List.of(UpdaterSettings.PLAIN, updater(UpdaterSettings.Kind.MOMENTUM, 0.5, 1e-4))) {
      ReplicaSpec spec = with(plain, augmented(updater, 5));
      Weights trained = train(spec, 3, 1, new ArrayList<>());
      assertThat(train(spec, 3, 4, new ArrayList<>())).isEqualTo(trained);
      assertThat(train(with(plain, hyperparameters(5).updatedBy(updater)), 3, 1, new ArrayList<>()))
          .isNotEqualTo(trained);
    }
  }

  /** The relaxer receives the images augmented for the assignment's epoch and partition. */
  @Test
  void trainsOnTheAugmentedImagesOfTheEpochAndPartition() {
    Hyperparameters hyperparameters = augmented(UpdaterSettings.PLAIN, 5);
    ReplicaSpec spec = with(spec(EstimatorKind.CENTERED, Schedule.EVEN_ODD, 0), hyperparameters);
    for (RoundAssignment share :
        List.of(new RoundAssignment(1, 0, 1, 2, 3), new RoundAssignment(2, 1, 2, 0, 3))) {
      Examples expected =
          new Augmentation(1, true, 0, 0).applied(images, 5, share.epoch(), share.partition());
      List<float[]> given = new ArrayList<>();
      try (Relaxer real = spec.newRelaxer()) {
        Relaxer recording =
            (Relaxer)
                Proxy.newProxyInstance(
                    Relaxer.class.getClassLoader(),
                    new Class<?>[] {Relaxer.class},
                    (proxy, method, arguments) -> {
                      if (method.getName().equals("train")) {
                        given.add(((Examples) arguments[0]).values(17));
                        return null;
                      }
                      return method.invoke(real, arguments);
                    });
        var unused = new LocalTrainer(spec, recording).train(images, share, m -> {});
      }
      assertThat(given).hasSize(1);
      assertThat(given.get(0)).isEqualTo(expected.values(17));
    }
  }

  private static ReplicaSpec with(ReplicaSpec spec, Hyperparameters hyperparameters) {
    return new ReplicaSpec(
        spec.network(), spec.relaxation(), spec.estimator(), hyperparameters, spec.backend());
  }

  private double error(ReplicaSpec spec, Weights parameters) {
    try (Relaxer relaxer = spec.newRelaxer()) {
      relaxer.load(parameters);
      return new Evaluator(relaxer, 50).measure(images).errorRate();
    }
  }

  /** Complete trainings, in which the last batch of each epoch is smaller. */
  @ParameterizedTest
  @EnumSource(EstimatorKind.class)
  void everyEstimatorLearnsWithBothSchedulesOnBothBackends(EstimatorKind kind) {
    for (Schedule schedule : Schedule.values()) {
      ReplicaSpec spec = spec(kind, schedule, 0, Backend.ND4J);
      Weights start = Weights.glorotUniform(TOPOLOGY, 5);
      assertThat(error(spec, start)).as("%s %s before", kind, schedule).isGreaterThan(0.4);
      Weights nd4j = train(spec, 15, 1, new ArrayList<>());
      assertThat(error(spec, nd4j)).as("%s %s after", kind, schedule).isLessThan(0.05);
      Weights blas = train(spec(kind, schedule, 0, Backend.BLAS), 15, 1, new ArrayList<>());
      org.eqprop.Close.assertClose(blas, nd4j, 1e-3, "blas, nd4j");
    }
  }

  @Test
  void theScaleMultipliesOnlyTheFirstRate() {
    Hyperparameters h =
        new Hyperparameters(
            1, 20, List.of(0.2, 0.1), RateSchedule.exponential(0.5), 0, 5, 0.25, Centering.NONE);
    assertThat(h.learningRate(1, 0)).isEqualTo(0.05);
    assertThat(h.learningRate(1, 2)).isEqualTo(0.0125);
    assertThat(h.learningRate(2, 0)).isEqualTo(0.1);
    assertThat(h.fullRates()).containsExactly(0.05, 0.1);
    assertThat(h.scaled(2).fullRates()).containsExactly(0.1, 0.2);
  }

  @Test
  void scaledRatesChangeNothingElse() {
    ReplicaSpec spec = scaledRule(0.2, 0.1);
    assertThat(spec.scaled(2)).isEqualTo(scaledRule(0.4, 0.2));
  }

  private static ReplicaSpec scaledRule(double... rates) {
    ReplicaSpec spec = spec(EstimatorKind.CENTERED, Schedule.EVEN_ODD, 0);
    return new ReplicaSpec(
        TOPOLOGY,
        spec.relaxation(),
        spec.estimator(),
        new Hyperparameters(
            1,
            20,
            Arrays.stream(rates).boxed().toList(),
            RateSchedule.exponential(0.9),
            7,
            5,
            0.5,
            Centering.MEAN),
        Backend.BLAS,
        new InputCenter(new float[] {0.5f}));
  }

  @Test
  void refusesToTrainWithoutTheMeanImageThatItMustSubtract() {
    ReplicaSpec spec = spec(EstimatorKind.CENTERED, Schedule.EVEN_ODD, 0);
    ReplicaSpec unmeasured =
        new ReplicaSpec(
            TOPOLOGY,
            spec.relaxation(),
            spec.estimator(),
            new Hyperparameters(
                1, 20, List.of(0.2, 0.1), RateSchedule.exponential(1), 0, 5, 1, Centering.MEAN),
            Backend.BLAS);
    assertThatThrownBy(() -> train(unmeasured, 1, 1, new ArrayList<>()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the mean of the training images is not measured yet");
    assertThatThrownBy(unmeasured::initialWeights).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void aRunRepeatsBitForBitAndRoundsDoNotChangeIt() {
    ReplicaSpec spec = spec(EstimatorKind.RANDOM_SIGN, Schedule.SYNCHRONOUS, 0);
    Weights once = train(spec, 3, 1, new ArrayList<>());
    assertThat(train(spec, 3, 1, new ArrayList<>())).isEqualTo(once);
    assertThat(train(spec, 3, 4, new ArrayList<>())).isEqualTo(once);
    assertThat(train(spec, 3, 50, new ArrayList<>())).isEqualTo(once);
  }

  /**
   * Every example is clamped once per epoch for any number of rounds, in a different order each
   * time.
   */
  @ParameterizedTest
  @ValueSource(ints = {1, 5, 40})
  void anEpochSeesEveryExampleOnceAndItsLastBatchIsSmaller(int rounds) {
    ReplicaSpec spec = spec(EstimatorKind.CENTERED, Schedule.EVEN_ODD, 0);
    List<List<Integer>> epochs = new ArrayList<>();
    for (int epoch = 0; epoch < 2; epoch++) {
      List<Integer> clamped = new ArrayList<>();
      List<Integer> sizes = new ArrayList<>();
      try (Relaxer relaxer = recording(spec.newRelaxer(), clamped, sizes)) {
        relaxer.load(Weights.glorotUniform(TOPOLOGY, 5));
        LocalTrainer trainer = new LocalTrainer(spec, relaxer);
        for (int round = 0; round < rounds; round++) {
          var unused =
              trainer.train(images, new RoundAssignment(epoch, round, rounds, 0, 1), m -> {});
        }
      }
      assertThat(clamped)
          .containsExactlyInAnyOrderElementsOf(IntStream.range(0, 230).boxed().toList());
      assertThat(sizes).hasSize(12).endsWith(20, 10);
      epochs.add(clamped);
    }
    assertThat(epochs.get(0)).isNotEqualTo(epochs.get(1));
  }

  /** The relaxer itself, but it records what is clamped. */
  private static Relaxer recording(Relaxer relaxer, List<Integer> clamped, List<Integer> sizes) {
    return (Relaxer)
        Proxy.newProxyInstance(
            Relaxer.class.getClassLoader(),
            new Class<?>[] {Relaxer.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("train")) {
                return InvocationHandler.invokeDefault(proxy, method, arguments);
              }
              if (method.getName().equals("clamp") && arguments[1] instanceof int[] order) {
                for (int i = (Integer) arguments[2]; i < (Integer) arguments[3]; i++) {
                  clamped.add(order[i]);
                }
                sizes.add((Integer) arguments[3] - (Integer) arguments[2]);
              }
              return method.invoke(relaxer, arguments);
            });
  }

  /** One update: where it nudged to, and the factors of the contrast. */
  private record Update(List<Double> nudges, List<Double> coefficients, int batch) {}

  private List<Update> updates(ReplicaSpec spec, RoundAssignment share) {
    List<Update> updates = new ArrayList<>();
    List<Double> nudges = new ArrayList<>();
    int[] size = {0};
    try (Relaxer relaxer = spec.newRelaxer()) {
      Relaxer recording =
          (Relaxer)
              Proxy.newProxyInstance(
                  Relaxer.class.getClassLoader(),
                  new Class<?>[] {Relaxer.class},
                  (proxy, method, arguments) -> {
                    if (method.getName().equals("train")) {
                      return InvocationHandler.invokeDefault(proxy, method, arguments);
                    }
                    switch (method.getName()) {
                      case "clamp" -> size[0] = (Integer) arguments[3] - (Integer) arguments[2];
                      case "relaxNudged" -> nudges.add((Double) arguments[1]);
                      case "learn" -> {
                        double[] coefficients = (double[]) arguments[2];
                        var all = Arrays.stream(coefficients).boxed().toList();
                        updates.add(new Update(List.copyOf(nudges), all, size[0]));
                        nudges.clear();
                      }
                      default -> {}
                    }
                    return method.invoke(relaxer, arguments);
                  });
      recording.load(Weights.glorotUniform(TOPOLOGY, 5));
      var unused = new LocalTrainer(spec, recording).train(images, share, m -> {});
    }
    return updates;
  }

  /**
   * θ_k ← θ_k − α_k·decay^epoch·g_k, where g is a mean over the batch and the last batch is
   * smaller.
   */
  @ParameterizedTest
  @EnumSource(EstimatorKind.class)
  void anUpdateIsTheLearningRateOfItsEpochTimesTheMeanEstimate(EstimatorKind kind) {
    ReplicaSpec spec = spec(kind, Schedule.EVEN_ODD, 0);
    for (int epoch : new int[] {0, 3}) {
      List<Update> updates = updates(spec, RoundAssignment.whole(epoch));
      assertThat(updates).extracting(Update::batch).hasSize(12).endsWith(20, 10);
      for (Update update : updates) {
        List<Double> nudges = update.nudges();
        double scale = kind == EstimatorKind.CENTERED ? 2 * nudges.get(0) : nudges.get(0);
        assertThat(nudges).hasSize(kind == EstimatorKind.CENTERED ? 2 : 1);
        assertThat(nudges).allMatch(beta -> Math.abs(beta) == 0.3);
        for (int k = 1; k <= 2; k++) {
          double rate = (k == 1 ? 0.2 : 0.1) * Math.pow(0.9, epoch);
          for (int tensor = 2 * k - 2; tensor < 2 * k; tensor++) { // W_k and b_k
            assertThat(update.coefficients().get(tensor))
                .isCloseTo(rate / (scale * update.batch()), org.eqprop.Close.about(1e-12));
          }
        }
      }
    }
  }

  /** Every batch has its own sign; other epochs, partitions and seeds have different ones. */
  @Test
  void theRandomSignIsDrawnForEachBatch() {
    ReplicaSpec spec = spec(EstimatorKind.RANDOM_SIGN, Schedule.EVEN_ODD, 0);
    ReplicaSpec otherSeed =
        new ReplicaSpec(
            spec.network(), spec.relaxation(), spec.estimator(), hyperparameters(6), Backend.BLAS);
    List<List<Double>> all =
        List.of(
            signs(spec, RoundAssignment.whole(0)),
            signs(spec, RoundAssignment.whole(1)),
            signs(spec, new RoundAssignment(0, 0, 1, 1, 2)),
            signs(spec, new RoundAssignment(1, 0, 1, 1, 2)),
            signs(otherSeed, RoundAssignment.whole(0)));
    assertThat(all).allSatisfy(signs -> assertThat(signs).hasSize(12).contains(0.3, -0.3));
    assertThat(all).doesNotHaveDuplicates();
  }

  private List<Double> signs(ReplicaSpec spec, RoundAssignment share) {
    return updates(spec, share).stream().map(update -> update.nudges().get(0)).toList();
  }

  private static Hyperparameters hyperparameters(long seed) {
    return new Hyperparameters(1, 20, List.of(0.2, 0.1), 0.9, 0, seed);
  }

  @Test
  void theOrderDependsOnSeedEpochAndPartitionButNotOnRounds() {
    List<List<Integer>> orders = new ArrayList<>();
    for (long seed : new long[] {1, 2}) {
      for (int epoch = 0; epoch < 2; epoch++) {
        for (int partition = 0; partition < 2; partition++) {
          RoundAssignment share = new RoundAssignment(epoch, 0, 1, partition, 2);
          int[] order = Batches.of(hyperparameters(seed), 50, share).order();
          orders.add(Arrays.stream(order).boxed().toList());
          RoundAssignment later = new RoundAssignment(epoch, 2, 3, partition, 2);
          assertThat(Batches.of(hyperparameters(seed), 50, later).order()).isEqualTo(order);
        }
      }
    }
    assertThat(orders).doesNotHaveDuplicates();
  }

  @Test
  void aFactorOfTheLearningRatesMultipliesEachRateOnceAndNothingElse() {
    ReplicaSpec spec = spec(EstimatorKind.CENTERED, Schedule.EVEN_ODD, 7);
    Hyperparameters scaled = spec.scaled(3).hyperparameters();
    assertThat(scaled).isEqualTo(new Hyperparameters(1, 20, List.of(0.2 * 3, 0.1 * 3), 0.9, 7, 5));
    assertThat(spec.scaled(3))
        .isEqualTo(
            new ReplicaSpec(
                spec.network(), spec.relaxation(), spec.estimator(), scaled, spec.backend()));
  }

  @Test
  void batchesPerEpochAreDividedAmongThePartitions() {
    Hyperparameters limited = spec(EstimatorKind.CENTERED, Schedule.EVEN_ODD, 7).hyperparameters();
    int total = 0;
    for (int p = 0; p < 3; p++) {
      int ours = limited.batches(230, p, 3);
      assertThat(ours).isBetween(2, 3);
      total += ours;
    }
    assertThat(total).isEqualTo(7);
    List<Measurement> told = new ArrayList<>();
    var unused = train(spec(EstimatorKind.CENTERED, Schedule.EVEN_ODD, 7), 1, 1, told);
    assertThat(told.get(0).examples()).isEqualTo(140);
  }

  @Test
  void progressAddsUpToTheReturnedMeasurement() {
    ReplicaSpec spec = spec(EstimatorKind.CENTERED, Schedule.EVEN_ODD, 0);
    try (Relaxer relaxer = spec.newRelaxer()) {
      relaxer.load(Weights.glorotUniform(TOPOLOGY, 5));
      List<Measurement> batches = new ArrayList<>();
      Measurement total =
          new LocalTrainer(spec, relaxer).train(images, RoundAssignment.whole(0), batches::add);
      assertThat(batches).hasSize(12);
      assertThat(batches.stream().reduce(Measurement.none(2), Measurement::plus)).isEqualTo(total);
      assertThat(total.activity()).allMatch(a -> a > 0);
      // The first batch is measured with the weights from before its update.
      int[] order = Batches.of(spec.hyperparameters(), 230, RoundAssignment.whole(0)).order();
      relaxer.load(Weights.glorotUniform(TOPOLOGY, 5));
      relaxer.clamp(images, order, 0, 20);
      relaxer.relaxFree();
      assertThat(relaxer.measure(Equilibrium.FREE)).isEqualTo(batches.get(0));
    }
  }

  @Test
  void measuresOnlyTheFirstImages() {
    ReplicaSpec spec = spec(EstimatorKind.CENTERED, Schedule.EVEN_ODD, 0);
    try (Relaxer relaxer = spec.newRelaxer()) {
      relaxer.load(Weights.glorotUniform(TOPOLOGY, 5));
      Evaluator evaluator = new Evaluator(relaxer, 30);
      List<String> visited = new ArrayList<>();
      evaluator.visit(images, 100, (from, to) -> visited.add(from + "-" + to));
      assertThat(visited).containsExactly("0-30", "30-60", "60-90", "90-100");
      assertThat(evaluator.measure(images, 100).examples()).isEqualTo(100);
    }
  }

  @Test
  void learningRatesDecayByEpoch() {
    Hyperparameters h = spec(EstimatorKind.CENTERED, Schedule.EVEN_ODD, 0).hyperparameters();
    assertThat(h.learningRate(1, 0)).isEqualTo(0.2);
    assertThat(h.learningRate(2, 2)).isEqualTo(0.1 * 0.9 * 0.9, org.eqprop.Close.about(1e-15));
  }

  @Test
  void evaluationDoesNotDependOnItsBatchSize() {
    ReplicaSpec spec = spec(EstimatorKind.CENTERED, Schedule.EVEN_ODD, 0);
    try (Relaxer relaxer = spec.newRelaxer()) {
      relaxer.load(Weights.glorotUniform(TOPOLOGY, 5));
      Measurement whole = new Evaluator(relaxer, 1000).measure(images);
      Measurement parts = new Evaluator(relaxer, 7).measure(images);
      assertThat(new Evaluator(relaxer, 7).measure(images, 40).examples()).isEqualTo(40);
      assertThat(parts.examples()).isEqualTo(230);
      assertThat(parts.errors()).isEqualTo(whole.errors());
      assertThat(parts.energy()).isEqualTo(whole.energy(), org.eqprop.Close.about(1e-3));
    }
  }

  private static ReplicaSpec updatedBy(UpdaterSettings updater, List<Double> biasRates) {
    ReplicaSpec spec = spec(EstimatorKind.CENTERED, Schedule.EVEN_ODD, 0);
    return new ReplicaSpec(
        TOPOLOGY,
        spec.relaxation(),
        spec.estimator(),
        new Hyperparameters(
            4,
            20,
            List.of(0.2, 0.1),
            biasRates,
            RateSchedule.exponential(0.5),
            0,
            5,
            0.5,
            Centering.NONE,
            updater,
            Augmentation.NONE),
        Backend.BLAS);
  }

  private static UpdaterSettings updater(UpdaterSettings.Kind kind, double momentum, double decay) {
    return new UpdaterSettings(kind, momentum, 0.9, 0.99, 1e-3, decay);
  }

  /** Returns the estimate of one of the first batches of an epoch, a mean over its 20 examples. */
  private Weights gradient(ReplicaSpec spec, Relaxer relaxer, int[] order, int batch) {
    relaxer.clamp(images, order, 20 * batch, 20 * batch + 20);
    relaxer.relaxFree();
    relaxer.relaxNudged(Equilibrium.NUDGED, 0.3);
    relaxer.relaxNudged(Equilibrium.COUNTER_NUDGED, -0.3);
    double each = -1 / (2 * 0.3 * 20);
    double[] coefficients = ParameterLayout.of(spec.network()).forEveryTensor(each);
    return relaxer.contrast(Equilibrium.NUDGED, Equilibrium.COUNTER_NUDGED, coefficients);
  }

  /** In double precision: v ← μv + g + λθ, θ ← θ − αv, with the tensor's λ and α, in epoch 1. */
  @Test
  void momentumFollowsTheMeanEstimateAtTheRateOfEachTensorAndBiasesDoNotDecay() {
    ReplicaSpec spec =
        updatedBy(updater(UpdaterSettings.Kind.MOMENTUM, 0.75, 0.25), List.of(0.04, 0.03));
    double[] rates = {0.2 * 0.5 * 0.5, 0.04 * 0.5 * 0.5, 0.1 * 0.5, 0.03 * 0.5};
    double[] decays = {0.25, 0, 0.25, 0};
    int[] ends = {16 * 12, 16 * 12 + 12, 16 * 12 + 12 + 12 * 4, 16 * 12 + 12 + 12 * 4 + 4};
    RoundAssignment share = new RoundAssignment(1, 0, 6, 0, 1); // two batches
    int[] order = Batches.of(spec.hyperparameters(), 230, share).order();
    double[] velocity = new double[ends[3]];
    Weights start = Weights.glorotUniform(TOPOLOGY, 5);
    float[] expected = start.values(); // live
    Arrays.fill(expected, ends[0], ends[1], 0.25f); // so that a decay would show
    try (Relaxer relaxer = spec.newRelaxer();
        Relaxer trained = spec.newRelaxer()) {
      trained.load(start);
      var unused = new LocalTrainer(spec, trained).train(images, share, m -> {});
      for (int batch = 0; batch < 2; batch++) {
        relaxer.load(start);
        float[] gradient = gradient(spec, relaxer, order, batch).values();
        int tensor = 0;
        for (int i = 0; i < expected.length; i++) {
          tensor += i == ends[tensor] ? 1 : 0;
          velocity[i] = 0.75 * velocity[i] + gradient[i] + decays[tensor] * expected[i];
          expected[i] -= (float) (rates[tensor] * velocity[i]);
        }
      }
      assertThat(trained.weights().values()).containsExactly(expected, within(1e-6f));
    }
  }

  /** The general path of the updaters and the shortcut of SGD differ only by rounding. */
  @ParameterizedTest
  @EnumSource(EstimatorKind.class)
  void momentumOfZeroTrainsLikeSgd(EstimatorKind kind) {
    ReplicaSpec sgd = spec(kind, Schedule.EVEN_ODD, 0);
    ReplicaSpec still =
        new ReplicaSpec(
            TOPOLOGY,
            sgd.relaxation(),
            sgd.estimator(),
            sgd.hyperparameters().updatedBy(updater(UpdaterSettings.Kind.MOMENTUM, 0, 0)),
            Backend.BLAS);
    List<Measurement> told = new ArrayList<>();
    Weights expected = train(sgd, 1, 1, told);
    assertThat(train(still, 1, 1, told).values()).containsExactly(expected.values(), within(1e-5f));
    assertThat(told.get(1).examples()).isEqualTo(230);
    assertThat(told.get(1).errors()).isEqualTo(told.get(0).errors());
    assertThat(train(still, 1, 5, told)).isEqualTo(train(still, 1, 1, told));
  }

  @Test
  void plainSgdAddsDirectlyToTheRelaxersWeights() {
    assertThat(updates(updatedBy(UpdaterSettings.PLAIN, List.of()), RoundAssignment.whole(0)))
        .hasSize(12);
    assertThat(
            updates(updatedBy(UpdaterSettings.PLAIN, List.of(0.2, 0.1)), RoundAssignment.whole(0)))
        .hasSize(12);
    UpdaterSettings adam = updater(UpdaterSettings.Kind.ADAM, 0, 0);
    assertThat(updates(updatedBy(adam, List.of()), RoundAssignment.whole(0))).isEmpty();
  }

  /** In every layer b_k moves at its own rate, and W_k as it does without one. */
  @Test
  void biasesCanHaveTheirOwnRates() {
    RoundAssignment first = new RoundAssignment(0, 0, 12, 0, 1);
    Weights start = Weights.glorotUniform(TOPOLOGY, 5);
    List<float[]> moves = new ArrayList<>();
    for (List<Double> rates : List.of(List.<Double>of(), List.of(0.6, 0.05))) {
      ReplicaSpec spec = updatedBy(UpdaterSettings.PLAIN, rates);
      try (Relaxer relaxer = spec.newRelaxer()) {
        relaxer.load(start);
        var unused = new LocalTrainer(spec, relaxer).train(images, first, m -> {});
        float[] moved = relaxer.weights().values();
        for (int i = 0; i < moved.length; i++) {
          moved[i] -= start.values()[i];
        }
        moves.add(moved);
      }
    }
    ParameterLayout layout = ParameterLayout.of(TOPOLOGY);
    float[] factors = new float[layout.size()];
    Arrays.fill(factors, 1);
    Arrays.fill(factors, layout.bias(1).from(), layout.bias(1).to(), 3);
    Arrays.fill(factors, layout.bias(2).from(), layout.bias(2).to(), 0.5f);
    for (int i = 0; i < factors.length; i++) {
      assertThat(moves.get(1)[i]).isCloseTo(factors[i] * moves.get(0)[i], within(1e-6f));
    }
    for (int k = 1; k <= 2; k++) {
      ParameterLayout.Tensor bias = layout.bias(k);
      assertThat(IntStream.range(bias.from(), bias.to()).mapToObj(i -> moves.get(0)[i]))
          .anyMatch(move -> Math.abs(move) > 1e-4f);
    }
  }

  @Test
  void biasesHaveTheRatesOfTheWeightsUnlessRatesAreGiven() {
    Hyperparameters same = updatedBy(UpdaterSettings.PLAIN, List.of()).hyperparameters();
    assertThat(same.tensorRates(1)).containsExactly(0.05, 0.05, 0.05, 0.05);
    Hyperparameters own = updatedBy(UpdaterSettings.PLAIN, List.of(0.4, 0.3)).hyperparameters();
    assertThat(own.tensorRates(0)).containsExactly(0.1, 0.2, 0.1, 0.3);
    assertThat(own.biasRate(1, 1)).isEqualTo(0.1);
    assertThat(own.biasRate(2, 0)).isEqualTo(0.3);
    assertThat(own.scaled(2).tensorRates(0)).containsExactly(0.2, 0.4, 0.2, 0.6);
    assertThat(own.scaled(2).updater()).isEqualTo(own.updater());
  }

  /** As in replicas: each round has its own trainer, and tasks share what was broadcast. */
  @ParameterizedTest
  @EnumSource(UpdaterSettings.Kind.class)
  void aTrainerContinuesFromTheStateOfAnotherBitForBit(UpdaterSettings.Kind kind) {
    ReplicaSpec spec = updatedBy(updater(kind, 0.9, 0.01), List.of());
    Weights whole = train(spec, 2, 1, new ArrayList<>());
    Weights weights = Weights.glorotUniform(TOPOLOGY, 5);
    UpdaterState state = UpdaterState.ZERO;
    for (int round = 0; round < 6; round++) {
      RoundAssignment share = new RoundAssignment(round / 3, round % 3, 3, 0, 1);
      List<Weights> before = state.values().stream().map(Weights::copy).toList();
      for (int attempt = 0; attempt < 2; attempt++) { // only the second counts: a retry
        try (Relaxer relaxer = spec.newRelaxer()) {
          relaxer.load(weights);
          LocalTrainer trainer = new LocalTrainer(spec, relaxer, state);
          var unused = trainer.train(images, share, m -> {});
          for (int j = 0; j < before.size(); j++) {
            assertThat(state.values().get(j)).isEqualTo(before.get(j));
          }
          if (attempt == 1) {
            weights = relaxer.weights();
            state = trainer.updaterState();
          }
        }
      }
    }
    assertThat(weights).isEqualTo(whole);
    int arrays = spec.hyperparameters().updater().updater().stateSize();
    assertThat(state.values()).hasSize(arrays);
    assertThat(state.updates()).isEqualTo(arrays == 0 ? 0 : 24);
  }

  @Test
  void refusesAStateOfAnotherRuleOrNetwork() {
    ReplicaSpec adam = updatedBy(updater(UpdaterSettings.Kind.ADAM, 0, 0), List.of());
    Weights one = Weights.zeros(TOPOLOGY);
    Weights other = Weights.zeros(Network.of(2, 1));
    try (Relaxer relaxer = adam.newRelaxer()) {
      for (List<Weights> values : List.of(List.of(one), List.of(one, other))) {
        assertThatThrownBy(() -> new LocalTrainer(adam, relaxer, new UpdaterState(values, 1)))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageContaining("expected 2 sets of weights of " + TOPOLOGY);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(UpdaterSettings.Kind.class)
  void everyUpdaterLearns(UpdaterSettings.Kind kind) {
    boolean adam = kind == UpdaterSettings.Kind.ADAM;
    Hyperparameters some = new Hyperparameters(1, 20, List.of(0.02, 0.01), 1, 0, 5);
    ReplicaSpec plain = spec(EstimatorKind.CENTERED, Schedule.EVEN_ODD, 0);
    ReplicaSpec spec =
        new ReplicaSpec(
            TOPOLOGY,
            plain.relaxation(),
            plain.estimator(),
            some.updatedBy(updater(kind, 0.9, 1e-4)).scaled(adam ? 0.5 : 1),
            Backend.BLAS);
    Weights trained = train(spec, kind == UpdaterSettings.Kind.SGD ? 60 : 15, 1, new ArrayList<>());
    assertThat(error(spec, trained)).isLessThan(0.05);
  }
}
