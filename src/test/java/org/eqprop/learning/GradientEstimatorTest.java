package org.eqprop.learning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.eqprop.Close.assertClose;

import java.lang.reflect.Proxy;
import java.util.Iterator;
import java.util.List;
import java.util.SplittableRandom;
import org.eqprop.Close;
import org.eqprop.Golden;
import org.eqprop.backend.Backend;
import org.eqprop.base.InvalidValueException;
import org.eqprop.dynamics.Convergence;
import org.eqprop.dynamics.NudgedStart;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.dynamics.Schedule;
import org.eqprop.network.ParameterLayout;
import org.eqprop.network.Parameters;
import org.eqprop.network.SquaredError;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;

class GradientEstimatorTest {
  static List<Golden.Phases> phases() {
    return Golden.allPhases();
  }

  /**
   * Covers which phases run with which nudge, where they start, and the divisor of their contrast.
   */
  @ParameterizedTest
  @MethodSource("phases")
  void everyEstimateMatchesTheGoldenGradient(Golden.Phases phases) {
    double beta = phases.beta();
    for (NudgedStart start : NudgedStart.values()) {
      String from = start == NudgedStart.FREE ? "nudgedFromFree" : "nudgedFromZeros";
      for (EstimatorKind kind : List.of(EstimatorKind.ONE_SIDED, EstimatorKind.RANDOM_SIGN)) {
        assertEstimate(phases, start, new GradientEstimator(kind, beta), positive(), from + "+");
      }
      assertEstimate(
          phases,
          start,
          new GradientEstimator(EstimatorKind.ONE_SIDED, -beta),
          positive(),
          from + "-");
      assertEstimate(
          phases,
          start,
          new GradientEstimator(EstimatorKind.RANDOM_SIGN, beta),
          negative(),
          from + "-");
    }
    GradientEstimator centered = new GradientEstimator(EstimatorKind.CENTERED, beta);
    assertEstimate(phases, NudgedStart.FREE, centered, positive(), "centered");
  }

  private static void assertEstimate(
      Golden.Phases phases,
      NudgedStart start,
      GradientEstimator estimator,
      SplittableRandom signs,
      String name) {
    Golden golden = phases.golden();
    DataType type = DataType.DOUBLE;
    try (Relaxer relaxer = Backend.ND4J.relaxer(golden.network(), phases.relaxation(start), type);
        Parameters parameters = golden.parameters(type);
        Parameters estimate = Parameters.zeros(golden.network(), type);
        Parameters expected = golden.parameters(phases.json().get("gradients").get(name), type)) {
      relaxer.load(parameters);
      relaxer.clamp(golden.x(type), golden.labels());
      relaxer.relaxFree();
      GradientEstimator.Contrast contrast = estimator.nudge(relaxer, signs);
      double[] coefficients =
          ParameterLayout.of(golden.network())
              .forEveryTensor(-1 / (contrast.scale() * golden.labels().length));
      relaxer.addContrast(contrast.plus(), contrast.minus(), coefficients, estimate);
      assertClose(estimate, expected, Close.FLOAT64, estimator + " " + name);
    }
  }

  private static SplittableRandom positive() {
    return drawing(true);
  }

  private static SplittableRandom negative() {
    return drawing(false);
  }

  private static SplittableRandom drawing(boolean first) {
    long seed = 0;
    while (new SplittableRandom(seed).nextBoolean() != first) {
      seed++;
    }
    return new SplittableRandom(seed);
  }

  /** The residual is the larger one of the two nudged phases; the gradient check relies on it. */
  @Test
  void reportsTheResidualOfTheWorsePhase() {
    double[] residuals = {3e-9, 2e-7};
    for (int worse = 0; worse < 2; worse++) {
      Iterator<Double> next = List.of(residuals[worse], residuals[1 - worse]).iterator();
      Relaxer relaxer =
          (Relaxer)
              Proxy.newProxyInstance(
                  Relaxer.class.getClassLoader(),
                  new Class<?>[] {Relaxer.class},
                  (proxy, method, arguments) -> new Convergence(1, next.next()));
      GradientEstimator.Contrast contrast =
          new GradientEstimator(EstimatorKind.CENTERED, 0.1).nudge(relaxer, positive());
      assertThat(contrast.residual()).isEqualTo(2e-7);
    }
  }

  @Test
  void refusesNudgesWithoutAMinimum() {
    refused(EstimatorKind.ONE_SIDED, -0.5);
    refused(EstimatorKind.CENTERED, 0.5);
    refused(EstimatorKind.CENTERED, -0.5);
    refused(EstimatorKind.RANDOM_SIGN, 1);
    assertThatCode(
            () ->
                new GradientEstimator(EstimatorKind.ONE_SIDED, 3)
                    .checkAgainst(Schedule.EVEN_ODD, new SquaredError()))
        .doesNotThrowAnyException();
    assertThatCode(
            () ->
                new GradientEstimator(EstimatorKind.RANDOM_SIGN, 1)
                    .checkAgainst(Schedule.SYNCHRONOUS, new SquaredError()))
        .doesNotThrowAnyException();
  }

  private static void refused(EstimatorKind kind, double beta) {
    assertThatThrownBy(
            () ->
                new GradientEstimator(kind, beta)
                    .checkAgainst(Schedule.EVEN_ODD, new SquaredError()))
        .isInstanceOf(InvalidValueException.class)
        .hasMessageContaining("estimator.beta = " + beta)
        .hasMessageContaining("-0.5");
  }

  @Test
  void refusesABetaOfZero() {
    for (double beta : new double[] {0, Double.NaN, Double.POSITIVE_INFINITY, 1e-9}) {
      assertThatThrownBy(() -> new GradientEstimator(EstimatorKind.CENTERED, beta))
          .isInstanceOf(InvalidValueException.class)
          .hasMessageContaining("estimator.beta");
    }
  }
}
