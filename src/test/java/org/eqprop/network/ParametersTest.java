package org.eqprop.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;

class ParametersTest {
  private static final Network TOPOLOGY = Network.of(2, 3, 2);

  @Test
  void theFlatFormHasRowMajorWeightsThenBiasesLayerByLayer() {
    Weights flat = Weights.zeros(TOPOLOGY);
    for (int i = 0; i < flat.values().length; i++) {
      flat.values()[i] = i;
    }
    for (DataType type : new DataType[] {DataType.FLOAT, DataType.DOUBLE}) {
      try (Parameters parameters = Parameters.of(TOPOLOGY, type, flat)) {
        assertThat(parameters.weight(1).getDouble(0, 2)).isEqualTo(2);
        assertThat(parameters.weight(1).getDouble(1, 0)).isEqualTo(3);
        assertThat(parameters.bias(1).getDouble(0, 1)).isEqualTo(7);
        assertThat(parameters.weight(2).getDouble(2, 1)).isEqualTo(14);
        assertThat(parameters.bias(2).getDouble(0, 1)).isEqualTo(16);
        assertThat(parameters.toWeights()).isEqualTo(flat);
      }
    }
  }

  @Test
  void addsAndAssignsAllValues() {
    Weights flat = Weights.glorotUniform(TOPOLOGY, 1);
    Weights other = Weights.zeros(TOPOLOGY);
    Weights sum = flat.copy();
    for (int i = 0; i < flat.values().length; i++) {
      other.values()[i] = i + 1;
      sum.values()[i] += other.values()[i];
    }
    try (Parameters parameters = Parameters.of(TOPOLOGY, DataType.FLOAT, flat);
        Parameters copy = Parameters.zeros(TOPOLOGY, DataType.FLOAT)) {
      parameters.add(other);
      assertThat(parameters.toWeights()).isEqualTo(sum);
      copy.assign(parameters);
      assertThat(copy.toWeights()).isEqualTo(sum);
    }
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
  void refusesValuesOfAnotherTopology() {
    try (Parameters parameters = Parameters.zeros(TOPOLOGY, DataType.FLOAT);
        Parameters other = Parameters.zeros(Network.of(2, 2), DataType.FLOAT)) {
      assertThatThrownBy(() -> parameters.set(Weights.zeros(Network.of(2, 2))))
          .hasMessageContaining("2-2")
          .hasMessageContaining("2-3-2");
      assertThatThrownBy(() -> parameters.assign(other))
          .hasMessageContaining("2-2")
          .hasMessageContaining("2-3-2");
    }
  }
}
