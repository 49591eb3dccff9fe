package org.eqprop.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.eqprop.Close.assertClose;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.eqprop.dynamics.Convergence;
import org.eqprop.dynamics.Equilibrium;
import org.eqprop.dynamics.KernelRelaxer;
import org.eqprop.dynamics.NudgedStart;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.dynamics.Schedule;
import org.eqprop.network.CrossEntropy;
import org.eqprop.network.Dense;
import org.eqprop.network.Layer;
import org.eqprop.network.Network;
import org.eqprop.network.ParameterLayout;
import org.eqprop.network.RandomConvolutions;
import org.eqprop.network.Range;
import org.eqprop.network.Weights;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** Phases with a tolerance skip examples that have settled, and change nothing else. */
class SettledExamplesTest {
  private static final int BATCH = 20;
  private static final int STEPS = 100;
  private static final double BETA = 0.3;

  static List<Network> networks() {
    List<Network> networks =
        new ArrayList<>(RandomConvolutions.networks(2, 3, Range.HARD_SIGMOID, Range.HARD_SIGMOID));
    networks.add(Network.of(6, 9, 7, 3));
    networks.add(Network.of(6, 9, 1, 3));
    networks.add(
        new Network(
            6,
            List.of(new Layer(8), new Layer(5, Range.RECTIFIER, 0.8)),
            List.of(new Dense(6, 8), new Dense(8, 5)),
            new CrossEntropy(new Dense(5, 3))));
    return networks;
  }

  private static INDArray random(int rows, int columns) {
    double[] values = new Random(5).doubles((long) rows * columns).toArray();
    return Nd4j.create(values, new long[] {rows, columns}, 'c');
  }

  /** Dark examples settle soon, bright ones later. */
  private static INDArray images(int count, int inputs) {
    INDArray brightness = Nd4j.linspace(0, 1, count).castTo(Nd4j.defaultFloatingPointType());
    INDArray images = random(count, inputs);
    return images.muliColumnVector(brightness.castTo(images.dataType()).reshape(count, 1));
  }

  private static int[] labels(int count) {
    return IntStream.range(0, count).map(i -> i % 3).toArray();
  }

  private static KernelRelaxer<?, ?> clamped(
      Precision precision, Network network, Schedule schedule, double tolerance) {
    var relaxation = new Relaxation(schedule, 0.4, STEPS, STEPS, tolerance, NudgedStart.FREE);
    KernelRelaxer<?, ?> relaxer = precision.relaxer(network, relaxation);
    relaxer.load(Weights.glorotUniform(network, 3));
    clamp(relaxer, precision, BATCH);
    return relaxer;
  }

  private static void clamp(Relaxer relaxer, Precision precision, int count) {
    INDArray x =
        images(BATCH, relaxer.network().inputs()).get(NDArrayIndex.interval(BATCH - count, BATCH));
    relaxer.clamp(x.castTo(precision.type()), labels(count));
  }

  private static Weights relaxed(Relaxer relaxer) {
    relaxer.relaxFree();
    relaxer.relaxNudged(Equilibrium.NUDGED, BETA);
    relaxer.relaxNudged(Equilibrium.COUNTER_NUDGED, -BETA);
    double[] c = ParameterLayout.of(relaxer.network()).forEveryTensor(1);
    return relaxer.contrast(Equilibrium.NUDGED, Equilibrium.COUNTER_NUDGED, c);
  }

  @ParameterizedTest
  @MethodSource("networks")
  void equilibriaEqualThoseWithoutATolerance(Network network) {
    for (Precision precision : Precision.of(network)) {
      double tolerance = precision.choose(1e-7, 1e-5);
      for (Schedule schedule : Schedule.values()) {
        try (var patient = clamped(precision, network, schedule, 0);
            var relaxer = clamped(precision, network, schedule, tolerance)) {
          Weights expected = relaxed(patient);
          Weights actual = relaxed(relaxer);
          for (Equilibrium at : Equilibrium.values()) {
            for (int k = 1; k <= network.depth(); k++) {
              // The rest of a contraction by 0.99 per step.
              assertClose(
                  relaxer.state(at, k),
                  patient.state(at, k),
                  100 * tolerance,
                  precision + " " + schedule + " " + at + " s_" + k);
            }
          }
          // Twenty examples with states of at most 1, each as far off as above.
          assertClose(actual, expected, 500 * tolerance, precision + " " + schedule);
          assertThat(relaxer.predict(Equilibrium.FREE))
              .isEqualTo(patient.predict(Equilibrium.FREE));
        }
      }
    }
  }

  /** The relaxer has its own smaller batches, which may have held other examples before. */
  @ParameterizedTest
  @EnumSource(Schedule.class)
  void earlierBatchesDoNotMatter(Schedule schedule) {
    for (Network network : networks()) {
      for (Precision precision : Precision.finest(network)) {
        try (var used = clamped(precision, network, schedule, 1e-3);
            var fresh = clamped(precision, network, schedule, 1e-3)) {
          used.load(Weights.glorotUniform(network, 4));
          clamp(used, precision, BATCH);
          relaxed(used);
          clamp(used, precision, 8);
          relaxed(used);
          used.load(Weights.glorotUniform(network, 3));
          clamp(used, precision, BATCH);
          assertClose(relaxed(used), relaxed(fresh), 0, precision + " " + network.description());
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("networks")
  void phasesEndWhenTheLastExampleHasSettled(Network network) {
    for (Precision precision : Precision.finest(network)) {
      try (var relaxer = clamped(precision, network, Schedule.EVEN_ODD, 1e-3)) {
        Convergence all = relaxer.relaxFree();
        assertThat(all.residual()).isLessThanOrEqualTo(1e-3);
        assertThat(all.steps()).isLessThan(STEPS);
        int last = 0;
        for (int i = 0; i < BATCH; i++) {
          INDArray x = images(BATCH, network.inputs()).getRow(i, true);
          relaxer.clamp(x.castTo(precision.type()), new int[] {labels(BATCH)[i]});
          last = Math.max(last, relaxer.relaxFree().steps());
        }
        // Some settled examples move again while they wait for the others.
        assertThat(all.steps())
            .as(precision + " " + network.description())
            .isBetween(last, 2 * last);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Schedule.class)
  void aPhaseStopsAtItsStepLimit(Schedule schedule) {
    Network network = Network.of(6, 9, 7, 3);
    for (Precision precision : Precision.finest(network)) {
      try (var relaxer = clamped(precision, network, schedule, 1e-7)) {
        // All but three examples are dark, and skipped after the third step.
        INDArray x = images(BATCH, network.inputs());
        x.get(NDArrayIndex.interval(0, BATCH - 3)).assign(0);
        relaxer.clamp(x.castTo(precision.type()), labels(BATCH));
        Convergence ended = relaxer.relax(Equilibrium.FREE, null, 0, 6);
        assertThat(ended.steps()).isEqualTo(6);
        assertThat(ended.residual()).isGreaterThan(1e-7);
        assertThat(relaxer.relax(Equilibrium.FREE, Equilibrium.FREE, 0, 0))
            .as("no step")
            .isEqualTo(new Convergence(0, Double.NaN));
      }
    }
  }
}
