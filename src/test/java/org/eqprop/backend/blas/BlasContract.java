package org.eqprop.backend.blas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.eqprop.Close.about;
import static org.eqprop.Close.assertClose;

import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bytedeco.javacpp.FloatPointer;
import org.eqprop.backend.RelaxerContract;
import org.eqprop.backend.nd4j.Nd4jRelaxer;
import org.eqprop.data.ImageSet;
import org.eqprop.data.InputCenter;
import org.eqprop.dynamics.Equilibrium;
import org.eqprop.dynamics.Measurement;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.network.Floats;
import org.eqprop.network.Network;
import org.eqprop.network.Parameters;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** The contract, and that the blas backend computes what nd4j does. */
abstract class BlasContract extends RelaxerContract {
  abstract boolean small();

  @Override
  protected List<DataType> types() {
    return List.of(DataType.FLOAT);
  }

  @Override
  protected Relaxer create(Network topology, Relaxation relaxation, DataType type) {
    return new BlasRelaxer(topology, relaxation, small(), InputCenter.NONE);
  }

  @Override
  protected void setState(Relaxer relaxer, Equilibrium at, int k, INDArray values) {
    BlasMatrix state = ((BlasRelaxer) relaxer).batch().states(at)[k - 1];
    System.arraycopy(Floats.of(values), 0, state.heap, 0, state.heap.length);
    state.push();
  }

  @Test
  void closingFreesTheMemoryOutsideTheHeap() throws IllegalAccessException {
    Network topology = Network.of(40, 30, 20, 10);
    Set<FloatPointer> pointers = Collections.newSetFromMap(new IdentityHashMap<>());
    try (Relaxer relaxer = create(topology, evenOdd(), DataType.FLOAT)) {
      relaxer.load(Parameters.glorotUniform(topology, 1));
      for (int size : new int[] {3, 7}) {
        relaxer.clamp(Nd4j.zeros(DataType.FLOAT, size, 40), new int[size]);
        relaxer.relaxFree();
        var unused = relaxer.contrast(Equilibrium.FREE, Equilibrium.NUDGED, new double[3]);
      }
      collect(relaxer, pointers);
      // W_k and the contrast's; of each size x, and for each layer base, input, three equilibria
      assertThat(pointers).hasSize(3 + 3 + 2 * (1 + 3 * 5)).noneMatch(pointer -> pointer.isNull());
    }
    assertThat(pointers).allMatch(pointer -> pointer.isNull());
  }

  /** Collects the memory that a relaxer owns: products only look at it. */
  private static void collect(Object owner, Set<FloatPointer> into) throws IllegalAccessException {
    if (owner instanceof FloatPointer pointer) {
      into.add(pointer);
    } else if (owner instanceof Object[] array) {
      for (Object element : array) {
        collect(element, into);
      }
    } else if (owner instanceof Map<?, ?> map) {
      for (Object value : map.values()) {
        collect(value, into);
      }
    } else if (owner instanceof BlasRelaxer
        || owner instanceof BlasBatch
        || owner instanceof BlasWeights
        || owner instanceof BlasMatrix) {
      for (Field field : owner.getClass().getDeclaredFields()) {
        boolean looksOnly =
            field.getName().equals("clamped")
                || (owner instanceof BlasBatch && field.getType() == BlasWeights.class);
        if (!looksOnly) {
          field.setAccessible(true);
          collect(field.get(owner), into);
        }
      }
    }
  }

  /** Networks of real sizes: whatever a backend does to large matrices, it computes the same. */
  static Stream<Arguments> realNetworks() {
    List<Arguments> all = new ArrayList<>();
    for (Network topology :
        List.of(
            Network.of(784, 10),
            Network.of(784, 100, 10),
            Network.of(784, 500, 10),
            Network.of(784, 300, 130, 10),
            Network.of(100, 70, 300, 90, 7))) {
      for (int batch : new int[] {1, 13, 20, 100, 500}) {
        all.add(Arguments.of(topology, batch));
      }
    }
    return all.stream();
  }

  /** Float32 sums of hundreds of terms in another order, and two dozen steps on. */
  private static final double REAL_SIZES = 2e-4;

  /** States, measures and updates of two batches, the second smaller, are those of nd4j. */
  @ParameterizedTest
  @MethodSource("realNetworks")
  void trainingIsThatOfTheReferenceBackend(Network topology, int batch) {
    Random random = new Random(5);
    int images = batch + (batch + 1) / 2;
    byte[] pixels = new byte[images * topology.inputs()];
    for (int i = 0; i < pixels.length; i++) {
      boolean dark = i % topology.inputs() / 10 % 3 == 0; // throughout the batch, as MNIST's rim
      pixels[i] = !dark && random.nextInt(4) == 0 ? (byte) random.nextInt(256) : 0;
    }
    byte[] labels = new byte[images];
    for (int i = 0; i < images; i++) {
      labels[i] = (byte) random.nextInt(topology.outputs());
    }
    ImageSet set = new ImageSet(pixels, labels, 1, topology.inputs());
    for (Relaxation relaxation : List.of(synchronous(0.5), evenOdd())) {
      try (Relaxer ours = create(topology, relaxation, DataType.FLOAT);
          Relaxer reference =
              new Nd4jRelaxer(topology, relaxation, DataType.FLOAT, InputCenter.NONE)) {
        for (Relaxer relaxer : List.of(ours, reference)) {
          relaxer.load(Parameters.glorotUniform(topology, 3));
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
          for (int k = 0; k < topology.depth(); k++) {
            double activity = expected.activity().get(k);
            assertThat(measured.activity().get(k)).isCloseTo(activity, about(1e-3 * activity));
          }
        }
        assertSameUpdate(topology, ours.parameters(), reference.parameters());
      }
    }
  }

  /** Layer by layer, relative to what the layer moved by. */
  private static void assertSameUpdate(Network topology, float[] ours, float[] reference) {
    float[] start = Parameters.glorotUniform(topology, 3);
    int at = 0;
    for (int k = 1; k <= topology.depth(); k++) {
      double difference = 0;
      double moved = 0;
      int end = at + (topology.size(k - 1) + 1) * topology.size(k);
      for (; at < end; at++) {
        difference += Math.pow((double) ours[at] - reference[at], 2);
        moved += Math.pow((double) reference[at] - start[at], 2);
      }
      assertThat(moved).isPositive();
      assertThat(Math.sqrt(difference / moved)).as("layer %s", k).isLessThan(5e-3);
    }
  }

  private static void trainOnce(Relaxer relaxer, ImageSet set, int from, int to) {
    relaxer.clamp(set, IntStream.range(0, set.size()).toArray(), from, to);
    relaxer.relaxFree();
    relaxer.relaxNudged(Equilibrium.NUDGED, 0.3);
    relaxer.relaxNudged(Equilibrium.COUNTER_NUDGED, -0.3);
    double[] coefficients = new double[relaxer.topology().depth()];
    Arrays.fill(coefficients, 0.2 / (to - from));
    relaxer.learn(Equilibrium.NUDGED, Equilibrium.COUNTER_NUDGED, coefficients);
  }

  private static void assertSameStates(Relaxer ours, Relaxer reference, Equilibrium at) {
    for (int k = 1; k <= ours.topology().depth(); k++) {
      assertClose(ours.state(at, k), reference.state(at, k), REAL_SIZES, at + " s_" + k);
    }
  }
}
