package org.eqprop.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.api.java.JavaSparkContext;
import org.eqprop.Idx;
import org.eqprop.SharedSpark;
import org.eqprop.base.InputException;
import org.eqprop.data.ByteExamples;
import org.eqprop.data.MemorySource;
import org.eqprop.data.Shape;
import org.eqprop.dynamics.Measurement;
import org.eqprop.network.Weights;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Sessions with Spark, compared with those without. */
class TrainingSessionIT {
  private static final JavaSparkContext SPARK = SharedSpark.context();

  private static TrainingSessionBuilder session(ByteExamples training, String... keys) {
    TrainingSessionBuilder builder =
        TrainingSession.builder()
            .hocon("data.validation = 30, training.epochs = 3")
            .hocon("evaluation { batch = 50, test-each-epoch = true }")
            .training(new MemorySource("given", training))
            .test(new MemorySource("given test", training));
    for (String key : keys) {
      builder.hocon(key);
    }
    return builder;
  }

  private static TrainingSessionBuilder quadrants(String... keys) {
    return session(Idx.quadrants(330, 1), keys)
        .hocon("topology = [16, 12, 4], training.learning-rates = [0.2, 0.1]");
  }

  /** Formats values so that floating-point numbers with different bits give different text. */
  private static String shown(@Nullable Object... values) {
    return Arrays.asList(values).toString();
  }

  private static String shown(@Nullable Weights weights) {
    return weights == null ? "none" : Arrays.toString(weights.values());
  }

  /** Returns what the epochs of a training have reported, without times, and their results. */
  private static List<String> epochs(TrainingSessionBuilder builder) {
    List<String> told = new ArrayList<>();
    try (TrainingSession session =
        builder
            .listener(
                (report, state) ->
                    told.add(
                        shown(
                            report.epoch(),
                            report.training(),
                            report.validation(),
                            report.test(),
                            report.warnings(),
                            state.error(),
                            shown(state.weights()),
                            shown(state.velocity()))))
            .build()) {
      session.train();
      told.add(
          shown(
              session.warnings(),
              session.configuration().toJson(),
              Arrays.toString(session.replicas().inputs().mean()),
              session.replicas().classCounts(Split.VALIDATION),
              session.replicas().computing(),
              session.evaluate(Split.TRAINING),
              session.replicas().tally(session.state().weights(), Split.TEST, 50)));
    }
    return told;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "averaging.rounds-per-epoch = 1",
        "averaging.rounds-per-epoch = 4",
        "estimator.kind = random-sign",
        "training.batches-per-epoch = 7",
        "averaging.outer { optimizer = nesterov, momentum = 0.3 }"
      })
  void oneReplicaGivesTheSameBitsWithSparkAndWithout(String keys) {
    List<String> expected = epochs(quadrants("averaging.replicas = 1", keys));
    assertThat(epochs(quadrants("averaging.replicas = 1", keys).spark(SPARK))).isEqualTo(expected);
  }

  @Test
  void oneReplicaGivesTheSameBitsAndWarningsOnBrightImages() {
    TrainingSessionBuilder[] both =
        List.of(false, true).stream()
            .map(
                onSpark -> {
                  TrainingSessionBuilder builder =
                      session(Idx.bright(200, 1), "averaging.replicas = 1")
                          .hocon("topology = [256, 10, 11]")
                          .set("training.learning-rates", "[0.2, 0.05]");
                  return onSpark ? builder.spark(SPARK) : builder;
                })
            .toArray(TrainingSessionBuilder[]::new);
    List<String> expected = epochs(both[0]);
    assertThat(epochs(both[1])).isEqualTo(expected);
    assertThat(expected.get(expected.size() - 1)).contains("no training example has label 10");
  }

  @Test
  void usesOneReplicaPerGivenOrRegisteredCore() {
    try (TrainingSession told = quadrants().spark(SPARK).cores(() -> 5).build();
        TrainingSession there = quadrants().spark(SPARK).build();
        TrainingSession few =
            quadrants("training.batch = 100").cores(() -> 9).spark(SPARK).build();
        TrainingSession fixed =
            quadrants("averaging.replicas = 3")
                .spark(SPARK)
                .cores(
                    () -> {
                      throw new AssertionError(
                          "called, although the configuration sets the replicas");
                    })
                .build()) {
      assertThat(List.of(told, there, few, fixed))
          .extracting(
              session -> session.replicas().count(),
              session -> session.configuration().averaging().replicas())
          .containsExactly(tuple(5, 5), tuple(2, 2), tuple(3, 3), tuple(3, 3));
    }
  }

  @Test
  void anotherConfigurationTrainsOnTheSamePartitions() {
    Weights expected;
    try (TrainingSession fresh =
        quadrants("averaging.replicas = 3", "training.seed = 9").spark(SPARK).build()) {
      expected = fresh.train().weights();
    }
    try (TrainingSession session = quadrants("averaging.replicas = 3").spark(SPARK).build()) {
      var other = session.configuration().with("training.seed", "9");
      try (TrainingSession second = session.with(other, TrainingState.initial(other.spec()))) {
        assertThat(SPARK.getPersistentRDDs()).hasSize(1);
        assertThat(second.train().weights()).isEqualTo(expected);
      }
      assertThat(SPARK.getPersistentRDDs()).as("the data stay").hasSize(1);
      assertThat(session.train().weights()).isNotEqualTo(expected);
    }
  }

  @Test
  void closingReleasesTheDataAndLeavesTheContextOpen() {
    try (TrainingSession session = quadrants("averaging.replicas = 2").spark(SPARK).build()) {
      assertThat(SPARK.getPersistentRDDs()).hasSize(1);
      session.train(1);
    }
    assertThat(SPARK.getPersistentRDDs()).isEmpty();
    assertThat(SPARK.sc().isStopped()).isFalse();
    assertThat(SPARK.parallelize(List.of(1, 2), 2).count()).isEqualTo(2);
  }

  @Test
  void reportsUnreadableDataInOneLineAndReleasesEverything() {
    ByteExamples pixels = new ByteExamples(new byte[16 * 40], new byte[40], Shape.image(4, 4));
    MemorySource good = new MemorySource("good", pixels);
    byte[] labels = new byte[40];
    labels[33] = 7;
    MemorySource bad =
        new MemorySource("bad", new ByteExamples(new byte[16 * 40], labels, Shape.image(4, 4)));
    // A plan from headers that promise fewer classes than the data have.
    DataPlan plan =
        new DataPlan(
            bad,
            good,
            new org.eqprop.base.Slice(0, 40),
            new org.eqprop.base.Slice(40, 40),
            new org.eqprop.base.Slice(0, 40),
            4);
    assertThatThrownBy(
            () ->
                TrainingSession.builder()
                    .hocon("topology = [16, 12, 4], training.learning-rates = [0.2, 0.1]")
                    .plan(plan)
                    .spark(SPARK)
                    .build())
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("bad: label 7 of example 33: expected 0 to 3");
    assertThat(SPARK.getPersistentRDDs()).isEmpty();
  }

  @Test
  void measuresTheSameHereAsOnExecutors() {
    ByteExamples examples = Idx.quadrants(330, 1);
    try (TrainingSession session = quadrants("averaging.replicas = 2").spark(SPARK).build()) {
      session.train();
      Measurement measured = session.evaluate(Split.TEST);
      assertThat(session.evaluate(examples).errors()).isEqualTo(measured.errors());
      int[] classes = session.predict(examples);
      int wrong = 0;
      for (int i = 0; i < classes.length; i++) {
        wrong += classes[i] == examples.label(i) ? 0 : 1;
      }
      assertThat(wrong).isEqualTo((int) measured.errors());
    }
  }
}
