package org.eqprop.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.eqprop.Close.about;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.util.Arrays;
import java.util.List;
import org.eqprop.data.InputCenter;
import org.eqprop.data.Shape;
import org.junit.jupiter.api.Test;

class WeightsTest {
  private static final Network NETWORK = Network.of(2, 3, 2);

  /** 0, 1, 2, … */
  private static Weights counted() {
    Weights weights = Weights.zeros(NETWORK);
    for (int i = 0; i < weights.values().length; i++) {
      weights.values()[i] = i;
    }
    return weights;
  }

  @Test
  void tensorsAreCopiedFromTheirPositionInTheLayout() {
    Weights weights = counted();
    assertThat(weights.weight(1)).containsExactly(0, 1, 2, 3, 4, 5);
    assertThat(weights.bias(1)).containsExactly(6, 7, 8);
    assertThat(weights.weight(2)).containsExactly(9, 10, 11, 12, 13, 14);
    assertThat(weights.bias(2)).containsExactly(15, 16);
    Arrays.fill(weights.bias(2), 99);
    Arrays.fill(weights.copy().values(), 99);
    assertThat(weights).isEqualTo(counted());
  }

  @Test
  void joinsTensorsInTheOrderOfTheLayout() {
    Weights weights = counted();
    assertThat(Weights.joined(NETWORK, weights::tensor)).isEqualTo(weights);
  }

  @Test
  void refusesAWrongNumberOfValues() {
    assertThatThrownBy(() -> new Weights(Network.of(3, 4, 2), new float[25]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("25 values for a network 3-4-2 of 26 parameters");
  }

  /**
   * A model file contains only sizes: its weights also fit networks of the same sizes with other
   * ranges.
   */
  @Test
  void weightsFitEveryNetworkWithTheSameTensors() {
    Network tanh =
        Network.dense(
            2, List.of(new Layer(3, Range.HARD_TANH, 2), new Layer(2, Range.HARD_TANH, 2)));
    assertThatCode(() -> counted().requireFor(tanh)).doesNotThrowAnyException();
    assertThat(new Weights(tanh, counted().values())).isEqualTo(counted());
    Network other = Network.of(4, 1, 6); // 17 parameters, too
    assertThatThrownBy(() -> counted().requireFor(other))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("weights of 2-3-2 for a network of 4-1-6");
    assertThat(new Weights(other, counted().values())).isNotEqualTo(counted());
  }

  @Test
  void weightsWithOtherValuesDiffer() {
    Weights other = counted();
    other.values()[16] = Math.nextUp(16f);
    assertThat(other).isNotEqualTo(counted());
    assertThat(counted()).hasSameHashCodeAs(counted());
  }

  /** As in a broadcast or a task's result: the network costs a few hundred bytes. */
  @Test
  void serializationAddsLittleToTheValues() throws IOException, ClassNotFoundException {
    Weights weights = Weights.glorotUniform(Network.of(784, 500, 10), 1);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(weights);
    }
    assertThat(bytes.size()).isBetween(4 * 397_510, 4 * 397_510 + 2000);
    try (var in = new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
      Weights read = (Weights) in.readObject();
      assertThat(read).isEqualTo(weights);
      assertThat(read.network()).isEqualTo(weights.network());
    }
  }

  @Test
  void findsASingleNumberThatIsNotFinite() {
    assertThat(counted().isFinite()).isTrue();
    for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
      Weights weights = counted();
      weights.values()[16] = bad;
      assertThat(weights.isFinite()).isFalse();
    }
  }

  @Test
  void glorotUniformFillsItsIntervalAndLeavesBiasesZero() {
    Network network = Network.of(60, 40, 10);
    float[] flat = Weights.glorotUniform(network, 1).values();
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
    assertThat(flat).isEqualTo(Weights.glorotUniform(network, 1).values());
    assertThat(flat).isNotEqualTo(Weights.glorotUniform(network, 2).values());
  }

  @Test
  void everyLayerHasItsOwnIntervalAndDraws() {
    Network network = Network.of(30, 30, 6);
    float[] flat = Weights.glorotUniform(network, 3).values();
    double largest = 0;
    for (int i = 930; i < 930 + 180; i++) {
      largest = Math.max(largest, Math.abs(flat[i]));
      double first = flat[i - 930] / Math.sqrt(6.0 / 60); // relative to the first layer's interval
      assertThat(flat[i] / Math.sqrt(6.0 / 36)).isNotCloseTo(first, about(1e-4));
    }
    assertThat(largest).isBetween(0.97 * Math.sqrt(6.0 / 36), Math.sqrt(6.0 / 36));
  }

  @Test
  void initialBiasesCompensateForTheInputCenter() {
    Network network = Network.of(60, 40, 10);
    float[] plain = Weights.glorotUniform(network, 1).values();
    assertThat(Weights.initial(network, 1, InputCenter.NONE).values()).isEqualTo(plain);
    float[] m = new float[60];
    for (int i = 0; i < m.length; i++) {
      m[i] = i / 60f;
    }
    float[] centered = Weights.initial(network, 1, new InputCenter(m)).values();
    for (int at = 0; at < plain.length; at++) {
      if (at < 2400 || at >= 2440) {
        assertThat(centered[at]).isEqualTo(plain[at]);
      }
    }
    for (int j = 0; j < 40; j++) {
      double field = centered[2400 + j]; // for the input m
      for (int i = 0; i < 60; i++) {
        field += (double) m[i] * centered[40 * i + j];
      }
      assertThat(field).isCloseTo(0, about(1e-6));
    }
  }

  @Test
  void anInputCenterKeepsExistingBiases() {
    Weights weights = new Weights(Network.of(2, 1), new float[] {3, 4, 10});
    InputCenter center = new InputCenter(new float[] {0.5f, 0.25f});
    assertThat(weights.minusCenter(center).values()).containsExactly(3, 4, 7.5f);
    assertThat(weights.plusCenter(center).values()).containsExactly(3, 4, 12.5f);
    assertThat(weights.values()).as("not modified").containsExactly(3, 4, 10);
  }

  /** The units share a bias, but each would need its own. */
  @Test
  void refusesACenterForAConvolution() {
    Convolution link = Convolution.plain(Shape.image(4, 4), 2, 3, 1, 0);
    Network network =
        new Network(
            Shape.image(4, 4),
            List.of(new Layer(link.output(), Range.HARD_SIGMOID, 1)),
            List.of(link),
            new SquaredError());
    Weights weights = Weights.glorotUniform(network, 1);
    assertThatThrownBy(() -> weights.plusCenter(new InputCenter(new float[16])))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "an input center needs a link with one bias per unit: found 2 channels of 3 × 3");
  }
}
