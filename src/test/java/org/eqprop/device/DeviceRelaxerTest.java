package org.eqprop.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.eqprop.device.Statistics.correlation;
import static org.eqprop.device.Statistics.deviation;
import static org.eqprop.device.Statistics.mean;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.eqprop.backend.Backend;
import org.eqprop.config.ConfigurationReader;
import org.eqprop.data.Examples;
import org.eqprop.data.FloatExamples;
import org.eqprop.data.Shape;
import org.eqprop.dynamics.Equilibrium;
import org.eqprop.dynamics.NudgedStart;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.dynamics.Schedule;
import org.eqprop.network.Floats;
import org.eqprop.network.Layer;
import org.eqprop.network.Network;
import org.eqprop.network.NetworkKinds;
import org.eqprop.network.Range;
import org.eqprop.network.Weights;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

class DeviceRelaxerTest {
  private static final double EPSILON = 0.3;
  private static final int B = 40;

  private static Network linear(int... sizes) {
    List<Layer> layers = new ArrayList<>();
    for (int k = 1; k < sizes.length; k++) {
      layers.add(new Layer(sizes[k], Range.LINEAR, 1));
    }
    return Network.dense(sizes[0], layers);
  }

  private static Relaxation relaxation(Schedule schedule, int steps) {
    return new Relaxation(schedule, EPSILON, steps, steps, 0, NudgedStart.FREE);
  }

  private static Examples examples(int inputs) {
    float[] values = new float[B * inputs];
    Arrays.fill(values, 1);
    return new FloatExamples(values, new int[B], Shape.vector(inputs));
  }

  private static final int[] ORDER = IntStream.range(0, B).toArray();

  private static DeviceRelaxer relaxer(
      Backend backend, Network network, Relaxation relaxation, Map<String, String> keys) {
    return new DeviceRelaxer(
        backend.relaxer(network, relaxation, DataType.FLOAT), Devices.of(keys), 3);
  }

  private static float[] state(Relaxer relaxer, Equilibrium at, int k) {
    try (INDArray state = relaxer.state(at, k)) {
      return Floats.of(state);
    }
  }

  private static float[] minus(float[] a, float[] b) {
    float[] difference = a.clone();
    for (int i = 0; i < a.length; i++) {
      difference[i] -= b[i];
    }
    return difference;
  }

  /**
   * s ← (1−ε)s + εu + σξ, u = 1: mean 1, variance σ²/(1 − (1−ε)²); if the steps shared a ξ, it
   * would be σ²/ε².
   */
  @ParameterizedTest
  @ValueSource(strings = {"blas", "nd4j"})
  void noiseOnStatesHasTheKnownVariance(String backend) {
    Network network = linear(1, 250);
    Weights weights = Weights.zeros(network);
    Arrays.fill(weights.values(), 0, 250, 0.75f);
    Arrays.fill(weights.values(), 250, 500, 0.25f);
    try (DeviceRelaxer relaxer =
        relaxer(
            Backend.named(backend),
            network,
            relaxation(Schedule.SYNCHRONOUS, 60),
            Map.of("device.state-noise", "0.2"))) {
      relaxer.load(weights);
      relaxer.clamp(examples(1), ORDER, 0, B);
      var unused = relaxer.relaxFree();
      float[] states = state(relaxer, Equilibrium.FREE, 1);
      double expected = 0.2 / Math.sqrt(1 - (1 - EPSILON) * (1 - EPSILON));
      assertThat(mean(states)).isCloseTo(1, within(5 * expected / Math.sqrt(250.0 * B)));
      assertThat(deviation(states)).isCloseTo(expected, within(0.03 * expected));
    }
  }

  private static void step(Relaxer relaxer, Equilibrium into, @Nullable Equilibrium from) {
    var unused = relaxer.relax(into, from, 0, 1);
  }

  /** In even-odd sweeps, s = u + σξ, so only the noise differs. */
  @Test
  void stateNoiseIsDrawnSeparatelyForEachStepLayerPhaseAndBatch() {
    Network network = linear(1, 250, 250);
    try (DeviceRelaxer relaxer =
        relaxer(
            Backend.BLAS,
            network,
            relaxation(Schedule.EVEN_ODD, 1),
            Map.of("device.state-noise", "0.1"))) {
      relaxer.load(Weights.zeros(network));
      relaxer.nameNoise(1, 2, 3);
      relaxer.clamp(examples(1), ORDER, 0, B);
      List<float[]> drawn = new ArrayList<>();
      step(relaxer, Equilibrium.FREE, null);
      drawn.add(state(relaxer, Equilibrium.FREE, 1));
      drawn.add(state(relaxer, Equilibrium.FREE, 2));
      step(relaxer, Equilibrium.FREE, Equilibrium.FREE); // the same phase
      drawn.add(state(relaxer, Equilibrium.FREE, 1));
      step(relaxer, Equilibrium.NUDGED, Equilibrium.FREE);
      drawn.add(state(relaxer, Equilibrium.NUDGED, 1));
      step(relaxer, Equilibrium.COUNTER_NUDGED, Equilibrium.FREE);
      drawn.add(state(relaxer, Equilibrium.COUNTER_NUDGED, 1));
      relaxer.nameNoise(1, 2, 4);
      relaxer.clamp(examples(1), ORDER, 0, B);
      step(relaxer, Equilibrium.FREE, null);
      drawn.add(state(relaxer, Equilibrium.FREE, 1));
      for (int i = 0; i < drawn.size(); i++) {
        assertThat(deviation(drawn.get(i))).isCloseTo(0.1, within(0.004));
        for (int j = 0; j < i; j++) {
          assertThat(correlation(drawn.get(i), drawn.get(j))).isBetween(-0.05, 0.05);
        }
      }
      relaxer.nameNoise(1, 2, 3);
      relaxer.clamp(examples(1), ORDER, 0, B);
      step(relaxer, Equilibrium.FREE, null);
      assertThat(state(relaxer, Equilibrium.FREE, 1)).isEqualTo(drawn.get(0));
      relaxer.clamp(examples(1), ORDER, B / 2, B); // another batch of an evaluation
      step(relaxer, Equilibrium.FREE, null);
      float[] first = Arrays.copyOf(drawn.get(0), B / 2 * 250);
      assertThat(correlation(state(relaxer, Equilibrium.FREE, 1), first)).isBetween(-0.07, 0.07);
    }
  }

  /** Noise is added before the clip, not after. */
  @ParameterizedTest
  @EnumSource(Schedule.class)
  void noisyStatesStayInTheirRange(Schedule schedule) {
    Network network = Network.of(1, 400, 3);
    try (DeviceRelaxer relaxer =
        relaxer(
            Backend.BLAS, network, relaxation(schedule, 3), Map.of("device.state-noise", "5"))) {
      relaxer.load(Weights.zeros(network));
      relaxer.clamp(examples(1), ORDER, 0, B);
      var unused = relaxer.relaxFree();
      float[] states = state(relaxer, Equilibrium.FREE, 1);
      int inside = 0;
      for (float s : states) {
        assertThat(s).isBetween(0f, 1f);
        inside += s > 0 && s < 1 ? 1 : 0;
      }
      assertThat(inside).isBetween(1, states.length / 4);
    }
  }

  /** The same noise for the same unit, whatever the order in which a backend stores its units. */
  @Test
  void backendsRelaxWithTheSameNoise() {
    for (Network network : NetworkKinds.all().values()) {
      List<float[]> states = new ArrayList<>();
      for (Backend backend : List.of(Backend.BLAS, Backend.ND4J)) {
        try (DeviceRelaxer relaxer =
            relaxer(
                backend,
                network,
                relaxation(Schedule.EVEN_ODD, 3),
                Map.of("device.state-noise", "0.3", "device.read-noise", "0.1"))) {
          relaxer.load(Weights.glorotUniform(network, 2));
          relaxer.clamp(NetworkKinds.examples(network.input(), 4, 1), new int[] {2, 0, 3, 1}, 0, 4);
          var unused = relaxer.relaxFree();
          states.add(state(relaxer, Equilibrium.FREE, 1));
        }
      }
      assertThat(states.get(1)).containsExactly(states.get(0), within(1e-3f));
    }
  }

  /** Records the weights that are loaded into the ideal relaxer, in order, and the calls to it. */
  private static final class Recorder {
    final List<Weights> loaded = new ArrayList<>();
    final List<String> calls = new ArrayList<>();

    Relaxer around(Relaxer real) {
      return (Relaxer)
          Proxy.newProxyInstance(
              Relaxer.class.getClassLoader(),
              new Class<?>[] {Relaxer.class},
              (proxy, method, arguments) -> {
                if (method.getName().matches("load|clamp|relax")) {
                  calls.add(method.getName());
                }
                if (method.getName().equals("load")) {
                  loaded.add(((Weights) arguments[0]).copy());
                }
                try {
                  return method.invoke(real, arguments);
                } catch (InvocationTargetException e) {
                  throw e.getCause();
                }
              });
    }
  }

  private static final Network NETWORK = Network.of(100, 80, 100);

  private static Weights theta() {
    return Weights.glorotUniform(NETWORK, 9);
  }

  /** Relaxes the three phases of a number of batches. */
  private static Recorder recorded(Map<String, String> keys, int batches) {
    Recorder recorder = new Recorder();
    Relaxer real = Backend.BLAS.relaxer(NETWORK, relaxation(Schedule.EVEN_ODD, 1), DataType.FLOAT);
    try (DeviceRelaxer relaxer = new DeviceRelaxer(recorder.around(real), Devices.of(keys), 3)) {
      relaxer.load(theta());
      for (int batch = 0; batch < batches; batch++) {
        relaxer.nameNoise(0, 0, batch);
        relaxer.clamp(examples(100), ORDER, 0, B);
        var unused = relaxer.relaxFree();
        unused = relaxer.relaxNudged(Equilibrium.NUDGED, 0.1);
        unused = relaxer.relaxNudged(Equilibrium.COUNTER_NUDGED, -0.1);
      }
      assertThat(relaxer.weights()).isEqualTo(theta());
    }
    return recorder;
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.25})
  void everyPhaseReadsTheWeightsWithItsOwnNoise(double range) {
    List<Weights> read =
        recorded(Map.of("device.read-noise", "0.1", "device.weights.range", "" + range), 2).loaded;
    assertThat(read).hasSize(6);
    List<float[]> noises = new ArrayList<>();
    for (Weights w : read) {
      for (int k = 1; k <= 2; k++) {
        float[] noise = minus(w.weight(k), theta().weight(k));
        double scale = range > 0 ? range : Math.sqrt(6.0 / 180);
        assertThat(deviation(noise)).isCloseTo(0.1 * scale, within(0.004 * scale));
        assertThat(mean(noise)).isCloseTo(0, within(0.006 * scale));
        noises.add(noise);
      }
      assertThat(w.bias(1)).isEqualTo(theta().bias(1));
    }
    for (int i = 0; i < noises.size(); i++) {
      for (int j = 0; j < i; j++) {
        assertThat(correlation(noises.get(i), noises.get(j))).isBetween(-0.06, 0.06);
      }
    }
  }

  @Test
  void aBatchIsClampedAgainWhenItsWeightsChange() {
    assertThat(recorded(Map.of("device.read-noise", "0.1"), 1).calls)
        .containsExactly(
            "load", "clamp", "relax", "load", "clamp", "relax", "load", "clamp", "relax");
    assertThat(recorded(Map.of("device.mismatch.deviation", "0.1"), 2).calls)
        .containsExactly(
            "load", "clamp", "relax", "relax", "relax", "clamp", "relax", "relax", "relax");
    assertThat(recorded(Map.of("device.mismatch.between-nudges", "0.1"), 1).calls)
        .containsExactly("load", "clamp", "relax", "relax", "load", "clamp", "relax");
  }

  private static float[] ratio(Weights w, int k) {
    float[] ratio = w.weight(k);
    float[] theta = theta().weight(k);
    for (int i = 0; i < ratio.length; i++) {
      ratio[i] /= theta[i];
    }
    return ratio;
  }

  @Test
  void mismatchIsAConstantFactor() {
    List<Weights> read = recorded(Map.of("device.mismatch.deviation", "0.2"), 3).loaded;
    assertThat(read).hasSize(1);
    for (int k = 1; k <= 2; k++) {
      assertThat(mean(ratio(read.get(0), k))).isCloseTo(1, within(0.012));
      assertThat(deviation(ratio(read.get(0), k))).isCloseTo(0.2, within(0.008));
    }
    assertThat(correlation(ratio(read.get(0), 1), ratio(read.get(0), 2))).isBetween(-0.06, 0.06);
    assertThat(read.get(0).bias(1)).isEqualTo(theta().bias(1));
    assertThat(recorded(Map.of("device.mismatch.deviation", "0.2"), 1).loaded).isEqualTo(read);
  }

  @Test
  void theCounterNudgedPhaseHasAFurtherMismatchIfConfigured() {
    List<Weights> read =
        recorded(
                Map.of(
                    "device.mismatch.deviation", "0.2", "device.mismatch.between-nudges", "0.15"),
                2)
            .loaded;
    assertThat(read).hasSize(4);
    assertThat(read.get(2)).isEqualTo(read.get(0));
    assertThat(read.get(3)).isEqualTo(read.get(1));
    assertThat(read.get(0))
        .isEqualTo(recorded(Map.of("device.mismatch.deviation", "0.2"), 1).loaded.get(0));
    float[] common = ratio(read.get(0), 1);
    float[] further = minus(ratio(read.get(1), 1), common);
    assertThat(deviation(further)).isCloseTo(0.15, within(0.006));
    assertThat(mean(further)).isCloseTo(0, within(0.009));
    assertThat(correlation(common, further)).isBetween(-0.06, 0.06);
  }

  /** Without noise nothing differs from an ideal relaxer. */
  @Test
  void phasesWithoutNoiseEqualThoseOfAnIdealRelaxer() {
    Relaxation relaxation = relaxation(Schedule.EVEN_ODD, 4);
    try (Relaxer ideal = Backend.BLAS.relaxer(NETWORK, relaxation, DataType.FLOAT);
        DeviceRelaxer relaxer =
            relaxer(Backend.BLAS, NETWORK, relaxation, Map.of("device.weights.range", "9"))) {
      for (Relaxer each : List.of(ideal, relaxer)) {
        each.load(theta());
        each.clamp(examples(100), ORDER, 0, B);
        var unused = each.relaxFree();
        unused = each.relaxNudged(Equilibrium.NUDGED, 0.2);
      }
      double[] ones = {1, 1, 1, 1};
      for (Equilibrium at : List.of(Equilibrium.FREE, Equilibrium.NUDGED)) {
        assertThat(state(relaxer, at, 1)).isEqualTo(state(ideal, at, 1));
        assertThat(relaxer.measure(at)).isEqualTo(ideal.measure(at));
      }
      assertThat(relaxer.contrast(Equilibrium.NUDGED, Equilibrium.FREE, ones))
          .isEqualTo(ideal.contrast(Equilibrium.NUDGED, Equilibrium.FREE, ones));
      relaxer.learn(Equilibrium.NUDGED, Equilibrium.FREE, ones);
      ideal.learn(Equilibrium.NUDGED, Equilibrium.FREE, ones);
      assertThat(relaxer.weights().values())
          .containsExactly(ideal.weights().values(), within(1e-4f));
    }
  }

  private static float[] readoutGradient(String betweenNudges) {
    Network network =
        new ConfigurationReader()
            .set("topology=[6, 5, 4]")
            .set("network.cost=cross-entropy")
            .set("training.learning-rates=[0.1, 0.1]")
            .read()
            .spec()
            .network();
    try (DeviceRelaxer relaxer =
        relaxer(
            Backend.BLAS,
            network,
            relaxation(Schedule.SYNCHRONOUS, 9),
            Map.of(
                "device.mismatch.deviation",
                "0.1",
                "device.mismatch.between-nudges",
                betweenNudges))) {
      relaxer.load(Weights.glorotUniform(network, 5));
      relaxer.clamp(examples(6), ORDER, 0, B);
      relaxer.relaxFree();
      relaxer.relaxNudged(Equilibrium.NUDGED, 0.1);
      relaxer.relaxNudged(Equilibrium.COUNTER_NUDGED, -0.1);
      return relaxer
          .contrast(Equilibrium.NUDGED, Equilibrium.COUNTER_NUDGED, new double[] {1, 1, 1, 1})
          .weight(2);
    }
  }

  /** The copy of the network that computes the second nudged phase is not the one that predicts. */
  @Test
  void aReadoutLearnsFromTheWeightsThatTheFreePhaseReads() {
    assertThat(readoutGradient("0.5")).isEqualTo(readoutGradient("0"));
  }
}
