package org.eqprop.backend.blas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.eqprop.Close.about;
import static org.eqprop.Close.assertClose;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.eqprop.backend.Backend;
import org.eqprop.backend.RelaxerContract;
import org.eqprop.backend.TrackedKernels;
import org.eqprop.data.ByteExamples;
import org.eqprop.data.Examples;
import org.eqprop.data.InputCenter;
import org.eqprop.data.Shape;
import org.eqprop.dynamics.Equilibrium;
import org.eqprop.dynamics.KernelRelaxer;
import org.eqprop.dynamics.Measurement;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.network.Network;
import org.eqprop.network.ParameterLayout;
import org.eqprop.network.Weights;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** The contract of every relaxer; in addition, the blas backend computes the same as nd4j. */
abstract class BlasContract extends RelaxerContract {
  abstract boolean small();

  @Override
  protected List<DataType> types() {
    return List.of(DataType.FLOAT);
  }

  @Override
  protected Relaxer create(Network network, Relaxation relaxation, DataType type) {
    return BlasBackend.relaxer(network, relaxation, small(), InputCenter.NONE);
  }

  @Override
  protected boolean supports(Network network) {
    return new BlasBackend().unsupported(network) == null;
  }

  @Override
  protected void setState(Relaxer relaxer, Equilibrium at, int k, INDArray values) {
    ((KernelRelaxer<?, ?>) relaxer).setState(at, k, values);
  }

  @Test
  void closingFreesTheMemoryOutsideTheHeap() {
    Network network = Network.of(40, 30, 20, 10);
    var tracked = new TrackedKernels<>(new BlasKernels(network, small(), InputCenter.NONE));
    tracked.use(network, evenOdd());
    // x, the cost's force, and for each layer base, drive, input, three equilibria
    assertThat(tracked.states()).hasSize(2 * (2 + 3 * 6));
    assertThat(tracked.states()).allMatch(states -> states.pointer.isNull());
    assertThat(tracked.parameters()).hasSize(2); // W_k and the contrast's
    for (BlasWeights weights : tracked.parameters()) {
      for (int k = 1; k <= 3; k++) {
        assertThat(weights.weight(k).isNull()).isTrue();
      }
    }
  }

  /** Inputs of both signs that cancel within the batch count like any others. */
  @Test
  void inputsThatAddUpToZeroAreNotSkipped() {
    Network network = Network.of(40, 5, 3);
    INDArray x = Nd4j.zeros(DataType.FLOAT, 2, 40);
    for (int j = 0; j < 40; j += 4) {
      x.putScalar(0, j, 1);
      x.putScalar(1, j, -1);
    }
    double[] c = ParameterLayout.of(network).forEveryTensor(0.1);
    List<Weights> contrasts = new ArrayList<>();
    List<Double> energies = new ArrayList<>();
    for (Relaxer relaxer :
        List.of(
            create(network, evenOdd(), DataType.FLOAT),
            Backend.ND4J.relaxer(network, evenOdd(), DataType.FLOAT))) {
      try (relaxer) {
        relaxer.load(Weights.glorotUniform(network, 2));
        relaxer.clamp(x, new int[] {0, 2});
        relaxer.relaxFree();
        relaxer.relaxNudged(Equilibrium.NUDGED, 0.3);
        energies.add(relaxer.measure(Equilibrium.FREE).energy());
        contrasts.add(relaxer.contrast(Equilibrium.NUDGED, Equilibrium.FREE, c));
      }
    }
    assertThat(energies.get(0)).isCloseTo(energies.get(1), about(1e-4));
    assertClose(contrasts.get(0), contrasts.get(1), 1e-5, "contrast");
  }

  /** A contrast subtracts on the heap, and a link's kernel reads the result off the heap. */
  @Test
  void aDifferenceIsWhereLinksReadIt() {
    BlasKernels kernels = new BlasKernels(Network.of(6, 3), small(), InputCenter.NONE);
    BlasMatrix a = kernels.states(1, 1);
    BlasMatrix b = kernels.states(1, 1);
    kernels.set(a, new double[] {3, 2, 1});
    kernels.set(b, new double[] {1, 1, 1});
    BlasMatrix difference = kernels.states(1, 1);
    kernels.subtract(difference, a, b);
    difference.pull();
    assertThat(difference.heap).containsExactly(2, 1, 0);
    List.of(a, b, difference).forEach(kernels::closeStates);
  }

  /**
   * Networks of real sizes: a backend computes the same for large matrices, however it treats them.
   */
  static Stream<Arguments> realNetworks() {
    List<Arguments> all = new ArrayList<>();
    for (Network network :
        List.of(
            Network.of(784, 10),
            Network.of(784, 100, 10),
            Network.of(784, 500, 10),
            Network.of(784, 300, 130, 10),
            Network.of(100, 70, 300, 90, 7))) {
      for (int batch : new int[] {1, 13, 20, 100, 500}) {
        all.add(Arguments.of(network, batch));
      }
    }
    return all.stream();
  }

  /** Tolerance for float32 sums of hundreds of terms in another order, after two dozen steps. */
  private static final double REAL_SIZES = 2e-4;

  /** States, measurements and updates of two batches, the second smaller, equal those of nd4j. */
  @ParameterizedTest
  @MethodSource("realNetworks")
  void trainingEqualsThatOfTheReferenceBackend(Network network, int batch) {
    Random random = new Random(5);
    int images = batch + (batch + 1) / 2;
    byte[] pixels = new byte[images * network.inputs()];
    for (int i = 0; i < pixels.length; i++) {
      boolean dark = i % network.inputs() / 10 % 3 == 0; // throughout the batch, like MNIST's rim
      pixels[i] = !dark && random.nextInt(4) == 0 ? (byte) random.nextInt(256) : 0;
    }
    byte[] labels = new byte[images];
    for (int i = 0; i < images; i++) {
      labels[i] = (byte) random.nextInt(network.outputs());
    }
    Examples set = new ByteExamples(pixels, labels, Shape.image(1, network.inputs()));
    for (Relaxation relaxation : List.of(synchronous(0.5), evenOdd())) {
      try (Relaxer ours = create(network, relaxation, DataType.FLOAT);
          Relaxer reference =
              Backend.ND4J.relaxer(network, relaxation, DataType.FLOAT, InputCenter.NONE)) {
        for (Relaxer relaxer : List.of(ours, reference)) {
          relaxer.load(Weights.glorotUniform(network, 3));
        }
        for (int[] range : new int[][] {{0, batch}, {batch, images}}) {
          for (Relaxer relaxer : List.of(ours, reference)) {
            trainOnce(relaxer, set, range[0], range[1]);
          }
          assertSameStates(ours, reference, Equilibrium.FREE);
          assertSameStates(ours, reference, Equilibrium.NUDGED);
          assertSameStates(ours, reference, Equilibrium.COUNTER_NUDGED);
          Measurement measured = ours.measure(Equilibrium.FREE);
          Measurement expected = reference.measure(Equilibrium.FREE);
          assertThat(measured.meanEnergy()).isCloseTo(expected.meanEnergy(), about(1e-3));
          assertThat(measured.meanCost()).isCloseTo(expected.meanCost(), about(1e-4));
          assertThat(Math.abs(measured.errors() - expected.errors())).isLessThanOrEqualTo(1);
          for (int k = 0; k < network.depth(); k++) {
            double activity = expected.activity().get(k);
            assertThat(measured.activity().get(k)).isCloseTo(activity, about(1e-3 * activity));
          }
        }
        assertSameUpdate(network, ours.weights().values(), reference.weights().values());
      }
    }
  }

  /** Compares layer by layer, relative to how far the layer moved. */
  private static void assertSameUpdate(Network network, float[] ours, float[] reference) {
    float[] start = Weights.glorotUniform(network, 3).values();
    int at = 0;
    for (int k = 1; k <= network.depth(); k++) {
      double difference = 0;
      double moved = 0;
      int end = at + (network.size(k - 1) + 1) * network.size(k);
      for (; at < end; at++) {
        difference += Math.pow((double) ours[at] - reference[at], 2);
        moved += Math.pow((double) reference[at] - start[at], 2);
      }
      assertThat(moved).isPositive();
      assertThat(Math.sqrt(difference / moved)).as("layer %s", k).isLessThan(5e-3);
    }
  }

  private static void trainOnce(Relaxer relaxer, Examples set, int from, int to) {
    relaxer.clamp(set, IntStream.range(0, set.size()).toArray(), from, to);
    relaxer.relaxFree();
    relaxer.relaxNudged(Equilibrium.NUDGED, 0.3);
    relaxer.relaxNudged(Equilibrium.COUNTER_NUDGED, -0.3);
    double[] coefficients = ParameterLayout.of(relaxer.network()).forEveryTensor(0.2 / (to - from));
    relaxer.learn(Equilibrium.NUDGED, Equilibrium.COUNTER_NUDGED, coefficients);
  }

  private static void assertSameStates(Relaxer ours, Relaxer reference, Equilibrium at) {
    for (int k = 1; k <= ours.network().depth(); k++) {
      assertClose(ours.state(at, k), reference.state(at, k), REAL_SIZES, at + " s_" + k);
    }
  }
}
