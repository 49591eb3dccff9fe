package org.eqprop.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.eqprop.Close.FLOAT64;
import static org.eqprop.Close.about;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.eqprop.Golden;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class EnergyTest {
  static List<Golden> golden() {
    return Golden.dense();
  }

  @Test
  void goldenVectorsExist() {
    assertThat(Golden.dense()).hasSizeGreaterThanOrEqualTo(2);
    assertThat(Golden.all()).hasSizeGreaterThanOrEqualTo(Golden.dense().size() + 2);
  }

  @ParameterizedTest
  @MethodSource("golden")
  void energyCostAndTotalEnergyMatchTheGoldenVectors(Golden golden) {
    var probe = golden.json().get("probe");
    List<INDArray> states = withInput(golden, golden.states(probe.get("states"), DataType.DOUBLE));
    try (Parameters parameters = golden.parameters(DataType.DOUBLE)) {
      INDArray y = golden.target(DataType.DOUBLE);
      double[] energy = Energy.of(parameters, states);
      double[] cost = Energy.cost(states.get(states.size() - 1), y);
      assertThat(energy).containsExactly(Golden.vector(probe.get("energy")), about(FLOAT64));
      assertThat(cost).containsExactly(Golden.vector(probe.get("cost")), about(FLOAT64));
      double[] total = new double[energy.length];
      Arrays.setAll(total, i -> energy[i] + golden.number("beta") * cost[i]);
      assertThat(total).containsExactly(Golden.vector(probe.get("totalEnergy")), about(FLOAT64));
    }
  }

  /**
   * ∂E/∂W_k = −ρ(s_{k−1})ᵀρ(s_k) and ∂E/∂b_k = −ρ(s_k), the derivatives that every estimator uses.
   */
  @ParameterizedTest
  @MethodSource("golden")
  void derivativesByTheParametersAreFiniteDifferences(Golden golden) {
    var probe = golden.json().get("probe");
    List<INDArray> states = withInput(golden, golden.states(probe.get("states"), DataType.DOUBLE));
    double h = 1e-3;
    try (Parameters p = golden.parameters(DataType.DOUBLE)) {
      for (int k = 1; k <= p.network().depth(); k++) {
        INDArray pre = Energy.hardSigmoid(states.get(k - 1));
        INDArray post = Energy.hardSigmoid(states.get(k));
        assertThat(slope(p.weight(k), 1, 2, h, () -> sum(Energy.of(p, states))))
            .isCloseTo(
                -pre.getColumn(1).mul(post.getColumn(2)).sumNumber().doubleValue(), about(1e-9));
        assertThat(slope(p.bias(k), 0, 3, h, () -> sum(Energy.of(p, states))))
            .isCloseTo(-post.getColumn(3).sumNumber().doubleValue(), about(1e-9));
      }
    }
  }

  /**
   * ∂E/∂s_k = s_k − b_k − s_{k−1}W_k − s_{k+1}W_{k+1}ᵀ for states inside (0, 1); every step follows
   * this derivative.
   */
  @ParameterizedTest
  @MethodSource("golden")
  void derivativesByTheStatesAreFiniteDifferences(Golden golden) {
    var probe = golden.json().get("probe");
    List<INDArray> states = withInput(golden, golden.states(probe.get("states"), DataType.DOUBLE));
    states.replaceAll(s -> Energy.hardSigmoid(s).muli(0.8).addi(0.1));
    try (Parameters p = golden.parameters(DataType.DOUBLE)) {
      for (int k = 1; k <= p.network().depth(); k++) {
        INDArray s = states.get(k);
        INDArray derivative =
            s.dup().subiRowVector(p.bias(k)).subi(states.get(k - 1).mmul(p.weight(k)));
        if (k < p.network().depth()) {
          derivative.subi(states.get(k + 1).mmul(p.weight(k + 1).transpose()));
        }
        assertThat(slope(s, 2, 4, 1e-3, () -> sum(Energy.of(p, states))))
            .isCloseTo(derivative.getDouble(2, 4), about(1e-9));
      }
    }
  }

  private static double slope(
      INDArray array, int i, int j, double h, java.util.function.DoubleSupplier f) {
    double value = array.getDouble(i, j);
    array.putScalar(i, j, value + h);
    double above = f.getAsDouble();
    array.putScalar(i, j, value - h);
    double below = f.getAsDouble();
    array.putScalar(i, j, value);
    return (above - below) / (2 * h);
  }

  private static double sum(double[] values) {
    return java.util.Arrays.stream(values).sum();
  }

  private static List<INDArray> withInput(Golden golden, List<INDArray> states) {
    List<INDArray> all = new ArrayList<>();
    all.add(golden.x(DataType.DOUBLE));
    all.addAll(states);
    return all;
  }

  @Test
  void hardSigmoidClipsToTheUnitInterval() {
    INDArray s = Nd4j.createFromArray(new double[] {-2, 0, 0.25, 1, 3});
    assertThat(Energy.hardSigmoid(s).toDoubleVector()).containsExactly(0, 0, 0.25, 1, 1);
    assertThat(s.toDoubleVector()).containsExactly(-2, 0, 0.25, 1, 3);
  }
}
