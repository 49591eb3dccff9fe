package org.eqprop.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.eqprop.dynamics.Equilibrium;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.dynamics.Schedule;
import org.eqprop.dynamics.TrainingStep;
import org.eqprop.learning.LossGradient;
import org.eqprop.network.Layer;
import org.eqprop.network.Network;
import org.eqprop.network.ParameterLayout;
import org.eqprop.network.Parameters;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class UnrolledGradientTest {
  /** Tolerance of float64 cost differences at a step of 1e-6: rounding 1e-10, curvature 1e-12. */
  private static final double DIFFERENCES = 1e-8;

  private static final double STEP = 1e-6;

  /** The number of elements per tensor that are changed. */
  private static final int MOVED = 9;

  static Stream<Case> cases() {
    return Case.all();
  }

  /** The reference is the relaxer's own phases, not the unrolled ones. */
  @ParameterizedTest
  @MethodSource("cases")
  void isTheSlopeOfTheCostAfterTheStepsOfTheRelaxer(Case of) {
    for (int steps : new int[] {1, 4}) {
      try (Parameters parameters = of.parameters()) {
        double[] gradient =
            new UnrolledGradient(parameters, of.relaxation(steps, 1))
                .whole(of.x(), of.labels(), steps);
        int differing = assertSlopes(of, parameters, 0, steps, gradient);
        if (steps == 4) { // one step does not reach from the cost to the first layers
          assertThat(differing).isGreaterThan(2 * of.network().weightLayers());
        }
      }
    }
  }

  /** The states before the last steps are constants. */
  @ParameterizedTest
  @MethodSource("cases")
  void throughTheLastStepsIsTheSlopeFromTheStatesBeforeThem(Case of) {
    try (Parameters parameters = of.parameters()) {
      var unrolled = new UnrolledGradient(parameters, of.relaxation(5, 1));
      int moves = unrolled.movesPerStep();
      List<double[]> gradients =
          unrolled.last(
              unrolled.zeros(of.x()), of.labels(), 5, List.of(2 * moves, 5 * moves, 1000));
      assertThat(assertSlopes(of, parameters, 3, 2, gradients.get(0))).isPositive();
      assertThat(gradients.get(1)).containsExactly(gradients.get(2));
      double[] whole = unrolled.whole(of.x(), of.labels(), 5);
      for (int i = 0; i < whole.length; i++) {
        assertThat(gradients.get(1)[i]).isCloseTo(whole[i], within(1e-14));
      }
    }
  }

  /** Returns how many slopes are not 0. */
  private static int assertSlopes(
      Case of, Parameters parameters, int before, int steps, double[] gradient) {
    try (Relaxer relaxer = of.relaxer(of.relaxation(1, 1));
        Parameters moved = of.parameters();
        INDArray x = Nd4j.createFromArray(of.x())) {
      ParameterLayout layout = ParameterLayout.of(of.network());
      int differing = 0;
      for (ParameterLayout.Tensor tensor : layout.tensors()) {
        int k = Integer.parseInt(tensor.name().substring(2));
        INDArray values = tensor.isBias() ? moved.bias(k) : moved.weight(k);
        int stride = Math.max(1, tensor.size() / MOVED);
        for (int i = 0; i < tensor.size(); i += stride) {
          long[] at = place(i, values.shape());
          double own = values.getDouble(at);
          double[] costs = new double[2];
          for (int side = 0; side < 2; side++) {
            relaxer.load(parameters);
            relaxer.clamp(x, of.labels());
            relaxer.relax(Equilibrium.FREE, null, 0, before);
            values.putScalar(at, own + (side == 0 ? STEP : -STEP));
            relaxer.load(moved);
            relaxer.clamp(x, of.labels());
            relaxer.relax(Equilibrium.FREE, before == 0 ? null : Equilibrium.FREE, 0, steps);
            costs[side] = relaxer.measure(Equilibrium.FREE).meanCost();
          }
          values.putScalar(at, own);
          double slope = (costs[0] - costs[1]) / (2 * STEP);
          differing += Math.abs(slope) > 1e-4 ? 1 : 0;
          assertThat(gradient[tensor.from() + i])
              .as("%s, %s", of, tensor.element(tensor.from() + i))
              .isCloseTo(slope, within(DIFFERENCES));
        }
      }
      return differing;
    }
  }

  /** Returns the indices of an element in row-major order. */
  private static long[] place(int element, long[] shape) {
    long[] place = new long[shape.length];
    long rest = element;
    for (int d = shape.length - 1; d >= 0; d--) {
      place[d] = rest % shape[d];
      rest /= shape[d];
    }
    return place;
  }

  /** Otherwise, the derivative of clip would not be tested. */
  @ParameterizedTest
  @MethodSource("cases")
  void casesHaveUnitsAtTheEndsOfTheirRangesAndInside(Case of) {
    try (Parameters parameters = of.parameters();
        Relaxer relaxer = of.relaxer(of.relaxation(4, 1));
        INDArray x = Nd4j.createFromArray(of.x())) {
      relaxer.load(parameters);
      relaxer.clamp(x, of.labels());
      relaxer.relaxFree();
      for (int k = 1; k <= of.network().depth(); k++) {
        Layer layer = of.network().layer(k);
        try (INDArray states = relaxer.state(Equilibrium.FREE, k)) {
          List<Double> all = Arrays.stream(states.dup('c').data().asDouble()).boxed().toList();
          assertThat(all).as("inside").anyMatch(layer.range()::isInside);
          boolean limited = layer.range().low() > -1 && all.size() > 3 * 5;
          if (limited) {
            assertThat(all).as("at an end, layer %d", k).anyMatch(s -> !layer.range().isInside(s));
          }
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void throughManyStepsIsTheExactGradient(Case of) {
    Relaxation relaxation = of.relaxation(1, 1).converging(3000, 1e-14);
    try (Parameters parameters = of.parameters();
        Relaxer relaxer = of.relaxer(relaxation)) {
      Converged converged = Converged.of(of, relaxer, parameters);
      double[] whole =
          new UnrolledGradient(parameters, relaxation).whole(of.x(), of.labels(), 1500);
      Agreement agreement =
          Agreement.between(whole, converged.exact, GradientPart.of(of.network()).get(0));
      assertThat(agreement.relativeError()).isLessThan(1e-10);
    }
  }

  /** A relaxer at its free equilibrium, and the gradient there. */
  private static final class Converged {
    private final double[] exact;
    private final double[][][] states;

    private Converged(double[] exact, double[][][] states) {
      this.exact = exact;
      this.states = states;
    }

    static Converged of(Case of, Relaxer relaxer, Parameters parameters) {
      relaxer.load(parameters);
      INDArray[] states = new INDArray[of.network().depth() + 1];
      states[0] = Nd4j.createFromArray(of.x());
      relaxer.clamp(states[0], of.labels());
      assertThat(relaxer.relaxFree().residual()).isLessThan(1e-13);
      double[][][] each = new double[Case.BATCH][states.length][];
      for (int k = 0; k < states.length; k++) {
        states[k] = k == 0 ? states[0] : relaxer.state(Equilibrium.FREE, k);
        double[][] rows = states[k].toDoubleMatrix();
        for (int i = 0; i < Case.BATCH; i++) {
          each[i][k] = rows[i];
        }
      }
      try (Parameters gradient = LossGradient.of(parameters, states, of.labels())) {
        return new Converged(FlatGradient.of(gradient), each);
      }
    }
  }

  private static double[] estimate(
      Case of, Relaxer relaxer, double beta, boolean centered, int steps) {
    relaxer.relax(Equilibrium.NUDGED, Equilibrium.FREE, beta, steps);
    relaxer.relax(Equilibrium.COUNTER_NUDGED, Equilibrium.FREE, -beta, steps);
    Network network = of.network();
    double[] coefficients =
        TrainingStep.coefficients(
            network,
            Collections.nCopies(2 * network.weightLayers(), -1.0),
            centered ? 2 * beta : beta,
            Case.BATCH);
    try (Parameters estimate = Parameters.zeros(network, DataType.DOUBLE)) {
      relaxer.addContrast(
          Equilibrium.NUDGED,
          centered ? Equilibrium.COUNTER_NUDGED : Equilibrium.FREE,
          coefficients,
          estimate);
      return FlatGradient.of(estimate);
    }
  }

  /**
   * Ernoult et al. (2019), theorem 1, for every layer: from a free equilibrium, the nudged phase
   * collects what backpropagation collects, step by step or half sweep by half sweep; in both, the
   * first layer's gradient is 0 until the nudge has reached it.
   */
  @ParameterizedTest
  @MethodSource("cases")
  void aNudgedPhaseCollectsWhatBackpropagationCollects(Case of) {
    Relaxation relaxation = of.relaxation(1, 1).converging(3000, 1e-14);
    try (Parameters parameters = of.parameters();
        Relaxer relaxer = of.relaxer(relaxation)) {
      Converged converged = Converged.of(of, relaxer, parameters);
      var unrolled = new UnrolledGradient(parameters, relaxation);
      List<Integer> counts = new ArrayList<>();
      for (int t = 1; t <= 6; t++) {
        counts.add(unrolled.matching(t));
      }
      List<double[]> last = unrolled.last(converged.states, of.labels(), 7, counts);
      for (int t = 1; t <= 6; t++) {
        double[] estimate = estimate(of, relaxer, 1e-5, true, t);
        for (GradientPart part : GradientPart.of(of.network())) {
          double difference = 0;
          double size = 0;
          for (int i = part.from(); i < part.to(); i++) {
            difference += Math.pow(estimate[i] - last.get(t - 1)[i], 2);
            size += Math.pow(converged.exact[i], 2);
          }
          assertThat(Math.sqrt(difference / size))
              .as("%s, %s after %d", of, part.name(), t)
              .isLessThan(1e-8);
        }
      }
    }
  }

  /** Half a sweep more or less gives a different gradient, so the count matters. */
  @Test
  void wholeSweepsDoNotMatch() {
    for (String name : List.of("dense", "dense of three layers", "max and average")) {
      Case of = Case.named(name, Schedule.EVEN_ODD);
      Relaxation relaxation = of.relaxation(1, 1).converging(3000, 1e-14);
      try (Parameters parameters = of.parameters();
          Relaxer relaxer = of.relaxer(relaxation)) {
        Converged converged = Converged.of(of, relaxer, parameters);
        var unrolled = new UnrolledGradient(parameters, relaxation);
        double[] estimate = estimate(of, relaxer, 1e-5, true, 2);
        GradientPart all = GradientPart.of(of.network()).get(0);
        for (int count = 1; count <= 7; count++) {
          double[] last = unrolled.last(converged.states, of.labels(), 4, List.of(count)).get(0);
          double error = Agreement.between(estimate, last, all).relativeError();
          if (count == unrolled.matching(2)) {
            assertThat(error).as("%s, %d", of, count).isLessThan(1e-8);
          } else if (!isIdle(of, count)) {
            assertThat(error).as("%s, %d", of, count).isGreaterThan(1e-3);
          }
        }
      }
    }
  }

  /** With L odd, the last half sweep before the cost does not reach it. */
  private static boolean isIdle(Case of, int count) {
    return of.network().depth() % 2 == 1 && count == 1;
  }

  /** The error of the equality is of order β one-sided, and of order β² centered. */
  @Test
  void errorOfTheEqualityFallsWithBeta() {
    for (Schedule schedule : Schedule.values()) {
      Case of = Case.named("dense", schedule);
      Relaxation relaxation = of.relaxation(1, 1).converging(3000, 1e-14);
      try (Parameters parameters = of.parameters();
          Relaxer relaxer = of.relaxer(relaxation)) {
        Converged converged = Converged.of(of, relaxer, parameters);
        var unrolled = new UnrolledGradient(parameters, relaxation);
        double[] last =
            unrolled.last(converged.states, of.labels(), 5, List.of(unrolled.matching(4))).get(0);
        GradientPart all = GradientPart.of(of.network()).get(0);
        for (boolean centered : new boolean[] {false, true}) {
          double large =
              Agreement.between(estimate(of, relaxer, 1e-2, centered, 4), last, all)
                  .relativeError();
          double small =
              Agreement.between(estimate(of, relaxer, 1e-3, centered, 4), last, all)
                  .relativeError();
          assertThat(Math.log10(large / small))
              .as("%s, centered %s", schedule, centered)
              .isCloseTo(centered ? 2 : 1, within(0.1));
        }
      }
    }
  }
}
