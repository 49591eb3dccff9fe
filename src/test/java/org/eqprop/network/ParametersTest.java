package org.eqprop.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.eqprop.Close.about;

import org.eqprop.data.InputCenter;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;

class ParametersTest {
  private static final Network TOPOLOGY = Network.of(2, 3, 2);

  @Test
  void theFlatFormIsRowMajorWeightsThenBiasesLayerByLayer() {
    float[] flat = new float[TOPOLOGY.parameterCount()];
    for (int i = 0; i < flat.length; i++) {
      flat[i] = i;
    }
    for (DataType type : new DataType[] {DataType.FLOAT, DataType.DOUBLE}) {
      try (Parameters parameters = Parameters.of(TOPOLOGY, type, flat)) {
        assertThat(parameters.weight(1).getDouble(0, 2)).isEqualTo(2);
        assertThat(parameters.weight(1).getDouble(1, 0)).isEqualTo(3);
        assertThat(parameters.bias(1).getDouble(0, 1)).isEqualTo(7);
        assertThat(parameters.weight(2).getDouble(2, 1)).isEqualTo(14);
        assertThat(parameters.bias(2).getDouble(0, 1)).isEqualTo(16);
        assertThat(parameters.toFloats()).isEqualTo(flat);
      }
    }
  }

  @Test
  void glorotUniformFillsItsIntervalAndLeavesBiasesZero() {
    Network network = Network.of(60, 40, 10);
    float[] flat = Parameters.glorotUniform(network, 1);
    double bound = Math.sqrt(6.0 / 100);
    double sum = 0;
    double largest = 0;
    for (int i = 0; i < 2400; i++) {
      sum += flat[i];
      largest = Math.max(largest, Math.abs(flat[i]));
    }
    assertThat(largest).isBetween(0.99 * bound, bound);
    assertThat(sum / 2400).isBetween(-0.1 * bound, 0.1 * bound);
    for (int i = 2400; i < 2440; i++) {
      assertThat(flat[i]).isZero();
    }
    assertThat(flat).isEqualTo(Parameters.glorotUniform(network, 1));
    assertThat(flat).isNotEqualTo(Parameters.glorotUniform(network, 2));
  }

  @Test
  void everyLayerHasItsOwnIntervalAndDraws() {
    Network network = Network.of(30, 30, 6);
    float[] flat = Parameters.glorotUniform(network, 3);
    double largest = 0;
    for (int i = 930; i < 930 + 180; i++) {
      largest = Math.max(largest, Math.abs(flat[i]));
      double first = flat[i - 930] / Math.sqrt(6.0 / 60); // of the first layer's own interval
      assertThat(flat[i] / Math.sqrt(6.0 / 36)).isNotCloseTo(first, about(1e-4));
    }
    assertThat(largest).isBetween(0.97 * Math.sqrt(6.0 / 36), Math.sqrt(6.0 / 36));
  }

  @Test
  void addingAndAssigningTakeAllValues() {
    float[] flat = Parameters.glorotUniform(TOPOLOGY, 1);
    float[] other = new float[flat.length];
    float[] sum = new float[flat.length];
    for (int i = 0; i < flat.length; i++) {
      other[i] = i + 1;
      sum[i] = flat[i] + other[i];
    }
    try (Parameters parameters = Parameters.of(TOPOLOGY, DataType.FLOAT, flat);
        Parameters copy = Parameters.zeros(TOPOLOGY, DataType.FLOAT)) {
      parameters.add(other);
      assertThat(parameters.toFloats()).isEqualTo(sum);
      copy.assign(parameters);
      assertThat(copy.toFloats()).isEqualTo(sum);
    }
  }

  @Test
  void initialBiasesMakeUpForTheInputCenter() {
    Network network = Network.of(60, 40, 10);
    float[] plain = Parameters.glorotUniform(network, 1);
    assertThat(Parameters.initial(network, 1, InputCenter.NONE)).isEqualTo(plain);
    float[] m = new float[60];
    for (int i = 0; i < m.length; i++) {
      m[i] = i / 60f;
    }
    float[] centered = Parameters.initial(network, 1, new InputCenter(m));
    for (int at = 0; at < plain.length; at++) {
      if (at < 2400 || at >= 2440) {
        assertThat(centered[at]).isEqualTo(plain[at]);
      }
    }
    for (int j = 0; j < 40; j++) {
      double field = centered[2400 + j]; // of the input m
      for (int i = 0; i < 60; i++) {
        field += (double) m[i] * centered[40 * i + j];
      }
      assertThat(field).isCloseTo(0, org.eqprop.Close.about(1e-6));
    }
  }

  @Test
  void biasesThatAreThereStayUnderTheInputCenter() {
    float[] flat = {3, 4, 10};
    Parameters.subtractCenter(Network.of(2, 1), flat, new InputCenter(new float[] {0.5f, 0.25f}));
    assertThat(flat).containsExactly(3, 4, 7.5f);
  }

  @Test
  void closingFreesEveryArray() {
    Parameters parameters = Parameters.zeros(TOPOLOGY, DataType.FLOAT);
    parameters.close();
    for (int k = 1; k <= 2; k++) {
      assertThat(parameters.weight(k).wasClosed()).isTrue();
      assertThat(parameters.bias(k).wasClosed()).isTrue();
    }
  }

  @Test
  void valuesOfAnotherTopologyAreRefused() {
    try (Parameters parameters = Parameters.zeros(TOPOLOGY, DataType.FLOAT);
        Parameters other = Parameters.zeros(Network.of(2, 2), DataType.FLOAT)) {
      assertThatThrownBy(() -> parameters.set(new float[3]))
          .hasMessageContaining("3 values")
          .hasMessageContaining("2-3-2");
      assertThatThrownBy(() -> parameters.assign(other))
          .hasMessageContaining("2-2")
          .hasMessageContaining("2-3-2");
    }
  }
}
