package org.eqprop.backend;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.eqprop.Close;
import org.eqprop.data.ByteExamples;
import org.eqprop.data.Examples;
import org.eqprop.dynamics.Equilibrium;
import org.eqprop.dynamics.KernelRelaxer;
import org.eqprop.dynamics.NudgedStart;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.dynamics.Schedule;
import org.eqprop.network.Definition;
import org.eqprop.network.Network;
import org.eqprop.network.ParameterLayout;
import org.eqprop.network.Parameters;
import org.eqprop.network.RandomConvolutions;
import org.eqprop.network.Range;
import org.eqprop.network.Weights;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Tests whole phases of networks with convolutions, on each backend. */
class ConvolutionPhasesTest {
  private static final int BATCH = 3;
  private static final int[] LABELS = {0, 2, 1};

  /**
   * Returns networks without negative states, so that the energy is concave in the sums that max
   * pooling compares.
   */
  static List<Network> networks() {
    List<Network> networks =
        new ArrayList<>(RandomConvolutions.networks(2, 6, Range.HARD_SIGMOID, Range.HARD_SIGMOID));
    networks.addAll(RandomConvolutions.networks(9, 6, new Range(0, 0.7), Range.RECTIFIER));
    return networks;
  }

  private static Relaxation relaxation(Schedule schedule, NudgedStart start) {
    return new Relaxation(schedule, 0.4, 6, 4, 0, start);
  }

  /** Returns large weights, so that the places of the largest sums change. */
  private static Weights weights(Network network, long seed) {
    Weights flat = Weights.glorotUniform(network, seed);
    ParameterLayout layout = ParameterLayout.of(network);
    Random random = new Random(seed);
    for (int k = 1; k <= network.depth(); k++) {
      for (int i = layout.weight(k).from(); i < layout.weight(k).to(); i++) {
        flat.values()[i] *= k == network.depth() ? 0.7f : 2;
      }
      for (int i = layout.bias(k).from(); i < layout.bias(k).to(); i++) {
        flat.values()[i] = random.nextFloat() - 0.3f;
      }
    }
    return flat;
  }

  private static INDArray random(int rows, int columns, double high, Random random) {
    double[] values = random.doubles((long) rows * columns, 0, high).toArray();
    return Nd4j.create(values, new long[] {rows, columns}, 'c');
  }

  private static KernelRelaxer<?, ?> clamped(
      Precision precision, Network network, Schedule schedule) {
    KernelRelaxer<?, ?> relaxer =
        precision.relaxer(network, relaxation(schedule, NudgedStart.FREE));
    relaxer.load(weights(network, 3));
    clamp(relaxer, precision);
    return relaxer;
  }

  private static void clamp(Relaxer relaxer, Precision precision) {
    INDArray x = random(BATCH, relaxer.network().inputs(), 1, new Random(4));
    relaxer.clamp(x.castTo(precision.type()), LABELS);
  }

  private static void setRandom(KernelRelaxer<?, ?> relaxer, Equilibrium at, Precision precision) {
    Random random = new Random(5);
    for (int k = 1; k <= relaxer.network().depth(); k++) {
      double high = Math.min(1, relaxer.network().layer(k).range().high());
      INDArray s = random(BATCH, relaxer.network().size(k), high, random);
      relaxer.setState(at, k, s.castTo(precision.type()));
    }
  }

  /** Returns F of each example, by the definition. */
  private static double[] total(Relaxer relaxer, Equilibrium at, double beta) {
    Network network = relaxer.network();
    Definition definition = new Definition(network, relaxer.weights());
    INDArray x = random(BATCH, network.inputs(), 1, new Random(4));
    return IntStream.range(0, BATCH)
        .mapToDouble(
            i -> {
              double[][] s = new double[network.depth() + 1][];
              s[0] = x.getRow(i).toDoubleVector();
              for (int k = 1; k <= network.depth(); k++) {
                s[k] = relaxer.state(at, k).getRow(i).toDoubleVector();
              }
              return definition.energy(s, beta, LABELS[i]);
            })
        .toArray();
  }

  @ParameterizedTest
  @MethodSource("networks")
  void energyNeverRisesInAnEvenOddSweep(Network network) {
    for (Precision precision : Precision.finest(network)) {
      double rounding = precision.choose(1e-12, 2e-5);
      for (double beta : new double[] {0, 0.4, -0.4}) {
        try (KernelRelaxer<?, ?> relaxer = clamped(precision, network, Schedule.EVEN_ODD)) {
          setRandom(relaxer, Equilibrium.NUDGED, precision);
          double[] start = total(relaxer, Equilibrium.NUDGED, beta);
          double[] before = start;
          for (int sweep = 1; sweep <= 6; sweep++) {
            relaxer.relax(Equilibrium.NUDGED, Equilibrium.NUDGED, beta, 1);
            double[] after = total(relaxer, Equilibrium.NUDGED, beta);
            for (int i = 0; i < BATCH; i++) {
              assertThat(after[i])
                  .as("%s, %s, β %s, sweep %s", precision, network.links(), beta, sweep)
                  .isLessThanOrEqualTo(before[i] + rounding);
            }
            before = after;
          }
          assertThat(before[0]).isLessThan(start[0] - 0.01);
        }
      }
    }
  }

  /** Returns all states, to compare bit for bit. */
  private static List<Double> states(Relaxer relaxer, Equilibrium at) {
    return IntStream.rangeClosed(1, relaxer.network().depth())
        .mapToObj(k -> relaxer.state(at, k).ravel().toDoubleVector())
        .flatMap(layer -> Arrays.stream(layer).boxed())
        .toList();
  }

  /**
   * The result of a phase depends only on its start, not on anything that the relaxer did before:
   * max pooling sends states down to where the sums of the starting states are largest.
   */
  @ParameterizedTest
  @MethodSource("networks")
  void aPhaseDependsOnlyOnItsStart(Network network) {
    for (Precision precision : Precision.finest(network)) {
      for (Schedule schedule : Schedule.values()) {
        for (NudgedStart start : NudgedStart.values()) {
          Equilibrium from = start == NudgedStart.FREE ? Equilibrium.FREE : null;
          try (KernelRelaxer<?, ?> straight = clamped(precision, network, schedule);
              KernelRelaxer<?, ?> detour = clamped(precision, network, schedule)) {
            straight.relaxFree();
            straight.relax(Equilibrium.NUDGED, from, 0.4, 3);
            detour.relaxFree();
            setRandom(detour, Equilibrium.COUNTER_NUDGED, precision);
            detour.relax(Equilibrium.COUNTER_NUDGED, Equilibrium.COUNTER_NUDGED, -0.4, 2);
            var measured = detour.measure(Equilibrium.COUNTER_NUDGED);
            assertThat(measured.examples()).isEqualTo(BATCH);
            double[] c = ParameterLayout.of(network).forEveryTensor(1);
            var unused = detour.contrast(Equilibrium.FREE, Equilibrium.COUNTER_NUDGED, c);
            detour.relax(Equilibrium.NUDGED, from, 0.4, 3);
            assertThat(states(detour, Equilibrium.NUDGED))
                .as("%s, %s, %s from %s", precision, network.links(), schedule, start)
                .isEqualTo(states(straight, Equilibrium.NUDGED));
          }
        }
      }
    }
  }

  /** Learning, or a batch of another size, does not affect later batches. */
  @ParameterizedTest
  @MethodSource("networks")
  void aBatchDependsOnlyOnTheWeights(Network network) {
    for (Precision precision : Precision.finest(network)) {
      try (KernelRelaxer<?, ?> used = clamped(precision, network, Schedule.EVEN_ODD);
          KernelRelaxer<?, ?> fresh = clamped(precision, network, Schedule.EVEN_ODD)) {
        used.relaxFree();
        used.relaxNudged(Equilibrium.NUDGED, 0.4);
        INDArray x = random(5, network.inputs(), 1, new Random(6));
        used.clamp(x.castTo(precision.type()), new int[5]);
        used.relaxFree();
        used.relaxNudged(Equilibrium.NUDGED, 0.4);
        double[] c = ParameterLayout.of(network).forEveryTensor(0.5);
        used.learn(Equilibrium.NUDGED, Equilibrium.FREE, c);
        Weights learned = used.weights();
        assertThat(learned).isNotEqualTo(weights(network, 3));
        try (Parameters exact = Parameters.of(network, precision.type(), learned)) {
          used.load(exact);
          fresh.load(exact);
        }
        clamp(used, precision);
        clamp(fresh, precision);
        used.relaxFree();
        fresh.relaxFree();
        assertThat(states(used, Equilibrium.FREE))
            .as("%s, %s", precision, network.links())
            .isEqualTo(states(fresh, Equilibrium.FREE));
        assertThat(fresh.weights()).isEqualTo(learned);
      }
    }
  }

  /** An image's values are in the order channels × height × width, whatever their source. */
  @ParameterizedTest
  @MethodSource("networks")
  void examplesAreClampedLikeTheirValuesInTheSameOrder(Network network) {
    byte[] pixels = new byte[BATCH * network.inputs()];
    new Random(7).nextBytes(pixels);
    double[][] values = new double[BATCH][network.inputs()];
    for (int i = 0; i < pixels.length; i++) {
      double value = (pixels[i] & 255) / 255f;
      values[i / network.inputs()][i % network.inputs()] = value;
    }
    Examples images = new ByteExamples(pixels, new byte[] {0, 2, 1}, network.input());
    for (Precision precision : Precision.finest(network)) {
      try (KernelRelaxer<?, ?> ours = clamped(precision, network, Schedule.EVEN_ODD);
          KernelRelaxer<?, ?> expected = clamped(precision, network, Schedule.EVEN_ODD)) {
        ours.clamp(images, new int[] {0, 1, 2}, 0, BATCH);
        expected.clamp(Nd4j.createFromArray(values).castTo(precision.type()), LABELS);
        ours.relaxFree();
        expected.relaxFree();
        for (int k = 1; k <= network.depth(); k++) {
          INDArray s = expected.state(Equilibrium.FREE, k);
          Close.assertClose(ours.state(Equilibrium.FREE, k), s, 1e-6, precision + " s_" + k);
        }
      }
    }
  }
}
