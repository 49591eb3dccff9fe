package org.eqprop.learning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.eqprop.Close.about;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.eqprop.Golden;
import org.eqprop.base.InvalidValueException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class UpdaterTest {
  /** Made by {@code src/test/python/make_updaters.py}. */
  private static final Path GOLDEN = Path.of("src/test/resources/updaters.json");

  private static UpdaterSettings settings(
      UpdaterSettings.Kind kind, double momentum, double decay) {
    return new UpdaterSettings(kind, momentum, 0.9, 0.999, 1e-8, decay);
  }

  private static List<float[]> zeros(Updater updater, int length) {
    return IntStream.range(0, updater.stateSize()).mapToObj(j -> new float[length]).toList();
  }

  private static float[] floats(double... values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }

  /** Applies an update rule, with all weights in one tensor. */
  private static final class Walk {
    final Updater updater;
    final double decay;
    final float[] weights;
    final List<float[]> state;
    long update;

    Walk(UpdaterSettings settings, double... start) {
      updater = settings.updater();
      decay = settings.weightDecay();
      weights = floats(start);
      state = zeros(updater, weights.length);
    }

    Walk step(double rate, double... gradient) {
      update++;
      TensorStep all = new TensorStep(0, weights.length, rate, decay);
      updater.step(weights, floats(gradient), state, all, update);
      return this;
    }
  }

  private static JsonNode golden() throws IOException {
    return new ObjectMapper().readTree(GOLDEN.toFile());
  }

  static List<JsonNode> cases() throws IOException {
    List<JsonNode> cases = new ArrayList<>();
    golden().get("cases").forEach(cases::add);
    return cases;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void everyStepMatchesPyTorch(JsonNode golden) throws IOException {
    UpdaterSettings settings =
        new UpdaterSettings(
            UpdaterSettings.Kind.valueOf(golden.get("kind").asText().toUpperCase(Locale.ROOT)),
            golden.path("momentum").asDouble(0),
            golden.path("beta1").asDouble(0),
            golden.path("beta2").asDouble(0),
            golden.path("epsilon").asDouble(1),
            golden.get("weightDecay").asDouble());
    Walk walk = new Walk(settings, Golden.vector(golden().get("start")));
    JsonNode after = golden.get("after");
    assertThat(after).hasSize(7);
    for (int step = 0; step < after.size(); step++) {
      walk.step(
          golden().get("rates").get(step).asDouble(),
          Golden.vector(golden().get("gradients").get(step)));
      double[] expected = Golden.vector(after.get(step));
      for (int i = 0; i < expected.length; i++) {
        assertThat((double) walk.weights[i])
            .as("step %s, weight %s", step, i)
            .isCloseTo(expected[i], about(2e-6 * Math.max(1, Math.abs(expected[i]))));
      }
    }
  }

  /** v = 2, then v = ½·2 + 4 = 5. */
  @Test
  void momentumMatchesACalculationByHand() {
    Walk classical = new Walk(settings(UpdaterSettings.Kind.MOMENTUM, 0.5, 0), 10);
    assertThat(classical.step(0.5, 2).weights).containsExactly(10 - 0.5f * 2);
    assertThat(classical.step(1, 4).weights).containsExactly(9 - 5);
    assertThat(classical.state.get(0)).containsExactly(5);
    Walk nesterov = new Walk(settings(UpdaterSettings.Kind.NESTEROV, 0.5, 0), 10);
    assertThat(nesterov.step(0.5, 2).weights).containsExactly(10 - 0.5f * (2 + 1));
    assertThat(nesterov.step(1, 4).weights).containsExactly(8.5f - (4 + 2.5f));
  }

  @ParameterizedTest
  @CsvSource({"MOMENTUM, 0", "NESTEROV, 0", "MOMENTUM, 0.25", "NESTEROV, 0.25"})
  void momentumOfZeroIsSgdBitForBit(UpdaterSettings.Kind kind, double decay) {
    Walk still = new Walk(settings(kind, 0, decay), 0.1, -3, 1e-6, 7);
    Walk sgd = new Walk(settings(UpdaterSettings.Kind.SGD, 0, decay), 0.1, -3, 1e-6, 7);
    for (int step = 1; step <= 20; step++) {
      double g = Math.sin(step);
      still.step(0.1 / step, g, -g, 1e-3 * g, 50 * g);
      sgd.step(0.1 / step, g, -g, 1e-3 * g, 50 * g);
      assertThat(still.weights).isEqualTo(sgd.weights);
    }
  }

  /**
   * For any size of the gradient. Without the bias correction the step would be 3.2 times as large.
   */
  @Test
  void adamsFirstStepIsTheRateTimesTheSign() {
    Walk adam = new Walk(settings(UpdaterSettings.Kind.ADAM, 0, 0), 0, 0, 0, 0);
    float[] moved = adam.step(0.001, 1e-4, -1e-4, 1000, -1000).weights;
    for (int i = 0; i < 4; i++) {
      assertThat((double) moved[i]).isCloseTo(i % 2 == 0 ? -0.001 : 0.001, about(2e-7));
    }
  }

  /** If t were always 1, the tenth step would be twice as large. */
  @Test
  void adamsCorrectionDependsOnTheNumberOfTheUpdate() {
    Walk adam = new Walk(settings(UpdaterSettings.Kind.ADAM, 0, 0), 0);
    for (int step = 1; step <= 10; step++) {
      float before = adam.weights[0];
      adam.step(0.01, 2);
      assertThat((double) (before - adam.weights[0])).isCloseTo(0.01, about(1e-6));
    }
  }

  @ParameterizedTest
  @EnumSource(UpdaterSettings.Kind.class)
  void weightDecayShrinksToZeroWithoutAGradientAndOnlyThen(UpdaterSettings.Kind kind) {
    Walk decaying = new Walk(settings(kind, 0.5, 0.5), 3, -2);
    Walk still = new Walk(settings(kind, 0.5, 0), 3, -2);
    float before = 3;
    for (int step = 0; step < 200; step++) {
      decaying.step(0.1, 0, 0);
      still.step(0.1, 0, 0);
      assertThat(Math.abs(decaying.weights[0])).isLessThan(before);
      before = Math.abs(decaying.weights[0]);
    }
    assertThat((double) decaying.weights[0]).isCloseTo(0, about(1e-3));
    assertThat((double) decaying.weights[1]).isCloseTo(0, about(1e-3));
    assertThat(still.weights).containsExactly(3, -2);
  }

  /** A coupled decay would enter Adam's means and be normalized away with them. */
  @Test
  void adamsDecayIsDecoupled() {
    Walk adam = new Walk(settings(UpdaterSettings.Kind.ADAM, 0, 0.5), 8).step(0.1, 0);
    assertThat((double) adam.weights[0]).isCloseTo(8 * (1 - 0.1 * 0.5), about(1e-6));
    assertThat(adam.state.get(0)).containsExactly(0);
    assertThat(adam.state.get(1)).containsExactly(0);
  }

  @ParameterizedTest
  @CsvSource({"SGD, 0", "MOMENTUM, 1", "NESTEROV, 1", "ADAM, 2"})
  void aRuleTouchesOnlyItsTensorAndHasItsNumberOfArrays(UpdaterSettings.Kind kind, int arrays) {
    Updater updater = settings(kind, 0.9, 0.1).updater();
    assertThat(updater.stateSize()).isEqualTo(arrays);
    float[] weights = {1, 1, 1, 1, 1};
    float[] gradient = {1, 2, 3, 4, 5};
    List<float[]> state = zeros(updater, 5);
    updater.step(weights, gradient, state, new TensorStep(1, 3, 0.1, 0.1), 1);
    assertThat(gradient).containsExactly(1, 2, 3, 4, 5);
    List<float[]> all = new ArrayList<>(state);
    all.add(floats(weights[0] - 1, weights[1] - 1, weights[2] - 1, weights[3] - 1, weights[4] - 1));
    for (float[] array : all) {
      assertThat(new float[] {array[0], array[3], array[4]}).containsOnly(0);
      assertThat(array[1]).isNotZero();
      assertThat(array[2]).isNotZero();
    }
  }

  @Test
  void refusesValuesOutOfRange() {
    refused("training.updater.momentum = 1.0: expected a number in [0, 1)", 1, 0.9, 0.9, 1e-8, 0);
    refused("training.updater.momentum = -0.1: ex", -0.1, 0.9, 0.9, 1e-8, 0);
    refused("training.updater.beta1 = 1.0: expected a number in [0, 1)", 0, 1, 0.9, 1e-8, 0);
    refused("training.updater.beta2 = NaN: expected a n", 0, 0.9, Double.NaN, 1e-8, 0);
    refused("training.updater.epsilon = 0.0: expected a number in [1e-30, 1]", 0, 0, 0, 0, 0);
    refused("training.updater.weight-decay = -0.1: expected a number in [0, 1]", 0, 0, 0, 1, -0.1);
  }

  private static void refused(
      String message, double momentum, double beta1, double beta2, double epsilon, double decay) {
    assertThatThrownBy(
            () ->
                new UpdaterSettings(
                    UpdaterSettings.Kind.ADAM, momentum, beta1, beta2, epsilon, decay))
        .isInstanceOf(InvalidValueException.class)
        .hasMessageStartingWith(message);
  }
}
