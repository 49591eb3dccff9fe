package org.eqprop.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import java.util.stream.IntStream;
import org.eqprop.backend.Backend;
import org.eqprop.data.Examples;
import org.eqprop.data.FloatExamples;
import org.eqprop.dynamics.Equilibrium;
import org.eqprop.dynamics.Measurement;
import org.eqprop.dynamics.NudgedStart;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.dynamics.Schedule;
import org.eqprop.network.Network;
import org.eqprop.network.Weights;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;

class SettlingTest {
  private static final Network NETWORK = Network.of(5, 8, 6, 3);
  private static final int COUNT = 11;
  private static final int STEPS = 40;
  private static final double TOLERANCE = 1e-4;

  private static Relaxation relaxation(double tolerance) {
    return new Relaxation(Schedule.EVEN_ODD, 0.5, STEPS, 4, tolerance, NudgedStart.FREE);
  }

  private static Relaxer relaxer(double tolerance) {
    Relaxer relaxer = Backend.ND4J.relaxer(NETWORK, relaxation(tolerance), DataType.FLOAT);
    relaxer.load(Weights.glorotUniform(NETWORK, 4));
    return relaxer;
  }

  private static Examples images() {
    Random random = new Random(8);
    float[] pixels = new float[COUNT * NETWORK.inputs()];
    for (int i = 0; i < pixels.length; i++) {
      int example = i / NETWORK.inputs();
      pixels[i] = random.nextFloat() * example / COUNT; // the first one is dark
    }
    int[] labels = IntStream.range(0, COUNT).map(i -> i % 3).toArray();
    return new FloatExamples(pixels, labels, NETWORK.input());
  }

  /**
   * A phase with a tolerance that relaxes only this example ends after the same number of steps.
   */
  @Test
  void examplesSettleWhereTheirPhasesEnd() {
    long[] expected = new long[STEPS];
    Settling settling;
    try (Relaxer relaxer = relaxer(TOLERANCE)) {
      for (int i = 0; i < COUNT; i++) {
        relaxer.clamp(images(), new int[] {i}, 0, 1);
        expected[relaxer.relaxFree().steps() - 1]++;
      }
      settling = Settling.of(relaxer, images(), COUNT, COUNT, STEPS);
    }
    assertThat(settling.tolerance()).isEqualTo(TOLERANCE);
    assertThat(settling.steps().stream().mapToLong(Settling.Step::settled))
        .containsExactly(box(expected));
    assertThat(expected[0]).as("the dark one").isEqualTo(1);
    assertThat(settling.settled(STEPS)).isEqualTo(COUNT);
    int last = IntStream.range(0, STEPS).filter(i -> expected[i] > 0).max().orElseThrow() + 1;
    assertThat(last).isGreaterThan(5);
    assertThat(settling.stepOf(1)).hasValue(last);
    assertThat(settling.stepOf(1e-9)).hasValue(1);
    assertThat(settling.meanMove(last - 1)).isLessThan(settling.meanMove(1));
  }

  private static Long[] box(long[] values) {
    return java.util.Arrays.stream(values).boxed().toArray(Long[]::new);
  }

  @Test
  void measuresAStepLikeAPhaseOfThatManySteps() {
    try (Relaxer relaxer = relaxer(0)) {
      Settling settling = Settling.of(relaxer, images(), COUNT, 4, STEPS);
      assertThat(settling.tolerance()).as("the default tolerance").isEqualTo(1e-3);
      for (int step : new int[] {1, 2, 7, STEPS}) {
        relaxer.clamp(images(), IntStream.range(0, COUNT).toArray(), 0, COUNT);
        relaxer.relax(Equilibrium.FREE, null, 0, step);
        Measurement measured = relaxer.measure(Equilibrium.FREE);
        assertThat(settling.errorRate(step)).isEqualTo(measured.errorRate());
        assertThat(settling.meanEnergy(step)).isCloseTo(measured.meanEnergy(), within(1e-5));
      }
    }
  }

  @Test
  void slicesAddUp() {
    try (Relaxer relaxer = relaxer(TOLERANCE)) {
      Settling whole = Settling.of(relaxer, images(), COUNT, COUNT, STEPS);
      Settling parts = Settling.of(relaxer, images(), COUNT, 3, STEPS);
      assertThat(parts.examples()).isEqualTo(COUNT);
      for (int step = 1; step <= STEPS; step++) {
        assertThat(parts.settled(step)).isEqualTo(whole.settled(step));
        assertThat(parts.errorRate(step)).isEqualTo(whole.errorRate(step));
        assertThat(parts.meanMove(step)).isCloseTo(whole.meanMove(step), within(1e-5));
      }
      assertThat(Settling.none(TOLERANCE, STEPS).plus(parts)).isEqualTo(parts);
    }
  }

  @Test
  void spanReachesBeyondTheFreePhase() {
    for (int[] expected : new int[][] {{5, 15}, {30, 60}, {300, 400}, {50_000, 400}}) {
      Relaxation free = new Relaxation(Schedule.EVEN_ODD, 0.5, expected[0], 4, 0, NudgedStart.FREE);
      assertThat(Settling.span(free)).isEqualTo(expected[1]);
    }
  }
}
