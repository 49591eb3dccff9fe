package org.eqprop.learning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.eqprop.Idx;
import org.eqprop.backend.Backend;
import org.eqprop.base.Slice;
import org.eqprop.data.Examples;
import org.eqprop.data.IdxSource;
import org.eqprop.data.InputCenter;
import org.eqprop.device.Devices;
import org.eqprop.dynamics.Measurement;
import org.eqprop.dynamics.NudgedStart;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.dynamics.Schedule;
import org.eqprop.network.Network;
import org.eqprop.network.Weights;
import org.eqprop.storage.Storage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Training on imperfect hardware, in one thread. */
class DeviceTrainingTest {
  private static final Network NETWORK = Network.of(16, 12, 4);

  /** All settings that draw random numbers or can leave state behind. */
  private static final Map<String, String> ALL =
      Map.ofEntries(
          Map.entry("device.state-noise", "0.02"),
          Map.entry("device.read-noise", "0.01"),
          Map.entry("device.weights.range", "1"),
          Map.entry("device.weights.levels", "255"),
          Map.entry("device.weights.rounding", "stochastic"),
          Map.entry("device.mismatch.deviation", "0.1"),
          Map.entry("device.mismatch.between-nudges", "0.01"),
          Map.entry("device.update.noise", "0.3"),
          Map.entry("device.update.up", "1.1"),
          Map.entry("device.update.bounds", "soft"),
          Map.entry("device.drift.rate", "0.01"),
          Map.entry("device.drift.noise", "0.01"),
          Map.entry("device.signs", "fixed"));

  @TempDir Path folder;

  private Examples images() {
    Idx.quadrants(folder, 230, 1);
    return new IdxSource(folder + "/images.idx", folder + "/labels.idx")
        .read(Storage.local(), new Slice(0, 230), 4);
  }

  private static ReplicaSpec spec(Backend backend, Map<String, String> keys) {
    return new ReplicaSpec(
        NETWORK,
        new Relaxation(Schedule.EVEN_ODD, 0.5, 12, 6, 0, NudgedStart.FREE),
        new GradientEstimator(EstimatorKind.CENTERED, 0.3),
        new Hyperparameters(40, 20, List.of(0.2, 0.1), 1, 0, 5),
        backend,
        InputCenter.NONE,
        Devices.of(keys));
  }

  /** Trains some epochs, each with a new relaxer, as in separate tasks. */
  private static Weights train(
      ReplicaSpec spec, Examples images, Weights start, int from, int to, int rounds) {
    Weights weights = start;
    for (int epoch = from; epoch < to; epoch++) {
      for (int round = 0; round < rounds; round++) {
        try (Relaxer relaxer = spec.newRelaxer()) {
          relaxer.load(weights);
          var unused =
              new LocalTrainer(spec, relaxer)
                  .train(images, new RoundAssignment(epoch, round, rounds, 0, 1), m -> {});
          weights = relaxer.weights();
        }
      }
    }
    return weights;
  }

  private static Measurement measure(ReplicaSpec spec, Examples images, Weights weights) {
    try (Relaxer relaxer = spec.newRelaxer()) {
      relaxer.load(weights);
      return new Evaluator(relaxer, 50).measure(images);
    }
  }

  @Test
  void splittingAnEpochIntoRoundsAndTasksChangesNothing() {
    Examples images = images();
    ReplicaSpec spec = spec(Backend.BLAS, ALL);
    Weights start = spec.initialWeights();
    Weights whole = start;
    try (Relaxer relaxer = spec.newRelaxer()) {
      relaxer.load(start);
      LocalTrainer trainer = new LocalTrainer(spec, relaxer);
      for (int epoch = 0; epoch < 3; epoch++) {
        var unused = trainer.train(images, RoundAssignment.whole(epoch), m -> {});
      }
      whole = relaxer.weights();
      assertThat(new Evaluator(relaxer, 50).measure(images))
          .isEqualTo(measure(spec, images, whole));
    }
    assertThat(train(spec, images, start, 0, 3, 1)).isEqualTo(whole);
    assertThat(train(spec, images, start, 0, 3, 4)).isEqualTo(whole);
    assertThat(train(spec, images, train(spec, images, start, 0, 2, 1), 2, 3, 1)).isEqualTo(whole);
  }

  /** Each model on its own affects training. */
  @Test
  void everyModelChangesTheTrainedWeights() {
    Examples images = images();
    Weights ideal = trained(images, Map.of());
    for (Map.Entry<String, String> key : ALL.entrySet()) {
      Map<String, String> keys =
          key.getKey().matches(".*(levels|bounds)")
              ? Map.of("device.weights.range", "1", key.getKey(), key.getValue())
              : Map.of(key.getKey(), key.getValue());
      if (!key.getKey().equals("device.weights.rounding")) {
        assertThat(trained(images, keys).values())
            .as(key.getKey())
            .usingComparatorWithPrecision(key.getKey().endsWith("range") ? 0f : 1e-5f)
            .isNotEqualTo(ideal.values());
      }
    }
  }

  private static Weights trained(Examples images, Map<String, String> keys) {
    ReplicaSpec spec = spec(Backend.BLAS, keys);
    return train(spec, images, spec.initialWeights(), 0, 2, 1);
  }

  /** Updates of devices that can hold every weight equal plain SGD up to rounding. */
  @ParameterizedTest
  @ValueSource(strings = {"blas", "nd4j"})
  void devicesThatCanHoldEveryWeightTrainLikeIdealOnes(String backend) {
    Examples images = images();
    ReplicaSpec ideal = spec(Backend.named(backend), Map.of());
    ReplicaSpec wide = spec(Backend.named(backend), Map.of("device.weights.range", "100"));
    Weights start = ideal.initialWeights();
    assertThat(train(wide, images, start, 0, 2, 1).values())
        .containsExactly(train(ideal, images, start, 0, 2, 1).values(), within(1e-5f));
  }

  @Test
  void devicesCanHoldTheTrainedWeights() {
    Examples images = images();
    Map<String, String> keys =
        Devices.without(Devices.without(ALL, "device.drift.rate"), "device.drift.noise");
    ReplicaSpec spec = spec(Backend.BLAS, keys);
    Weights weights = train(spec, images, spec.initialWeights(), 0, 3, 1);
    Weights drawn = Weights.glorotUniform(NETWORK, 5);
    int moved = 0;
    for (int k = 1; k <= 2; k++) {
      float[] values = weights.weight(k);
      float[] before = drawn.weight(k);
      for (int i = 0; i < values.length; i++) {
        float value = values[i];
        assertThat(value * Math.signum(before[i]) + 0f).isBetween(0f, 1f);
        double level = (value + 1) * 127;
        assertThat(level).isCloseTo(Math.rint(level), within(1e-3));
        moved += Math.abs(value - before[i]) > 0.02 ? 1 : 0;
      }
    }
    assertThat(moved).isGreaterThan(30);
  }

  /** A network learns despite noise in both training and evaluation. */
  @ParameterizedTest
  @ValueSource(strings = {"blas", "nd4j"})
  void imperfectHardwareLearns(String backend) {
    Examples images = images();
    ReplicaSpec spec = spec(Backend.named(backend), Devices.without(ALL, "device.signs"));
    Weights trained = train(spec, images, spec.initialWeights(), 0, 40, 1);
    assertThat(measure(spec, images, spec.initialWeights()).errorRate()).isGreaterThan(0.4);
    assertThat(measure(spec, images, trained).errorRate()).isLessThan(0.1);
  }

  /**
   * Test errors include the hardware's imperfections, and the noise does not depend on the caller.
   */
  @Test
  void evaluationIncludesTheImperfections() {
    Examples images = images();
    Weights weights = Weights.glorotUniform(NETWORK, 5);
    ReplicaSpec ideal = spec(Backend.BLAS, Map.of());
    for (String key :
        List.of("device.state-noise", "device.read-noise", "device.mismatch.deviation")) {
      ReplicaSpec spec = spec(Backend.BLAS, Map.of(key, "0.3"));
      double energy = measure(spec, images, weights).energy();
      assertThat(energy).isNotCloseTo(measure(ideal, images, weights).energy(), within(1e-3));
      assertThat(measure(spec, images, weights).energy()).isEqualTo(energy);
    }
  }

  @Test
  void partitionsAndEpochsHaveTheirOwnNoise() {
    Examples images = images();
    ReplicaSpec spec = spec(Backend.BLAS, Map.of("device.state-noise", "0.1"));
    Weights weights = Weights.glorotUniform(NETWORK, 5);
    try (Relaxer relaxer = spec.newRelaxer()) {
      relaxer.load(weights);
      Evaluator evaluator = new Evaluator(relaxer, 50);
      double first = evaluator.measure(images).energy();
      relaxer.nameNoise(1);
      double other = evaluator.measure(images).energy();
      relaxer.nameNoise(0);
      assertThat(other).isNotEqualTo(first);
      assertThat(evaluator.measure(images).energy()).isEqualTo(first);
    }
  }
}
