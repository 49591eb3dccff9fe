package org.eqprop.backend.blas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.eqprop.data.InputCenter;
import org.eqprop.data.Shape;
import org.eqprop.dynamics.LinkKernel;
import org.eqprop.network.Convolution;
import org.eqprop.network.Dense;
import org.eqprop.network.Layer;
import org.eqprop.network.Network;
import org.eqprop.network.ParameterLayout;
import org.eqprop.network.Pooling;
import org.eqprop.network.Range;
import org.eqprop.network.SquaredError;
import org.eqprop.network.Weights;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Compares the kernel of convolutions with their definition, example by example. */
class BlasConvolutionTest {
  private final Random random = new Random(7);

  /**
   * Returns the links that are tested as the inner link of a network; the batch does not divide
   * into equal parts.
   */
  static Stream<Arguments> links() {
    Shape grey = new Shape(1, 7, 9);
    Shape several = new Shape(3, 11, 8);
    List<Convolution> links =
        List.of(
            Convolution.plain(grey, 2, 3, 1, 0),
            Convolution.plain(several, 5, 3, 2, 1),
            Convolution.plain(several, 4, 1, 1, 0),
            new Convolution(several, 4, 3, 1, 1, Pooling.AVERAGE, 2),
            new Convolution(several, 2, 2, 2, 0, Pooling.AVERAGE, 2),
            new Convolution(several, 3, 4, 1, 2, Pooling.AVERAGE, 3),
            new Convolution(several, 4, 3, 1, 1, Pooling.MAX, 2),
            new Convolution(grey, 3, 2, 1, 1, Pooling.MAX, 3));
    return links.stream()
        .flatMap(link -> Stream.of(Arguments.of(link, 0.2), Arguments.of(link, 0.9)));
  }

  @ParameterizedTest
  @MethodSource("links")
  void followsTheDefinition(Convolution link, double active) {
    int batch = 5;
    Network network = network(link);
    ParameterLayout.Tensor tensor = ParameterLayout.of(network).weight(2);
    float[] flat = new float[network.parameterCount()];
    for (int i = 0; i < flat.length; i++) {
      flat[i] = (float) random.nextGaussian();
    }
    double[] w = doubles(Arrays.copyOfRange(flat, tensor.from(), tensor.to()));
    BlasKernels kernels = new BlasKernels(network, false, InputCenter.NONE);
    BlasWeights own = kernels.parameters();
    BlasWeights target = kernels.parameters();
    own.load(new Weights(network, flat));
    LinkKernel<BlasMatrix, BlasWeights> kernel = kernels.link(2, batch, own);
    kernel.refresh();
    double[] below = states(batch * link.inputs(), active);
    double[] other = states(batch * link.inputs(), active);
    double[] above = states(batch * link.outputs(), active);
    BlasMatrix lower = matrix(kernels, batch, 1, below);
    BlasMatrix upper = matrix(kernels, batch, 2, above);
    BlasMatrix up = matrix(kernels, batch, 2, above);
    BlasMatrix down = matrix(kernels, batch, 1, other);

    kernel.up(lower, 0.5, up, true);
    kernel.down(upper, 0.5, down, true);
    kernel.correlate(lower, upper, -2, target);
    BlasMatrix lowerMinus = matrix(kernels, batch, 1, other);
    kernel.contrast(lower, upper, lowerMinus, upper, 3, target);
    up.settle();
    kernel.start(lower); // what is sent down depends on these states, not on those of correlate
    kernel.down(upper, 0.5, down, true);

    double[] expectedUp = above.clone();
    double[] expectedDown = other.clone();
    double[] expectedSum = new double[w.length];
    for (int i = 0; i < batch; i++) {
      double[] s = row(below, i, link.inputs());
      double[] t = row(other, i, link.inputs());
      double[] v = row(above, i, link.outputs());
      double[] upward = new double[link.outputs()];
      double[] downward = new double[link.inputs()];
      link.up(w, s, s, upward);
      link.down(w, s, v, downward);
      link.correlate(w, s, s, v, 1, expectedSum);
      link.correlate(w, t, t, v, -3, expectedSum);
      for (int j = 0; j < upward.length; j++) {
        expectedUp[i * upward.length + j] += 0.5 * upward[j];
      }
      for (int j = 0; j < downward.length; j++) {
        expectedDown[i * downward.length + j] += 2 * 0.5 * downward[j];
      }
    }
    assertClose(values(kernels, up), expectedUp);
    assertClose(values(kernels, down), expectedDown);
    float[] sum = target.toWeights().values();
    assertClose(doubles(Arrays.copyOfRange(sum, tensor.from(), tensor.to())), expectedSum);
    kernel.close();
    List.of(own, target).forEach(BlasWeights::close);
    List.of(lower, lowerMinus, upper, up, down).forEach(BlasMatrix::close);
  }

  private static Network network(Convolution link) {
    return new Network(
        Shape.vector(2),
        List.of(
            new Layer(link.input(), Range.LINEAR, 1),
            new Layer(link.output(), Range.LINEAR, 1),
            new Layer(1)),
        List.of(new Dense(2, link.inputs()), link, new Dense(link.outputs(), 1)),
        new SquaredError());
  }

  /** Returns states of which a part is zero, since the kernel skips zeros if there are many. */
  private double[] states(int count, double active) {
    double[] states = new double[count];
    for (int i = 0; i < count; i++) {
      states[i] = random.nextDouble() < active ? (float) random.nextGaussian() : 0;
    }
    return states;
  }

  private static BlasMatrix matrix(BlasKernels kernels, int batch, int k, double[] values) {
    BlasMatrix matrix = kernels.states(batch, k);
    kernels.set(matrix, values);
    return matrix;
  }

  private static double[] values(BlasKernels kernels, BlasMatrix matrix) {
    double[] values = new double[matrix.heap.length];
    kernels.values(matrix, values);
    return values;
  }

  private static double[] row(double[] batch, int i, int n) {
    return Arrays.copyOfRange(batch, i * n, (i + 1) * n);
  }

  private static double[] doubles(float[] values) {
    double[] doubles = new double[values.length];
    Arrays.setAll(doubles, i -> values[i]);
    return doubles;
  }

  private static void assertClose(double[] actual, double[] expected) {
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < actual.length; i++) {
      assertThat(actual[i]).as("[%d]", i).isCloseTo(expected[i], within(1e-4));
    }
  }
}
