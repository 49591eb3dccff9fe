package org.eqprop.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.eqprop.base.InvalidValueException;
import org.junit.jupiter.api.Test;

class NetworkTest {
  @Test
  void reportsSizesDepthAndParameters() {
    Network network = Network.of(784, 500, 10);
    assertThat(network.depth()).isEqualTo(2);
    assertThat(network.inputs()).isEqualTo(784);
    assertThat(network.outputs()).isEqualTo(10);
    assertThat(network.parameterCount()).isEqualTo(784 * 500 + 500 + 500 * 10 + 10);
    assertThat(network).hasToString("784-500-10");
  }

  @Test
  void namesTheFirstDifference() {
    Network small = Network.of(16, 12, 4);
    assertThat(small.difference(Network.of(16, 12, 4))).isEmpty();
    assertThat(small.difference(Network.of(9, 1, 4)))
        .contains("layer 0 (input) has 16 units: expected 9 units");
    assertThat(small.difference(Network.of(16, 1, 4)))
        .contains("layer 1 has 12 units: expected 1 unit");
    assertThat(small.difference(Network.of(16, 12))).contains("layer 2 has 4 units: expected none");
    assertThat(small.difference(Network.of(16, 12, 4, 4)))
        .contains("it has no layer 3: expected 4 units");
  }

  @Test
  void refusesImpossibleSizes() {
    for (Integer[] sizes : new Integer[][] {{5}, {5, 0}, {-1, 5}, {5, 257}, {2_000_000, 5}}) {
      assertThatThrownBy(() -> Network.of(sizes))
          .isInstanceOf(InvalidValueException.class)
          .hasMessageStartingWith("topology = [");
    }
  }

  @Test
  void refusesMoreParametersThanAnArrayCanHold() {
    assertThatThrownBy(() -> Network.of(1_000_000, 1_000_000, 10))
        .isInstanceOf(InvalidValueException.class)
        .hasMessageContaining("parameters");
  }
}
