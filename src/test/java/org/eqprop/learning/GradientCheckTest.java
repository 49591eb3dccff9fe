package org.eqprop.learning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.eqprop.Close.assertClose;

import java.util.List;
import org.eqprop.Golden;
import org.eqprop.backend.Backend;
import org.eqprop.base.InputException;
import org.eqprop.data.ByteExamples;
import org.eqprop.data.Examples;
import org.eqprop.data.Shape;
import org.eqprop.dynamics.Equilibrium;
import org.eqprop.dynamics.NudgedStart;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.dynamics.Schedule;
import org.eqprop.network.Network;
import org.eqprop.network.Parameters;
import org.eqprop.network.Weights;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class GradientCheckTest {
  static List<Golden> golden() {
    return Golden.all();
  }

  private static Relaxation relaxation(Schedule schedule, double epsilon) {
    return new Relaxation(schedule, epsilon, 20_000, 20_000, 1e-15, NudgedStart.FREE);
  }

  /**
   * Compares recurrent backpropagation with PyTorch's autograd through 2000 steps: two independent
   * methods.
   */
  @ParameterizedTest
  @MethodSource("golden")
  void lossGradientEqualsAutograd(Golden golden) {
    try (Relaxer relaxer =
            Backend.ND4J.relaxer(
                golden.network(),
                relaxation(Schedule.SYNCHRONOUS, golden.number("epsilon")),
                DataType.DOUBLE);
        Parameters parameters = golden.parameters(DataType.DOUBLE);
        Parameters expected =
            golden.parameters(golden.json().get("lossGradient"), DataType.DOUBLE)) {
      relaxer.load(parameters);
      relaxer.clamp(golden.x(DataType.DOUBLE), golden.labels());
      relaxer.relaxFree();
      INDArray[] states = new INDArray[golden.network().depth() + 1];
      states[0] = golden.x(DataType.DOUBLE);
      for (int k = 1; k < states.length; k++) {
        states[k] = relaxer.state(Equilibrium.FREE, k);
      }
      try (Parameters gradient = LossGradient.of(parameters, states, golden.labels())) {
        assertClose(gradient, expected, 1e-10, "loss gradient");
      }
    }
  }

  /** {@link ConvolutionLearningTest} does the same for convolutions. */
  static List<Golden> dense() {
    return Golden.dense();
  }

  @ParameterizedTest
  @MethodSource("dense")
  void estimatesTendToTheLossGradient(Golden golden) {
    for (Schedule schedule : Schedule.values()) {
      try (Parameters parameters = golden.parameters(DataType.DOUBLE)) {
        // With strong weights, larger synchronous steps can keep oscillating.
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

  private static final Network SMALL = Network.of(4, 3, 2);

  private static Examples images() {
    byte[] pixels = {0, 51, 102, (byte) 255, (byte) 204, 1, 2, 3};
    return new ByteExamples(pixels, new byte[] {1, 0}, Shape.image(2, 2));
  }

  private static Parameters small(double factor) {
    Parameters parameters = Parameters.of(SMALL, DataType.DOUBLE, Weights.glorotUniform(SMALL, 2));
    for (int k = 1; k <= 2; k++) {
      parameters.weight(k).muli(factor);
      parameters.bias(k).assign(0.4);
    }
    return parameters;
  }

  @Test
  void imagesAreCheckedByTheirValues() {
    double[][] x = {{0, 51 / 255f, 102 / 255f, 1}, {204 / 255f, 1 / 255f, 2 / 255f, 3 / 255f}};
    Relaxation relaxation = relaxation(Schedule.EVEN_ODD, 0.5);
    try (Parameters parameters = small(1)) {
      var values =
          new GradientCheck(parameters, Nd4j.createFromArray(x), new int[] {1, 0}, relaxation);
      assertThat(GradientCheck.of(parameters, images(), relaxation).run(List.of(1e-3)))
          .isEqualTo(values.run(List.of(1e-3)));
    }
  }

  /** With β = 2, a step of ε = 1 overshoots the output's minimum; without a nudge it does not. */
  @Test
  void aNudgedPhaseThatDoesNotConvergeIsRefused() {
    try (Parameters parameters = small(0.1)) {
      GradientCheck check =
          GradientCheck.of(parameters, images(), relaxation(Schedule.SYNCHRONOUS, 1));
      assertThatThrownBy(() -> check.run(List.of(2.0)))
          .isInstanceOf(InputException.class)
          .hasMessageStartingWith("the nudged phase at β 2.0 does not converge: after 12000 steps");
    }
  }

  @Test
  void errorsAreUndefinedIfNothingMoves() {
    try (Parameters parameters = small(0.1)) {
      parameters.bias(2).assign(5); // all outputs at their bound, whatever the nudge
      var check = GradientCheck.of(parameters, images(), relaxation(Schedule.EVEN_ODD, 0.5));
      for (GradientCheck.Row row : check.run(List.of(1e-4))) {
        assertThat(row.relativeErrors()).hasSize(4).allMatch(error -> error.isNaN());
        assertThat(row.worst()).isNaN();
      }
    }
  }
}
