package org.eqprop.learning;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.eqprop.data.InvalidValueException;
import org.eqprop.dynamics.Schedule;
import org.junit.jupiter.api.Test;

class EstimatorTest {
  @Test
  void nudgesWithoutAMinimumAreRefused() {
    refused(EstimatorKind.ONE_SIDED, -0.5);
    refused(EstimatorKind.CENTERED, 0.5);
    refused(EstimatorKind.CENTERED, -0.5);
    refused(EstimatorKind.RANDOM_SIGN, 1);
    assertThatCode(() -> new Estimator(EstimatorKind.ONE_SIDED, 3).checkAgainst(Schedule.EVEN_ODD))
        .doesNotThrowAnyException();
    assertThatCode(
            () -> new Estimator(EstimatorKind.RANDOM_SIGN, 1).checkAgainst(Schedule.SYNCHRONOUS))
        .doesNotThrowAnyException();
  }

  private static void refused(EstimatorKind kind, double beta) {
    assertThatThrownBy(() -> new Estimator(kind, beta).checkAgainst(Schedule.EVEN_ODD))
        .isInstanceOf(InvalidValueException.class)
        .hasMessageContaining("estimator.beta = " + beta)
        .hasMessageContaining("-0.5");
  }

  @Test
  void noNudgeIsNoEstimate() {
    for (double beta : new double[] {0, Double.NaN, Double.POSITIVE_INFINITY, 1e-9}) {
      assertThatThrownBy(() -> new Estimator(EstimatorKind.CENTERED, beta))
          .isInstanceOf(InvalidValueException.class)
          .hasMessageContaining("estimator.beta");
    }
  }
}
