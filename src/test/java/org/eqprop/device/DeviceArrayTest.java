package org.eqprop.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.eqprop.device.Statistics.correlation;
import static org.eqprop.device.Statistics.deviation;
import static org.eqprop.device.Statistics.mean;

import java.util.Arrays;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.eqprop.data.InputCenter;
import org.eqprop.network.Network;
import org.eqprop.network.Weights;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DeviceArrayTest {
  /** Two tensors of weights of the same size, 10,000 each. */
  private static final Network NETWORK = Network.of(100, 100, 100);

  private static final int SIZE = 10_000;

  private static DeviceArray array(Map<String, String> keys) {
    return array(keys, 1);
  }

  private static DeviceArray array(Map<String, String> keys, long seed) {
    return new DeviceArray(Devices.of(keys), NETWORK, InputCenter.NONE, seed);
  }

  private static Weights all(double value) {
    Weights weights = Weights.zeros(NETWORK);
    Arrays.fill(weights.values(), (float) value);
    return weights;
  }

  private static Weights uniform(double bound) {
    Weights weights = Weights.zeros(NETWORK);
    SplittableRandom random = new SplittableRandom(7);
    for (int i = 0; i < weights.values().length; i++) {
      weights.values()[i] = (float) (bound * (2 * random.nextDouble() - 1));
    }
    return weights;
  }

  /** Updates every synapse of θ by the same move. */
  private static Weights updated(DeviceArray array, Weights from, double move, long batch) {
    Weights weights = from.copy();
    Weights target = from.copy();
    for (int i = 0; i < target.values().length; i++) {
      target.values()[i] += (float) move;
    }
    array.update(weights, target, 0, 0, batch);
    return weights;
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4, 16, 255, 65536})
  void weightsAreRoundedToTheNearestLevel(int levels) {
    double range = 0.4;
    DeviceArray array =
        array(Map.of("device.weights.range", "0.4", "device.weights.levels", "" + levels));
    Weights weights = uniform(0.5);
    Weights held = array.begun(weights, 0, 0);
    double step = 2 * range / (levels - 1);
    TreeSet<Float> found = new TreeSet<>();
    for (int k = 1; k <= 2; k++) {
      float[] values = held.weight(k);
      float[] asked = weights.weight(k);
      for (int i = 0; i < SIZE; i++) {
        double clipped = Math.max(-range, Math.min(range, asked[i]));
        assertThat((double) values[i]).isCloseTo(clipped, within(step / 2 + 1e-6));
        double place = (values[i] + range) / step;
        assertThat(place).isCloseTo(Math.rint(place), within(levels < 300 ? 1e-4 : 5e-3));
        found.add(values[i]);
      }
      assertThat(held.bias(k)).isEqualTo(weights.bias(k));
    }
    assertThat(found).hasSizeLessThanOrEqualTo(levels).contains(0.4f, -0.4f);
    if (levels < 300) {
      assertThat(found).hasSize(levels);
      assertThat(found.contains(0f)).isEqualTo(levels % 2 == 1);
    }
  }

  /**
   * A synapse can be programmed with the value that it holds; otherwise averages and restarts would
   * move it.
   */
  @ParameterizedTest
  @CsvSource({"2, nearest", "16, stochastic", "65536, stochastic"})
  void heldWeightsStayTheSameWhenProgrammedAgain(String levels, String rounding) {
    DeviceArray array =
        array(
            Map.of(
                "device.weights.range", "0.3",
                "device.weights.levels", levels,
                "device.weights.rounding", rounding));
    Weights held = array.begun(uniform(0.4), 0, 0);
    assertThat(array.averaged(held, 3, 2)).isEqualTo(held);
    assertThat(array.begun(held, 0, 0)).isEqualTo(held);
  }

  @Test
  void stochasticRoundingHasTheRightMean() {
    DeviceArray array =
        array(
            Map.of(
                "device.weights.range", "1",
                "device.weights.levels", "5",
                "device.weights.rounding", "stochastic"));
    float[] up = updated(array, all(0), 0.1, 0).weight(1);
    assertThat(mean(up)).isCloseTo(0.1, within(0.01)); // 5 standard errors of 0.2
    assertThat(deviation(up)).isCloseTo(0.2, within(0.01));
    assertThat(new TreeSet<>(Arrays.asList(up[0], 0f, 0.5f))).containsExactly(0f, 0.5f);
    float[] down = updated(array, all(-0.5), -0.45, 0).weight(2);
    assertThat(mean(down)).isCloseTo(-0.95, within(0.0075));
    float[] programmed = array.begun(all(-0.7), 0, 0).weight(1);
    assertThat(mean(programmed)).isCloseTo(-0.7, within(0.0125));
    assertThat(correlation(up, updated(array, all(0), 0.1, 1).weight(1))).isBetween(-0.05, 0.05);
    assertThat(correlation(up, updated(array, all(0), 0.1, 0).weight(2))).isBetween(-0.05, 0.05);
  }

  /**
   * Updates far smaller than the distance of two levels: rounding to the nearest would lose all of
   * them.
   */
  @Test
  void manySmallUpdatesAreNotLostInStochasticRounding() {
    Map<String, String> keys = Map.of("device.weights.range", "1", "device.weights.levels", "16");
    Weights lost = all(1.0 / 15);
    Weights kept = lost.copy();
    DeviceArray nearest = array(keys);
    DeviceArray stochastic = array(Devices.with(keys, "device.weights.rounding", "stochastic"));
    for (int batch = 0; batch < 100; batch++) {
      lost = updated(nearest, lost, 0.001, batch);
      kept = updated(stochastic, kept, 0.001, batch);
    }
    assertThat(lost.weight(1)).isEqualTo(all(1.0 / 15).weight(1));
    assertThat(mean(kept.weight(1))).isCloseTo(1.0 / 15 + 0.1, within(0.006));
  }

  @Test
  void weightsAtTheirTargetStayTheSameAndBiasesAreExact() {
    DeviceArray array =
        array(
            Map.of(
                "device.weights.range", "0.5",
                "device.weights.levels", "4",
                "device.update.noise", "1",
                "device.update.up", "2",
                "device.update.bounds", "soft"));
    Weights weights = uniform(0.5); // between levels, as drift leaves them
    Weights target = weights.copy();
    for (int k = 1; k <= 2; k++) {
      for (int i = weights.layout().bias(k).from(); i < weights.layout().bias(k).to(); i++) {
        target.values()[i] += 3;
      }
    }
    Weights before = weights.copy();
    array.update(weights, target, 0, 0, 0);
    assertThat(weights).isEqualTo(target).isNotEqualTo(before);
    assertThat(weights.weight(1)).isEqualTo(before.weight(1));
  }

  /** Alternates updates by d up and down, starting from both ends. */
  @Test
  void softBoundsTakeWeightsToTheirKnownFixedPoint() {
    DeviceArray array =
        array(
            Map.of(
                "device.weights.range", "0.5",
                "device.update.up", "1.2",
                "device.update.down", "0.8",
                "device.update.bounds", "soft"));
    for (double start : new double[] {-0.5, 0, 0.5}) {
      Weights weights = all(start);
      for (int batch = 0; batch < 600; batch++) {
        weights = updated(array, weights, batch % 2 == 0 ? 0.005 : -0.005, batch);
      }
      // w_max (a − b)/(a + b)
      assertThat(weights.weight(1)[0]).isCloseTo(0.5f * 0.2f, within(0.005f));
      assertThat(weights.weight(2)[99]).isEqualTo(weights.weight(1)[0]);
    }
  }

  /** θ(n) = w_max (1 − (1 − a d/w_max)^n) upwards from 0, and never beyond w_max. */
  @Test
  void softBoundsSaturateExponentially() {
    DeviceArray array =
        array(
            Map.of(
                "device.weights.range", "0.5",
                "device.update.up", "2",
                "device.update.down", "0.5",
                "device.update.bounds", "soft"));
    Weights up = all(0);
    Weights down = all(0);
    for (int n = 1; n <= 50; n++) {
      up = updated(array, up, 0.01, n);
      down = updated(array, down, -0.01, n);
      assertThat(up.weight(1)[0])
          .isCloseTo((float) (0.5 * (1 - Math.pow(1 - 0.04, n))), within(1e-4f));
      assertThat(down.weight(1)[0])
          .isCloseTo((float) (-0.5 * (1 - Math.pow(1 - 0.01, n))), within(1e-4f));
    }
  }

  @Test
  void hardBoundsClipAndUpsAndDownsHaveTheirOwnSize() {
    DeviceArray array =
        array(
            Map.of(
                "device.weights.range", "0.5",
                "device.update.up", "1.5",
                "device.update.down", "0.25"));
    assertThat(updated(array, all(0.1), 0.1, 0).weight(1)[5]).isCloseTo(0.25f, within(1e-6f));
    assertThat(updated(array, all(0.1), -0.1, 0).weight(2)[5]).isCloseTo(0.075f, within(1e-6f));
    assertThat(updated(array, all(-0.3), 0.1, 0).weight(1)[5]).isCloseTo(-0.15f, within(1e-6f));
    assertThat(updated(array, all(0.4), 0.1, 0).weight(1)[5]).isEqualTo(0.5f);
    assertThat(updated(array, all(-0.4), -1, 0).weight(1)[5]).isEqualTo(-0.5f);
  }

  @Test
  void updateNoiseIsProportionalToTheUpdate() {
    DeviceArray array = array(Map.of("device.update.noise", "0.3", "device.update.up", "2"));
    for (double move : new double[] {0.1, -0.2}) {
      double size = move > 0 ? 2 * move : move;
      float[] moved = updated(array, all(0), move, 0).weight(1);
      assertThat(mean(moved)).isCloseTo(size, within(5 * 0.3 * Math.abs(size) / 100));
      assertThat(deviation(moved)).isCloseTo(0.3 * Math.abs(size), within(0.015 * Math.abs(size)));
    }
  }

  /** Each tensor, batch, partition, epoch and seed has its own noise. */
  @Test
  void updateNoiseIsDrawnSeparatelyForEachUpdate() {
    Map<String, String> keys = Map.of("device.update.noise", "0.3");
    float[] first = updated(array(keys), all(0), 1, 0).weight(1);
    assertThat(updated(array(keys), all(0), 1, 0).weight(1)).isEqualTo(first);
    float[][] others = {
      updated(array(keys), all(0), 1, 0).weight(2),
      updated(array(keys), all(0), 1, 1).weight(1),
      updated(array(keys, 2), all(0), 1, 0).weight(1),
      moved(array(keys), 1, 0).weight(1),
      moved(array(keys), 0, 1).weight(1)
    };
    for (float[] other : others) {
      assertThat(correlation(first, other)).isBetween(-0.05, 0.05);
    }
  }

  private static Weights moved(DeviceArray array, long epoch, long partition) {
    Weights weights = all(0);
    array.update(weights, all(1), epoch, partition, 0);
    return weights;
  }

  @Test
  void weightsDriftExponentiallyToZeroOnlyBetweenEpochs() {
    DeviceArray array = array(Map.of("device.drift.rate", "0.1"));
    Weights weights = uniform(0.4);
    Weights drifted = array.begun(weights, 0, 0);
    assertThat(drifted).isEqualTo(weights);
    for (int epoch = 1; epoch <= 7; epoch++) {
      drifted = array.begun(drifted, epoch, 0);
      assertThat(array.begun(drifted, epoch, 1)).isEqualTo(drifted);
    }
    float left = (float) Math.exp(-0.7);
    float[] expected = weights.weight(2);
    for (int i = 0; i < SIZE; i++) {
      expected[i] *= left;
    }
    assertThat(drifted.weight(2)).containsExactly(expected, within(1e-6f));
    assertThat(drifted.bias(1)).isEqualTo(weights.bias(1));
  }

  /** An Ornstein–Uhlenbeck process, whose variance after n epochs is known. */
  @Test
  void driftNoiseAddsUpToTheKnownVariance() {
    DeviceArray array =
        array(
            Map.of(
                "device.drift.rate", "0.1",
                "device.drift.noise", "0.01",
                "device.weights.range", "0.5"));
    Weights weights = all(0.2);
    float[] first = {};
    for (int epoch = 1; epoch <= 20; epoch++) {
      weights = array.begun(weights, epoch, 0);
      first = epoch == 1 ? weights.weight(1) : first;
    }
    double variance = 0.005 * 0.005 * (1 - Math.exp(-2 * 0.1 * 20)) / (1 - Math.exp(-2 * 0.1));
    assertThat(deviation(weights.weight(1))).isCloseTo(Math.sqrt(variance), within(4e-4));
    assertThat(mean(weights.weight(2))).isCloseTo(0.2 * Math.exp(-2), within(6e-4));
    assertThat(correlation(weights.weight(1), weights.weight(2))).isBetween(-0.05, 0.05);
    assertThat(deviation(first)).isCloseTo(0.005, within(2e-4));
    Weights edge = array.begun(all(0.5), 1, 0);
    assertThat(array.begun(edge, 2, 0).weight(1)).isNotEqualTo(edge.weight(1));
    assertThat(
            Devices.largest(
                array(Map.of("device.drift.noise", "1", "device.weights.range", "1"))
                    .begun(all(0.9), 1, 0)
                    .weight(1)))
        .isEqualTo(1f);
  }

  /** Without a range, noise scales with the largest initial weight of each tensor. */
  @Test
  void noiseScalesWithTheInitialWeightsWithoutARange() {
    Network network = Network.of(300, 100, 20);
    DeviceArray array =
        new DeviceArray(
            Devices.of(Map.of("device.drift.noise", "0.1")), network, InputCenter.NONE, 1);
    Weights drifted = array.begun(Weights.zeros(network), 1, 0);
    assertThat(deviation(drifted.weight(1))).isCloseTo(0.1 * Math.sqrt(6.0 / 400), within(0.0003));
    assertThat(deviation(drifted.weight(2))).isCloseTo(0.1 * Math.sqrt(6.0 / 120), within(0.0018));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 2, 3, 8, 9})
  void fixedSignsAreNeverCrossed(int levels) {
    Map<String, String> keys =
        Map.of(
            "device.signs", "fixed",
            "device.weights.range", "0.3",
            "device.weights.levels", "" + levels,
            "device.weights.rounding", "stochastic",
            "device.update.noise", "2",
            "device.drift.noise", "0.5");
    DeviceArray array = array(keys, 5);
    Weights drawn = Weights.glorotUniform(NETWORK, 5);
    Weights weights = array.begun(drawn, 0, 0);
    for (int batch = 0; batch < 4; batch++) {
      weights = updated(array, weights, batch % 2 == 0 ? 0.2 : -0.2, batch);
      weights = batch == 2 ? array.begun(weights, 1, 0) : weights;
      weights = batch == 3 ? array.averaged(uniform(0.3), 1, 1) : weights;
      int moved = 0;
      for (int k = 1; k <= 2; k++) {
        float[] values = weights.weight(k);
        float[] signs = drawn.weight(k);
        for (int i = 0; i < SIZE; i++) {
          assertThat(values[i] * Math.signum(signs[i]) + 0f).isBetween(0f, 0.3f);
          moved += values[i] != 0 ? 1 : 0;
        }
      }
      assertThat(moved).isGreaterThan(SIZE / 4);
    }
  }

  @Test
  void freeSignsAreCrossed() {
    DeviceArray array = array(Map.of("device.weights.range", "0.3"));
    assertThat(updated(array, all(0.1), -0.2, 0).weight(1)[0]).isCloseTo(-0.1f, within(1e-6f));
  }

  /** The first layer learns from x − m: rounding W_1 must not change its response to m. */
  @Test
  void programmingKeepsTheFirstLayersResponseToTheMeanInput() {
    float[] m = new float[100];
    Arrays.fill(m, 0.25f);
    InputCenter center = new InputCenter(m);
    DeviceArray array =
        new DeviceArray(
            Devices.of(Map.of("device.weights.range", "0.3", "device.weights.levels", "4")),
            NETWORK,
            center,
            1);
    Weights weights = uniform(0.3);
    Weights held = array.begun(weights, 0, 0);
    assertThat(held.weight(1)).isNotEqualTo(weights.weight(1));
    assertThat(held.plusCenter(center).bias(1))
        .containsExactly(weights.plusCenter(center).bias(1), within(1e-5f));
  }

  @Test
  void idealDevicesReturnTheSameWeights() {
    DeviceArray array = array(Map.of("device.state-noise", "1", "device.read-noise", "1"));
    Weights weights = uniform(2);
    assertThat(array.isExact()).isTrue();
    assertThat(array.begun(weights, 0, 0)).isSameAs(weights);
    assertThat(array.begun(weights, 4, 0)).isSameAs(weights);
    assertThat(array.averaged(weights, 4, 0)).isSameAs(weights);
    for (String key : new String[] {"device.weights.range", "device.update.up"}) {
      assertThat(array(Map.of(key, "2")).isExact()).isFalse();
    }
    assertThat(array(Map.of("device.signs", "fixed")).isExact()).isFalse();
  }

  /** Compares an update of epoch 1, partition 0, batch 0 with the average of epoch 0, round 0. */
  @Test
  void updatesAndAveragesAreRoundedWithDifferentRandomNumbers() {
    Map<String, String> keys =
        Map.of(
            "device.weights.range", "1",
            "device.weights.levels", "3",
            "device.weights.rounding", "stochastic");
    DeviceArray array = array(keys);
    Weights weights = all(0);
    array.update(weights, all(0.5), 1, 0, 0);
    Weights average = array.averaged(all(0.5), 0, 0);
    for (int k = 1; k <= 2; k++) {
      assertThat(Math.abs(correlation(weights.weight(k), average.weight(k)))).isLessThan(0.05);
    }
  }
}
