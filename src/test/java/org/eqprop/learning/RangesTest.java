package org.eqprop.learning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.eqprop.Close;
import org.eqprop.backend.Backend;
import org.eqprop.dynamics.Equilibrium;
import org.eqprop.dynamics.NudgedStart;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.dynamics.Schedule;
import org.eqprop.network.Definition;
import org.eqprop.network.Layer;
import org.eqprop.network.Network;
import org.eqprop.network.ParameterLayout;
import org.eqprop.network.Parameters;
import org.eqprop.network.Range;
import org.eqprop.network.Weights;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Tests every range, in hidden layers and outputs, with both schedules and backends. */
class RangesTest {
  private static final int BATCH = 5;

  static Stream<Arguments> networks() {
    List<Arguments> all = new ArrayList<>();
    for (Range hidden :
        List.of(Range.HARD_SIGMOID, Range.HARD_TANH, Range.RECTIFIER, Range.LINEAR)) {
      for (Range output : List.of(Range.HARD_SIGMOID, Range.LINEAR, new Range(-0.7, 0.8))) {
        for (Schedule schedule : Schedule.values()) {
          List<Layer> layers =
              List.of(new Layer(7, hidden, 1), new Layer(5, hidden, 1), new Layer(3, output, 1));
          all.add(Arguments.of(Network.dense(6, layers), schedule));
        }
      }
    }
    return all.stream();
  }

  private static Relaxation relaxation(Schedule schedule, double tolerance) {
    return new Relaxation(schedule, 0.4, 400, 400, tolerance, NudgedStart.FREE);
  }

  /**
   * Weights small enough for a single equilibrium even without bounds, and biases of both signs;
   * outputs are inside their range.
   */
  private static Weights parameters(Network network) {
    ParameterLayout layout = ParameterLayout.of(network);
    Weights flat = Weights.glorotUniform(network, 7);
    Random random = new Random(3);
    for (int i = 0; i < layout.size(); i++) {
      flat.values()[i] *= 0.35f;
    }
    for (int k = 1; k <= network.depth(); k++) {
      for (int i = layout.bias(k).from(); i < layout.bias(k).to(); i++) {
        flat.values()[i] = (k == network.depth() ? 0.2f : 1.6f) * (random.nextFloat() - 0.3f);
      }
    }
    return flat;
  }

  private static INDArray inputs() {
    double[] x = new Random(4).doubles(BATCH * 6L).toArray();
    return Nd4j.create(x, new long[] {BATCH, 6}, 'c');
  }

  private static final int[] LABELS = {0, 1, 2, 0, 1};

  @ParameterizedTest
  @MethodSource("networks")
  void estimatesTendToTheLossGradient(Network network, Schedule schedule) {
    try (Parameters parameters = Parameters.of(network, DataType.DOUBLE, parameters(network))) {
      var check = new GradientCheck(parameters, inputs(), LABELS, relaxation(schedule, 0));
      GradientCheck.Row centered = check.run(List.of(1e-5)).get(1);
      assertThat(centered.relativeErrors()).noneMatch(error -> error.isNaN());
      assertThat(centered.worst()).isLessThan(1e-7);
    }
  }

  /**
   * s_k = clip(b_k + A_k(s_{k−1}) + A_{k+1}ᵀ(s_{k+1}) + 2β(y − s_L)), computed from the
   * definitions.
   */
  @ParameterizedTest
  @MethodSource("networks")
  void bothBackendsFindTheFixedPoint(Network network, Schedule schedule) {
    Weights flat = parameters(network);
    for (Backend backend : List.of(Backend.BLAS, Backend.ND4J)) {
      try (Relaxer relaxer = backend.relaxer(network, relaxation(schedule, 1e-7), DataType.FLOAT)) {
        relaxer.load(flat);
        relaxer.clamp(inputs().castTo(DataType.FLOAT), LABELS);
        relaxer.relaxFree();
        relaxer.relaxNudged(Equilibrium.NUDGED, 0.3);
        for (int i = 0; i < BATCH; i++) {
          assertFixed(network, flat, states(relaxer, Equilibrium.FREE, i), 0, LABELS[i]);
          assertFixed(network, flat, states(relaxer, Equilibrium.NUDGED, i), 0.3, LABELS[i]);
        }
        assertThat(relaxer.measure(Equilibrium.FREE).energy())
            .isCloseTo(energy(network, flat, relaxer), Close.about(1e-4));
      }
    }
  }

  private static double[][] states(Relaxer relaxer, Equilibrium at, int example) {
    int depth = relaxer.network().depth();
    double[][] s = new double[depth + 1][];
    s[0] = inputs().getRow(example).toDoubleVector();
    for (int k = 1; k <= depth; k++) {
      s[k] = relaxer.state(at, k).getRow(example).toDoubleVector();
    }
    return s;
  }

  private static void assertFixed(
      Network network, Weights flat, double[][] s, double beta, int label) {
    Definition definition = new Definition(network, flat);
    for (int k = 1; k <= network.depth(); k++) {
      double[] u = definition.field(s, k);
      for (int j = 0; j < u.length; j++) {
        double pull = k == network.depth() ? 2 * beta * ((j == label ? 1 : 0) - s[k][j]) : 0;
        assertThat(s[k][j]).isCloseTo(network.layer(k).range().clip(u[j] + pull), within(2e-5));
      }
    }
  }

  private static double energy(Network network, Weights flat, Relaxer relaxer) {
    Definition definition = new Definition(network, flat);
    double energy = 0;
    for (int i = 0; i < BATCH; i++) {
      energy += definition.energy(states(relaxer, Equilibrium.FREE, i));
    }
    return energy;
  }

  /** The range matters: without its ends the states would be different. */
  @ParameterizedTest
  @MethodSource("networks")
  void statesReachTheEndsOfTheirRange(Network network, Schedule schedule) {
    try (Relaxer relaxer = Backend.BLAS.relaxer(network, relaxation(schedule, 0), DataType.FLOAT)) {
      relaxer.load(parameters(network));
      relaxer.clamp(inputs().castTo(DataType.FLOAT).muli(6), LABELS);
      relaxer.relaxFree();
      for (int k = 1; k <= network.depth(); k++) {
        Range range = network.layer(k).range();
        INDArray s = relaxer.state(Equilibrium.FREE, k);
        assertThat((double) s.minNumber().floatValue()).isGreaterThanOrEqualTo((float) range.low());
        assertThat((double) s.maxNumber().floatValue()).isLessThanOrEqualTo((float) range.high());
      }
      INDArray first = relaxer.state(Equilibrium.FREE, 1);
      Range range = network.layer(1).range();
      assertThat(first.minNumber().doubleValue())
          .isEqualTo(range.low() > -10 ? range.low() : first.minNumber().doubleValue())
          .isLessThan(range.low() < 0 ? -0.5 : 0.01);
    }
  }
}
