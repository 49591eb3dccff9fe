package org.eqprop.network;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.eqprop.network.ParameterLayout.Tensor;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;

class ParameterLayoutTest {
  private static final Network TOPOLOGY = Network.of(3, 4, 2);
  private static final ParameterLayout LAYOUT = ParameterLayout.of(TOPOLOGY);

  @Test
  void weightsAndBiasesFollowEachOtherLayerByLayer() {
    assertThat(LAYOUT.tensors())
        .containsExactly(
            new Tensor("W_1", List.of(3, 4), 0),
            new Tensor("b_1", List.of(4), 12),
            new Tensor("W_2", List.of(4, 2), 16),
            new Tensor("b_2", List.of(2), 24));
    assertThat(LAYOUT.tensors().get(3).to()).isEqualTo(LAYOUT.size()).isEqualTo(26);
    for (int k = 1; k <= 2; k++) {
      assertThat(LAYOUT.weight(k).name()).isEqualTo("W_" + k);
      assertThat(LAYOUT.bias(k).name()).isEqualTo("b_" + k);
    }
  }

  @Test
  void matricesAreRowMajor() {
    Tensor second = LAYOUT.weight(2);
    assertThat(second.index(0, 1)).isEqualTo(17);
    assertThat(second.index(3, 1)).isEqualTo(23);
    assertThat(second.element(21)).isEqualTo("W_2[2, 1]");
    assertThat(LAYOUT.bias(2).element(25)).isEqualTo("b_2[1]");
  }

  /** Checks how all other holders of parameters read a flat array. */
  @Test
  void parametersAreStoredWhereTheLayoutSays() {
    Weights flat = Weights.zeros(TOPOLOGY);
    IntStream.range(0, LAYOUT.size()).forEach(i -> flat.values()[i] = i);
    try (Parameters parameters = Parameters.of(TOPOLOGY, DataType.FLOAT, flat)) {
      for (int k = 1; k <= 2; k++) {
        Tensor weight = LAYOUT.weight(k);
        for (int i = 0; i < TOPOLOGY.size(k - 1); i++) {
          for (int j = 0; j < TOPOLOGY.size(k); j++) {
            assertThat(parameters.weight(k).getFloat(i, j)).isEqualTo(weight.index(i, j));
          }
        }
        assertThat(parameters.bias(k).getFloat(0, 1)).isEqualTo(LAYOUT.bias(k).from() + 1);
      }
    }
  }
}
