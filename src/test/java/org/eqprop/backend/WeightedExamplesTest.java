package org.eqprop.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.eqprop.Close;
import org.eqprop.base.InputException;
import org.eqprop.base.Slice;
import org.eqprop.data.Examples;
import org.eqprop.data.FloatExamples;
import org.eqprop.data.InputCenter;
import org.eqprop.data.WeightedExamples;
import org.eqprop.dynamics.Equilibrium;
import org.eqprop.dynamics.NudgedStart;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.dynamics.Schedule;
import org.eqprop.network.Network;
import org.eqprop.network.NetworkKinds;
import org.eqprop.network.Weights;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;

/** Tests learning from a batch whose examples have different weights. */
class WeightedExamplesTest {
  private static final float[] WEIGHTS = {2, 0, 0.5f, 1.25f};
  private static final Relaxation RELAXATION =
      new Relaxation(Schedule.EVEN_ODD, 0.5, 5, 4, 0, NudgedStart.FREE);

  static Stream<Arguments> networks() {
    return Stream.concat(
            NetworkKinds.all().entrySet().stream().map(e -> Arguments.of(e.getKey(), e.getValue())),
            Stream.of(Arguments.of("dense", Network.of(40, 8, 6, 3))))
        .flatMap(
            network ->
                Precision.finest((Network) network.get()[1]).stream()
                    .map(p -> Arguments.of(network.get()[0], p, network.get()[1])));
  }

  private static FloatExamples examples(int n) {
    Random random = new Random(5);
    float[] values = new float[40 * n];
    int[] labels = new int[n];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextFloat();
    }
    for (int i = 0; i < n; i++) {
      labels[i] = random.nextInt(3);
    }
    return new FloatExamples(values, labels, new org.eqprop.data.Shape(2, 5, 4));
  }

  /** Returns a different coefficient for each tensor. */
  private static double[] coefficients(Network network) {
    double[] coefficients = new double[2 * network.weightLayers()];
    Arrays.setAll(coefficients, i -> 0.3 + 0.1 * i);
    return coefficients;
  }

  private static Weights contrast(Relaxer relaxer, Examples images, int... order) {
    relaxer.clamp(images, order, 0, order.length);
    relaxer.relaxFree();
    relaxer.relaxNudged(Equilibrium.NUDGED, 0.3);
    relaxer.relaxNudged(Equilibrium.COUNTER_NUDGED, -0.3);
    return relaxer.contrast(
        Equilibrium.NUDGED, Equilibrium.COUNTER_NUDGED, coefficients(relaxer.network()));
  }

  private static void assertWeighs(Relaxer relaxer, Network network, double tolerance) {
    relaxer.load(Weights.glorotUniform(network, 7));
    Examples plain = examples(WEIGHTS.length);
    int[] order = {2, 0, 3, 1};
    float[] expected = new float[Weights.zeros(network).values().length];
    for (int i : order) {
      float[] one = contrast(relaxer, plain, i).values();
      for (int j = 0; j < one.length; j++) {
        expected[j] += WEIGHTS[i] * one[j];
      }
    }
    Weights found = contrast(relaxer, new WeightedExamples(plain, WEIGHTS), order);
    Close.assertClose(found.values(), expected, tolerance, "weighted contrast");
    // a batch without weights follows one with weights
    float[] even = contrast(relaxer, plain, order).values();
    Weights ones = contrast(relaxer, new WeightedExamples(plain, new float[] {1, 1, 1, 1}), order);
    assertThat(ones.values()).isEqualTo(even);
    assertThat(found.values()).isNotEqualTo(even);
  }

  @ParameterizedTest(name = "{0}, {1}")
  @MethodSource("networks")
  void eachExamplesContrastIsMultipliedByItsWeight(
      String name, Precision precision, Network network) {
    try (Relaxer relaxer = precision.relaxer(network, RELAXATION)) {
      assertWeighs(relaxer, network, precision.choose(1e-6, 1e-5));
    }
  }

  @Test
  void weightsAlsoCountIfTheFirstLayerLearnsRelativeToACenter() {
    Network network = Network.of(40, 8, 3);
    float[] mean = new float[40];
    Arrays.fill(mean, 0.4f);
    for (Backend backend : List.of(Backend.BLAS, Backend.ND4J)) {
      try (Relaxer relaxer =
          backend.relaxer(network, RELAXATION, DataType.FLOAT, new InputCenter(mean))) {
        assertWeighs(relaxer, network, 1e-5);
      }
    }
  }

  @Test
  void weightsStayWithTheirExamples() {
    WeightedExamples weighted = new WeightedExamples(examples(4), WEIGHTS);

    Examples picked = weighted.pick(3, 0).slice(new Slice(0, 2));

    assertThat(picked.isWeighted()).isTrue();
    assertThat(new float[] {picked.weight(0), picked.weight(1)}).containsExactly(1.25f, 2);
    assertThat(picked.values(0)).isEqualTo(weighted.values(3));
    assertThat(picked.label(1)).isEqualTo(weighted.label(0));
    Examples joined =
        FloatExamples.joined(List.of(picked, weighted.pick(2)), weighted.shape(), 0.5f);
    assertThat(new float[] {joined.weight(0), joined.weight(1), joined.weight(2)})
        .containsExactly(0.625f, 1, 0.25f);
    assertThat(joined.values(2)).isEqualTo(weighted.values(2));
  }

  @Test
  void weightsAreFiniteAndNotNegative() {
    for (float bad : new float[] {-1, Float.NaN, Float.POSITIVE_INFINITY}) {
      assertThatThrownBy(() -> new WeightedExamples(examples(2), new float[] {1, bad}))
          .isInstanceOf(InputException.class)
          .hasMessageMatching("weight .* of example 1: expected a finite number from 0 up");
    }
    assertThatThrownBy(() -> new WeightedExamples(examples(2), new float[] {1}))
        .hasMessage("1 weights for 2 examples");
  }
}
