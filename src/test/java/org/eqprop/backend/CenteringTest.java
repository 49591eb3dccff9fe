package org.eqprop.backend;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.eqprop.Close;
import org.eqprop.data.ByteExamples;
import org.eqprop.data.Examples;
import org.eqprop.data.InputCenter;
import org.eqprop.data.Shape;
import org.eqprop.dynamics.Equilibrium;
import org.eqprop.dynamics.NudgedStart;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.dynamics.Schedule;
import org.eqprop.network.Network;
import org.eqprop.network.ParameterLayout;
import org.eqprop.network.Parameters;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.api.buffer.DataType;

/** A first layer that learns from x − m. */
class CenteringTest {
  private static final Relaxation RELAXATION =
      new Relaxation(Schedule.EVEN_ODD, 0.5, 5, 4, 0, NudgedStart.FREE);

  private static Network network(String sizes) {
    return Network.dense(Arrays.stream(sizes.split("-")).map(Integer::valueOf).toList());
  }

  private static Examples images(int inputs, int count, int classes) {
    Random random = new Random(4);
    byte[] pixels = new byte[count * inputs];
    for (int i = 0; i < pixels.length; i++) {
      boolean dark = i % inputs / 10 % 3 == 0; // throughout the batch
      pixels[i] = dark ? 0 : (byte) (100 + random.nextInt(156));
    }
    byte[] labels = new byte[count];
    for (int i = 0; i < count; i++) {
      labels[i] = (byte) random.nextInt(classes);
    }
    return new ByteExamples(pixels, labels, Shape.image(1, inputs));
  }

  private static Relaxer relaxed(
      Network network, Backend backend, DataType type, InputCenter center, Examples images) {
    Relaxer relaxer = backend.relaxer(network, RELAXATION, type, center);
    relaxer.load(Parameters.glorotUniform(network, 3));
    int[] order = IntStream.range(0, images.size()).toArray();
    relaxer.clamp(images, order, 0, images.size());
    relaxer.relaxFree();
    relaxer.relaxNudged(Equilibrium.NUDGED, 0.4);
    relaxer.relaxNudged(Equilibrium.COUNTER_NUDGED, -0.4);
    return relaxer;
  }

  private static float[] contrast(Relaxer relaxer) {
    double[] coefficients = ParameterLayout.of(relaxer.network()).forEveryTensor(0.1);
    return relaxer.contrast(Equilibrium.NUDGED, Equilibrium.COUNTER_NUDGED, coefficients);
  }

  /** By the chain rule from x − m: W gets g_W − m g_b, and b gets g_b − m·(that). */
  @ParameterizedTest
  @CsvSource({
    "784-500-10, BLAS, FLOAT, 20",
    "784-500-10, BLAS, FLOAT, 7",
    "784-10, BLAS, FLOAT, 20",
    "30-8-6-4, BLAS, FLOAT, 5",
    "30-8-6-4, ND4J, FLOAT, 5",
    "30-8-6-4, ND4J, DOUBLE, 5",
    "784-100-10, ND4J, FLOAT, 20"
  })
  void learnsAsFromInputsWithoutTheirMean(String sizes, Backend backend, DataType type, int batch) {
    Network network = network(sizes);
    int inputs = network.inputs();
    int units = network.size(1);
    Examples images = images(inputs, batch, network.outputs());
    float[] m = images(inputs, 50, 2).statistics().mean();
    try (Relaxer plain = relaxed(network, backend, type, InputCenter.NONE, images);
        Relaxer centered = relaxed(network, backend, type, new InputCenter(m), images)) {
      float[] expected = contrast(plain);
      int bias = inputs * units;
      double[] step = Arrays.stream(boxed(expected)).toArray();
      for (int j = 0; j < units; j++) {
        double common = 0;
        for (int i = 0; i < inputs; i++) {
          step[i * units + j] -= m[i] * step[bias + j];
          common += m[i] * step[i * units + j];
        }
        step[bias + j] -= common;
      }
      float[] actual = contrast(centered);
      double largest = Arrays.stream(step).map(Math::abs).max().orElseThrow();
      assertThat(largest).isPositive();
      for (int i = 0; i < step.length; i++) {
        assertThat((double) actual[i]).isCloseTo(step[i], Close.about(2e-5 * largest));
      }

      centered.learn(Equilibrium.NUDGED, Equilibrium.COUNTER_NUDGED, coefficients(network));
      float[] learned = centered.parameters();
      float[] start = Parameters.glorotUniform(network, 3);
      for (int i = 0; i < step.length; i++) {
        assertThat((double) learned[i])
            .isCloseTo(start[i] + actual[i], Close.about(2e-5 * largest + 1e-7));
      }
    }
  }

  private static double[] coefficients(Network network) {
    double[] coefficients = ParameterLayout.of(network).forEveryTensor(0.1);
    return coefficients;
  }

  private static double[] boxed(float[] values) {
    return IntStream.range(0, values.length).mapToDouble(i -> values[i]).toArray();
  }

  @ParameterizedTest
  @CsvSource({"BLAS", "ND4J"})
  void theNetworkStaysTheSame(Backend backend) {
    Network network = Network.of(30, 8, 6, 4);
    Examples images = images(30, 5, 4);
    InputCenter center = new InputCenter(images.statistics().mean());
    try (Relaxer plain = relaxed(network, backend, DataType.FLOAT, InputCenter.NONE, images);
        Relaxer centered = relaxed(network, backend, DataType.FLOAT, center, images)) {
      for (Equilibrium at : Equilibrium.values()) {
        assertThat(centered.measure(at)).isEqualTo(plain.measure(at));
      }
    }
  }
}
