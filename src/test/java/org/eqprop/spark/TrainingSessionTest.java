package org.eqprop.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.eqprop.Idx;
import org.eqprop.base.InputException;
import org.eqprop.config.ConfigurationReader;
import org.eqprop.config.RunConfiguration;
import org.eqprop.config.StateMerging;
import org.eqprop.data.ByteExamples;
import org.eqprop.data.Examples;
import org.eqprop.data.FloatExamples;
import org.eqprop.data.MemorySource;
import org.eqprop.data.Normalisation;
import org.eqprop.data.Shape;
import org.eqprop.dynamics.Measurement;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.learning.Centering;
import org.eqprop.learning.Evaluator;
import org.eqprop.learning.LocalTrainer;
import org.eqprop.learning.RoundAssignment;
import org.eqprop.network.Network;
import org.eqprop.network.Weights;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Sessions without Spark. */
class TrainingSessionTest {
  private static final ByteExamples TRAINING = Idx.quadrants(330, 1);
  private static final ByteExamples TEST = Idx.quadrants(70, 2);

  private static TrainingSessionBuilder small() {
    return TrainingSession.builder()
        .hocon(
            """
            topology = [16, 12, 4]
            data.validation = 30
            training { epochs = 3, learning-rates = [0.2, 0.1] }
            evaluation { batch = 50, test-each-epoch = true }
            """)
        .training(new MemorySource("given", TRAINING))
        .test(new MemorySource("given test", TEST));
  }

  /** Trains weights in this thread with the local trainer, the reference for everything else. */
  private static Weights trainedByHand(
      RunConfiguration configuration, Weights start, Examples training, int from, int to) {
    var spec = configuration.spec();
    try (Relaxer relaxer = spec.newRelaxer()) {
      relaxer.load(start);
      LocalTrainer trainer = new LocalTrainer(spec, relaxer);
      for (int epoch = from; epoch < to; epoch++) {
        var unused = trainer.train(training, RoundAssignment.whole(epoch), m -> {});
      }
      return relaxer.weights();
    }
  }

  private static Examples first(int count) {
    return first(count, TRAINING);
  }

  private static Examples first(int count, Examples images) {
    return images.pick(IntStream.range(0, count).toArray());
  }

  @Test
  void trainsWithoutSparkLikeTheLocalTrainerBitForBit() {
    for (String rounds : List.of("1", "4")) {
      try (TrainingSession session = small().set("averaging.rounds-per-epoch", rounds).build()) {
        Weights start = session.state().weights();
        assertThat(start).isEqualTo(session.configuration().spec().initialWeights());
        TrainingState trained = session.train();
        assertThat(trained.epoch()).isEqualTo(3);
        assertThat(trained.weights())
            .isEqualTo(trainedByHand(session.configuration(), start, first(300), 0, 3));
        assertThat(session.state()).isSameAs(trained);
      }
    }
  }

  /**
   * For bright images, the measured mean is subtracted, or the first learning rate is lowered
   * accordingly.
   */
  @Test
  void measuresTheImagesBeforeTraining() {
    ByteExamples bright = Idx.bright(120, 1);
    Examples training = bright.pick(IntStream.range(0, 100).toArray());
    for (String center : List.of("auto", "none")) {
      try (TrainingSession session =
          TrainingSession.builder()
              .hocon("topology = [256, 8, 10], data.validation = 20, training.epochs = 1")
              .set("training.learning-rates", "[0.2, 0.1]")
              .set("training.input-center", center)
              .training(new MemorySource("bright", bright))
              .test(new MemorySource("bright", bright))
              .build()) {
        var spec = session.configuration().spec();
        if (center.equals("auto")) {
          assertThat(spec.hyperparameters().centering()).isEqualTo(Centering.MEAN);
          assertThat(spec.inputCenter().values()).isEqualTo(training.statistics().mean());
        } else {
          assertThat(spec.hyperparameters().rateScale()).isLessThan(1);
        }
        Weights start = session.state().weights();
        assertThat(session.train().weights())
            .isEqualTo(trainedByHand(session.configuration(), start, training, 0, 1));
      }
    }
  }

  /** In training, evaluation and prediction, and in what is chosen depending on the images. */
  @Test
  void learnsNormalisedImagesLikeTheirNormalisedValues() {
    Shape shape = new Shape(4, 2, 2);
    ByteExamples images = recoloured(TRAINING, shape);
    ByteExamples others = recoloured(TEST, shape);
    Normalisation normalisation =
        new Normalisation(Normalisation.AUTO, Normalisation.AUTO)
            .measured(first(300, images).statistics(), 4);
    String keys =
        "data.validation = 30, training { epochs = 3, learning-rates = [0.2, 0.1], input-center ="
            + " none }\n";
    try (TrainingSession session =
            TrainingSession.builder()
                .hocon(keys + "network { input = [4, 2, 2], mean = auto, deviation = auto }")
                .set("network.layers", "[{units = 12}, {units = 4}]")
                .training(new MemorySource("given", images))
                .test(new MemorySource("given test", others))
                .build();
        TrainingSession plain =
            TrainingSession.builder()
                .hocon(keys + "topology = [16, 12, 4]")
                .training(new MemorySource("given", values(images, normalisation)))
                .test(new MemorySource("given test", values(others, normalisation)))
                .build()) {
      assertThat(session.configuration().spec().network().normalisation()).isEqualTo(normalisation);
      assertThat(session.train().weights()).isEqualTo(plain.train().weights());
      assertThat(session.evaluate(Split.TEST)).isEqualTo(plain.evaluate(Split.TEST));
      assertThat(session.predict(others)).isEqualTo(plain.predict(values(others, normalisation)));
    }
  }

  @Test
  void augmentsOnlyTheImagesOfTheTraining() {
    try (TrainingSession session =
        small()
            .hocon("network { input = [4, 4], layers = [{ units = 12 }, { units = 4 }] }")
            .hocon("training.augmentation { crop = 1, flip = true }")
            .build()) {
      Weights start = session.state().weights();
      Weights trained = session.train().weights();
      assertThat(trained)
          .isEqualTo(trainedByHand(session.configuration(), start, first(300), 0, 3));
      try (Relaxer relaxer = session.configuration().spec().newRelaxer()) {
        relaxer.load(trained);
        assertThat(session.evaluate(Split.TRAINING))
            .isEqualTo(new Evaluator(relaxer, 50).measure(first(300)));
      }
    }
  }

  private static ByteExamples recoloured(ByteExamples images, Shape shape) {
    byte[] labels = new byte[images.size()];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = (byte) images.label(i);
    }
    return new ByteExamples(images.pixels(), labels, shape);
  }

  private static FloatExamples values(Examples images, Normalisation normalisation) {
    int n = images.shape().size();
    float[] values = new float[n * images.size()];
    int[] labels = new int[images.size()];
    for (int i = 0; i < labels.length; i++) {
      images.copyTo(i, values, i * n);
      normalisation.apply(values, i * n, images.shape());
      labels[i] = images.label(i);
    }
    return new FloatExamples(values, labels, images.shape());
  }

  @Test
  void notifiesListenersInOrderWithTheSessionsState() {
    List<String> told = new ArrayList<>();
    try (TrainingSession session =
        small().listener((report, state) -> told.add("first " + report.epoch())).build()) {
      TrainingState last =
          session.train(
              2,
              (report, state) -> {
                told.add("second " + state.epoch());
                assertThat(session.state()).isSameAs(state);
                assertThat(report.training().examples()).isEqualTo(300);
                assertThat(report.validation()).isEqualTo(session.evaluate(Split.VALIDATION));
                assertThat(report.test()).isEqualTo(session.evaluate(Split.TEST));
                assertThat(session.replicas().progress().now().images()).isEqualTo(300);
              });
      assertThat(last.epoch()).isEqualTo(2);
      assertThat(told).containsExactly("first 1", "second 1", "first 2", "second 2");
      assertThat(session.train().epoch()).isEqualTo(3);
      assertThat(told).hasSize(5).last().isEqualTo("first 3");
    }
  }

  @Test
  void resumesFromAnyState() {
    try (TrainingSession whole = small().build()) {
      TrainingState before = whole.train(1);
      Weights expected = whole.train().weights();
      try (TrainingSession rest = small().start(before).build()) {
        assertThat(rest.state()).isSameAs(before);
        assertThat(rest.train().weights()).isEqualTo(expected);
      }
      Weights given = before.weights();
      try (TrainingSession tuned = small().start(TrainingState.startingFrom(given)).build()) {
        assertThat(tuned.train(1).weights())
            .isEqualTo(trainedByHand(tuned.configuration(), given, first(300), 0, 1))
            .isNotEqualTo(whole.state().weights());
      }
    }
  }

  @Test
  void anotherConfigurationTrainsOnTheSameData() {
    try (TrainingSession session = small().build()) {
      RunConfiguration other = session.configuration().with("training.seed", "9");
      TrainingState start = TrainingState.initial(other.spec());
      Weights expected;
      try (TrainingSession fresh = small().set("training.seed", "9").build()) {
        expected = fresh.train().weights();
      }
      try (TrainingSession second = session.with(other, start)) {
        assertThat(second.train().weights()).isEqualTo(expected);
      }
      assertThat(session.state().epoch()).isZero();
      assertThat(session.evaluate(Split.TEST).examples()).isEqualTo(70);
      assertThatThrownBy(
              () ->
                  session.with(other, TrainingState.startingFrom(Weights.zeros(Network.of(16, 4)))))
          .isInstanceOf(InputException.class)
          .hasMessageStartingWith("start: weights of 16-4: expected weights of 16-12-4");
    }
  }

  @Test
  void measuresAndClassifiesAnyExamples() {
    try (TrainingSession session = small().set("training.epochs", "8").build()) {
      session.train();
      Measurement test = session.evaluate(Split.TEST);
      assertThat(test.examples()).isEqualTo(70);
      assertThat(test.errorRate()).isLessThan(0.2);
      try (Relaxer relaxer = session.configuration().spec().newRelaxer()) {
        relaxer.load(session.state().weights());
        assertThat(new Evaluator(relaxer, 50).measure(TEST)).isEqualTo(test);
      }
      assertThat(session.evaluate(Idx.floats(TEST))).isEqualTo(test);
      assertThat(session.evaluate(Split.VALIDATION).examples()).isEqualTo(30);
      assertThat(session.evaluate(Split.TRAINING).examples()).isEqualTo(300);
      int[] classes = session.predict(TEST);
      assertThat(IntStream.range(0, 70).filter(i -> classes[i] != TEST.label(i)).count())
          .isEqualTo(test.errors());
      int[] order = {5, 60, 5};
      assertThat(session.predict(TEST.pick(order)))
          .containsExactly(classes[5], classes[60], classes[5]);
      assertThat(session.predict(TEST.pick())).isEmpty();
    }
  }

  @Test
  void reportsExamplesThatDoNotFitInOneLine() {
    try (TrainingSession session = small().set("data.validation", "0").build()) {
      Examples wide = new ByteExamples(new byte[30], new byte[2], Shape.image(3, 5));
      assertThatThrownBy(() -> session.predict(wide))
          .isInstanceOf(InputException.class)
          .hasMessage(
              "the set has images of 3 × 5 = 15 pixels: expected 16, the input of the network"
                  + " 16-12-4");
      Examples fifth = new ByteExamples(new byte[16], new byte[] {4}, Shape.image(4, 4));
      assertThat(session.predict(fifth)).hasSize(1);
      assertThatThrownBy(() -> session.evaluate(fifth))
          .isInstanceOf(InputException.class)
          .hasMessage(
              "the set has 5 classes: expected at most 4, the outputs of the network 16-12-4");
      assertThatThrownBy(() -> session.evaluate(Split.VALIDATION))
          .isInstanceOf(InputException.class)
          .hasMessage("the validation set has no examples: data.validation is 0");
    }
  }

  @Test
  void warnsOfTheDataAsARunDoes() {
    byte[] labels = new byte[330];
    ByteExamples alike = new ByteExamples(new byte[330 * 16], labels, Shape.image(4, 4));
    try (TrainingSession session = small().training(new MemorySource("alike", alike)).build()) {
      assertThat(session.warnings())
          .satisfiesExactly(
              w -> assertThat(w).startsWith("all training images are the same"),
              w -> assertThat(w).startsWith("no training example has label 1, 2, 3:"));
      assertThat(session.replicas().classCounts(Split.TRAINING)).containsExactly(300, 0, 0, 0);
    }
  }

  /** The session keeps the state of the last successful epoch. */
  @Test
  void aFailedTrainingKeepsTheStateOfThePreviousEpoch() {
    List<TrainingState> told = new ArrayList<>();
    try (TrainingSession session =
        TrainingSession.builder()
            .hocon("topology = [16, 3, 4], data.validation = 30")
            .hocon("training { epochs = 40, batches-per-epoch = 1, seed = 2, decay = 1 }")
            .hocon("training.learning-rates = [1.5, 0.15]")
            .training(new MemorySource("given", TRAINING))
            .test(new MemorySource("given test", TEST))
            .listener((report, state) -> told.add(state))
            .build()) {
      assertThatThrownBy(session::train)
          .isInstanceOf(TrainingFailedException.class)
          .hasMessageContaining("collapsed");
      assertThat(told).isNotEmpty();
      assertThat(session.state()).isSameAs(told.get(told.size() - 1));
    }
  }

  @Test
  void aCancelledTrainingStopsAndKeepsTheLastFinishedEpoch() {
    try (TrainingSession session = small().build()) {
      assertThatThrownBy(
              () ->
                  session.train(
                      (report, state) -> {
                        if (report.epoch() == 2) {
                          session.replicas().cancel();
                        }
                      }))
          .isInstanceOf(CancellationException.class);
      assertThat(session.state().epoch()).isEqualTo(2);
    }
  }

  private static Arguments error(String message, TrainingSessionBuilder builder) {
    return Arguments.of(message, builder);
  }

  static Stream<Arguments> errors() {
    RunConfiguration whole = new ConfigurationReader().read();
    DataPlan plan =
        new DataPlan(
            new MemorySource("given", TRAINING),
            new MemorySource("given", TEST),
            new org.eqprop.base.Slice(0, 330),
            new org.eqprop.base.Slice(0, 0),
            new org.eqprop.base.Slice(0, 70),
            4);
    return Stream.of(
        error(
            "no configuration: expected configuration(…), preset(…), hocon(…) or set(…)",
            TrainingSession.builder()),
        error(
            "configuration(…) is the whole configuration: expected no preset(…), hocon(…) or set(…)"
                + " as well",
            TrainingSession.builder().configuration(whole).preset("mnist")),
        error(
            "preset mnost: unknown preset: did you mean mnist?",
            TrainingSession.builder().preset("mnost")),
        error(
            "set: training.epochs = -1: expected a whole number from 1 to 100000",
            small().set("training.epochs", "-1")),
        error(
            "hocon: 1: training.epochs = \"many\": expected a number",
            small().hocon("training.epochs = many")),
        error(
            "given has images of 4 × 4 = 16 pixels: expected 784, the input of the network"
                + " 784-10-4",
            small().set("topology", "[784, 10, 4]")),
        error(
            "given has 4 classes: expected at most 3, the outputs of the network 16-12-3",
            small().set("topology", "[16, 12, 3]")),
        error(
            "data.validation = 330: expected fewer than the 330 examples of given",
            small().set("data.validation", "330")),
        error(
            "training.batch = 301: expected at most 300, the examples of a partition (300 over 1"
                + " replica)",
            small().set("training.batch", "301")),
        error(
            "averaging.replicas = 2: expected 1 without Spark; set 1, or pass a context to"
                + " spark(…)",
            small().set("averaging.replicas", "2")),
        error(
            "start: weights of 2-1: expected weights of 16-12-4, as topology says",
            small().start(TrainingState.startingFrom(Weights.zeros(Network.of(2, 1))))),
        error(
            "init.model = m.safetensors: expected its weights as well:"
                + " start(TrainingState.startingFrom(…))",
            small().set("init.model", "m.safetensors")),
        error(
            "engine = dl4j: expected eqprop, or rounds(…) of that engine, such as"
                + " rounds(Dl4jRounds::new)",
            small().set("engine", "dl4j")),
        error(
            "rounds(…) are trained on Spark: expected spark(…) as well",
            small()
                .rounds(
                    (spark, replicas, spec) -> new ReplicaRounds(replicas, StateMerging.AVERAGE))),
        error(
            "plan(…) has all sets: expected no training(…) or test(…) as well",
            small().plan(plan)));
  }

  @ParameterizedTest
  @MethodSource("errors")
  void reportsIncompatibleSettingsInOneLine(String message, TrainingSessionBuilder builder) {
    assertThatThrownBy(builder::build).isInstanceOf(InputException.class).hasMessage(message);
  }

  @Test
  void usesAGivenPlanUnchanged() {
    RunConfiguration configuration =
        new ConfigurationReader()
            .set("topology=[16, 12, 4]")
            .set("training.learning-rates=[0.2, 0.1]")
            .read();
    try (TrainingSession given = small().build();
        TrainingSession planned =
            TrainingSession.builder().configuration(configuration).plan(given.plan()).build()) {
      assertThat(planned.plan()).isSameAs(given.plan());
      assertThat(List.of(planned, given))
          .extracting(s -> s.plan().size(Split.TRAINING), s -> s.evaluate(Split.TEST).examples())
          .containsOnly(tuple(300, 70L));
    }
  }
}
