package org.eqprop.learning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.eqprop.Close.assertClose;

import java.util.List;
import org.eqprop.Golden;
import org.eqprop.dynamics.Backend;
import org.eqprop.dynamics.Equilibrium;
import org.eqprop.dynamics.NudgedStart;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.dynamics.Schedule;
import org.eqprop.model.Parameters;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

class GradientCheckTest {
  static List<Golden> golden() {
    return Golden.all();
  }

  private static Relaxation relaxation(Schedule schedule, double epsilon) {
    return new Relaxation(schedule, epsilon, 20_000, 20_000, 1e-15, NudgedStart.FREE);
  }

  /**
   * Recurrent backpropagation against PyTorch's autograd through 2000 steps: two independent ways.
   */
  @ParameterizedTest
  @MethodSource("golden")
  void lossGradientIsAutograds(Golden golden) {
    try (Relaxer relaxer =
            Backend.ND4J.relaxer(
                golden.topology(),
                relaxation(Schedule.SYNCHRONOUS, golden.number("epsilon")),
                DataType.DOUBLE);
        Parameters parameters = golden.parameters(DataType.DOUBLE);
        Parameters expected =
            golden.parameters(golden.json().get("lossGradient"), DataType.DOUBLE)) {
      relaxer.load(parameters);
      relaxer.clamp(golden.x(DataType.DOUBLE), golden.labels());
      relaxer.relaxFree();
      INDArray[] states = new INDArray[golden.topology().depth() + 1];
      states[0] = golden.x(DataType.DOUBLE);
      for (int k = 1; k < states.length; k++) {
        states[k] = relaxer.state(Equilibrium.FREE, k);
      }
      try (Parameters gradient =
          LossGradient.of(parameters, states, golden.target(DataType.DOUBLE))) {
        assertClose(gradient, expected, 1e-10, "loss gradient");
      }
    }
  }

  @ParameterizedTest
  @MethodSource("golden")
  void estimatesTendToTheLossGradient(Golden golden) {
    for (Schedule schedule : Schedule.values()) {
      try (Parameters parameters = golden.parameters(DataType.DOUBLE)) {
        // With strong weights larger synchronous steps may go on oscillating.
        var check =
            new GradientCheck(
                parameters, golden.x(DataType.DOUBLE), golden.labels(), relaxation(schedule, 0.2));
        List<GradientCheck.Row> rows = check.run(List.of(1e-4, 1e-5));
        double oneSided = rows.get(0).worst();
        double oneSidedSmaller = rows.get(2).worst();
        double centeredSmaller = rows.get(3).worst();
        assertThat(centeredSmaller).as("centered, β 1e-5, %s", schedule).isLessThan(1e-6);
        assertThat(oneSided / oneSidedSmaller)
            .as("one-sided error is O(β), %s", schedule)
            .isBetween(8.0, 12.0);
        assertThat(centeredSmaller).isLessThan(oneSidedSmaller / 100);
      }
    }
  }
}
