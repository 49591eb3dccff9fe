package org.eqprop.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.eqprop.dynamics.Equilibrium;
import org.eqprop.dynamics.KernelRelaxer;
import org.eqprop.dynamics.NudgedStart;
import org.eqprop.dynamics.Relaxation;
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

/** All backends compute convolutions as defined. */
class ConvolutionKernelsTest {
  /** s_k ← u_k for all layers at once, from the states that were set. */
  private static final Relaxation ONE_STEP =
      new Relaxation(Schedule.SYNCHRONOUS, 1, 1, 1, 0, NudgedStart.FREE);

  static List<Network> networks() {
    return RandomConvolutions.networks(1, 24, Range.LINEAR, Range.LINEAR);
  }

  private static Weights weights(Network network, Random random) {
    float[] flat = new float[network.parameterCount()];
    for (int i = 0; i < flat.length; i++) {
      flat[i] = random.nextFloat() - 0.5f;
    }
    return new Weights(network, flat);
  }

  /**
   * Returns s_0 … s_L for each example. Two examples have many equal sums: in one of them, the
   * lower hidden layers are all zero; in the other, all but the first place of each channel is
   * zero.
   */
  private static double[][][] states(Network network, int batch, Random random) {
    double[][][] s = new double[batch][network.depth() + 1][];
    for (int i = 0; i < batch; i++) {
      for (int k = 0; k <= network.depth(); k++) {
        boolean lower = k > 0 && k < network.depth() - 1;
        int all = lower && i == 0 ? network.size(k) : 0;
        int every = lower && i == 1 ? network.shape(k).area() : 1;
        s[i][k] = new double[network.size(k)];
        for (int j = all; j < s[i][k].length; j += every) {
          s[i][k][j] = 2 * random.nextFloat() - 1;
        }
      }
    }
    return s;
  }

  private static INDArray layer(double[][][] s, int k, Precision precision) {
    double[][] rows = Stream.of(s).map(example -> example[k]).toArray(double[][]::new);
    return Nd4j.createFromArray(rows).castTo(precision.type());
  }

  private static void set(
      KernelRelaxer<?, ?> relaxer, Equilibrium at, double[][][] s, Precision precision) {
    for (int k = 1; k <= relaxer.network().depth(); k++) {
      relaxer.setState(at, k, layer(s, k, precision));
    }
  }

  /**
   * Relaxes batches of changing sizes, with the first size again at the end, each with its own
   * weights.
   */
  @ParameterizedTest
  @MethodSource("networks")
  void fieldsEnergiesAndSlopesFollowTheDefinition(Network network) {
    for (Precision precision : Precision.of(network)) {
      Random random = new Random(3);
      try (KernelRelaxer<?, ?> relaxer = precision.relaxer(network, ONE_STEP)) {
        for (int batch : new int[] {3, 1, 3}) {
          Weights flat = weights(network, random);
          relaxer.load(flat);
          assertDefined(relaxer, new Definition(network, flat), batch, random, precision);
        }
      }
    }
  }

  private static void assertDefined(
      KernelRelaxer<?, ?> relaxer,
      Definition definition,
      int batch,
      Random random,
      Precision precision) {
    Network network = relaxer.network();
    double tolerance = precision.choose(1e-12, 1e-5);
    double[][][] plus = states(network, batch, random);
    double[][][] minus = states(network, batch, random);
    for (int i = 0; i < batch; i++) {
      minus[i][0] = plus[i][0]; // x is clamped
    }
    relaxer.clamp(layer(plus, 0, precision), new int[batch]);
    set(relaxer, Equilibrium.NUDGED, plus, precision);
    set(relaxer, Equilibrium.COUNTER_NUDGED, minus, precision);
    assertSlopes(relaxer, definition, plus, minus, precision);
    double energy = Stream.of(plus).mapToDouble(definition::energy).sum();
    assertThat(relaxer.measure(Equilibrium.NUDGED).energy())
        .isCloseTo(energy, within(30 * tolerance));
    for (Equilibrium at : List.of(Equilibrium.NUDGED, Equilibrium.COUNTER_NUDGED)) {
      relaxer.relax(at, at, 0, 1);
      double[][][] s = at == Equilibrium.NUDGED ? plus : minus;
      for (int k = 1; k <= network.depth(); k++) {
        INDArray state = relaxer.state(at, k);
        for (int i = 0; i < batch; i++) {
          assertThat(state.getRow(i).toDoubleVector())
              .as("%s, %s, s_%s of %s", precision, network.links(), k, i)
              .containsExactly(definition.field(s[i], k), within(tolerance));
        }
      }
    }
  }

  /** W_k and b_k have different coefficients. */
  private static void assertSlopes(
      KernelRelaxer<?, ?> relaxer,
      Definition definition,
      double[][][] plus,
      double[][][] minus,
      Precision precision) {
    Network network = relaxer.network();
    ParameterLayout layout = ParameterLayout.of(network);
    double[] coefficients = new double[layout.tensors().size()];
    Arrays.setAll(coefficients, i -> 0.3 * (i + 1));
    double tolerance = precision.choose(1e-11, 1e-4);
    try (Parameters actual = Parameters.zeros(network, precision.type())) {
      relaxer.addContrast(Equilibrium.NUDGED, Equilibrium.COUNTER_NUDGED, coefficients, actual);
      for (int k = 1; k <= network.depth(); k++) {
        double c = coefficients[2 * k - 2];
        double c2 = coefficients[2 * k - 1];
        double[] weight = new double[layout.weight(k).size()];
        double[] bias = new double[layout.bias(k).size()];
        for (int i = 0; i < plus.length; i++) {
          definition.addSlopes(plus[i], k, c, c2, weight, bias);
          definition.addSlopes(minus[i], k, -c, -c2, weight, bias);
        }
        assertThat(actual.weight(k).dup('c').data().asDouble())
            .as("%s, %s, W_%s", precision, network.links(), k)
            .containsExactly(weight, within(tolerance));
        assertThat(actual.bias(k).toDoubleVector())
            .as("%s, %s, b_%s", precision, network.links(), k)
            .containsExactly(bias, within(tolerance));
      }
    }
  }
}
