package org.eqprop.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.eqprop.Close.about;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.eqprop.Idx;
import org.eqprop.StandInCuda;
import org.eqprop.backend.Backend;
import org.eqprop.backend.RelaxerContract;
import org.eqprop.data.ByteExamples;
import org.eqprop.data.Examples;
import org.eqprop.data.InputCenter;
import org.eqprop.data.Shape;
import org.eqprop.dynamics.Equilibrium;
import org.eqprop.dynamics.Measurement;
import org.eqprop.dynamics.NudgedStart;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.dynamics.Schedule;
import org.eqprop.dynamics.TrainingStep;
import org.eqprop.network.Floats;
import org.eqprop.network.Network;
import org.eqprop.network.Weights;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Runs on the CPU that stands in for a GPU, or on a GPU: see {@link StandInCuda}. */
@ExtendWith(StandInCuda.class)
class CudaRelaxerIT extends RelaxerContract {
  private static final CudaPlace PLACE = new CudaPlace(0, 1);

  @Override
  protected List<DataType> types() {
    return List.of(DataType.FLOAT);
  }

  @Override
  protected Relaxer create(Network network, Relaxation relaxation, DataType type) {
    return new CudaRelaxer(network, relaxation, PLACE, InputCenter.NONE);
  }

  @Override
  protected boolean supports(Network network) {
    return new CudaBackend().unsupported(network) == null;
  }

  @Override
  protected void setState(Relaxer relaxer, Equilibrium at, int k, INDArray values) {
    ((CudaRelaxer) relaxer).setState(at, k, Floats.of(values));
  }

  private static Relaxation relaxation(Schedule schedule, NudgedStart start, double tolerance) {
    return new Relaxation(schedule, 0.5, 6, 5, tolerance, start);
  }

  /**
   * Networks whose examples fit into a block and one that does not (20-250-250-5), each schedule,
   * each contrast, each start, with and without a tolerance that no phase reaches.
   */
  static Stream<Arguments> ways() {
    List<Arguments> all = new ArrayList<>();
    for (Network network :
        List.of(
            Network.of(6, 3),
            Network.of(30, 40, 5),
            Network.of(37, 70, 10),
            Network.of(18, 70, 20),
            Network.of(9, 7, 6, 5, 3),
            Network.of(20, 250, 250, 5))) {
      for (Schedule schedule : Schedule.values()) {
        for (boolean centered : new boolean[] {false, true}) {
          NudgedStart start = centered ? NudgedStart.FREE : NudgedStart.ZEROS;
          all.add(Arguments.of(network, relaxation(schedule, start, 0), centered));
        }
        all.add(Arguments.of(network, relaxation(schedule, NudgedStart.FREE, 1e-30), true));
      }
    }
    return all.stream();
  }

  private static Examples images(Network network, int count) {
    Random random = new Random(9);
    byte[] pixels = new byte[count * network.inputs()];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = random.nextInt(3) == 0 ? (byte) random.nextInt(256) : 0;
    }
    byte[] labels = new byte[count];
    for (int i = 0; i < count; i++) {
      labels[i] = (byte) random.nextInt(network.outputs());
    }
    return new ByteExamples(pixels, labels, Shape.image(1, network.inputs()));
  }

  /**
   * Returns batches of 7 of a shuffled order, the last one smaller; β has both signs if not
   * centered.
   */
  private static List<TrainingStep> steps(Network network, int examples, boolean centered) {
    List<TrainingStep> steps = new ArrayList<>();
    for (int from = 0; from < examples; from += 7) {
      int to = Math.min(examples, from + 7);
      int size = to - from;
      double beta = centered || steps.size() % 2 == 0 ? 0.3 : -0.3;
      double[] coefficients =
          IntStream.range(0, 2 * network.depth())
              .mapToDouble(i -> 0.2 / (1 + i / 2) / (1 + i % 2)) // W_k: 0.2/k, b_k: 0.1/k
              .map(rate -> rate / ((centered ? 2 * beta : beta) * size))
              .toArray();
      steps.add(new TrainingStep(from, to, beta, centered, coefficients));
    }
    return steps;
  }

  private static int[] order(int examples) {
    List<Integer> order = new ArrayList<>(IntStream.range(0, examples).boxed().toList());
    java.util.Collections.shuffle(order, new Random(2));
    return order.stream().mapToInt(i -> i).toArray();
  }

  private record Trained(Weights weights, List<Measurement> measured) {}

  private static Trained train(Relaxer relaxer, Examples images, boolean centered) {
    Network network = relaxer.network();
    List<Measurement> measured = new ArrayList<>();
    relaxer.load(Weights.glorotUniform(network, 3));
    List<TrainingStep> steps = steps(network, images.size(), centered);
    relaxer.train(images, order(images.size()), steps, measured::add);
    return new Trained(relaxer.weights(), measured);
  }

  @ParameterizedTest
  @MethodSource("ways")
  void trainingEqualsThatOfTheReferenceBackend(
      Network network, Relaxation relaxation, boolean centered) {
    Examples images = images(network, 25);
    InputCenter mean = new InputCenter(images.statistics().mean());
    for (InputCenter center : List.of(InputCenter.NONE, mean)) {
      try (Relaxer ours = new CudaRelaxer(network, relaxation, PLACE, center);
          Relaxer reference = Backend.ND4J.relaxer(network, relaxation, DataType.DOUBLE, center)) {
        Trained actual = train(ours, images, centered);
        Trained expected = train(reference, images, centered);
        assertSame(network, actual.weights(), expected.weights());
        assertThat(actual.measured()).hasSize(4);
        for (int i = 0; i < 4; i++) {
          Measurement a = actual.measured().get(i);
          Measurement e = expected.measured().get(i);
          assertThat(a.examples()).isEqualTo(e.examples());
          assertThat(a.errors()).isEqualTo(e.errors());
          assertThat(a.energy()).isCloseTo(e.energy(), about(1e-4 * Math.abs(e.energy()) + 1e-5));
          assertThat(a.cost()).isCloseTo(e.cost(), about(1e-4 * e.cost() + 1e-4));
          for (int k = 0; k < network.depth(); k++) {
            double activity = e.activity().get(k);
            assertThat(a.activity().get(k)).isCloseTo(activity, about(1e-4 * activity + 1e-4));
          }
        }
      }
    }
  }

  /** Compares layer by layer, relative to how far the layer moved. */
  private static void assertSame(Network network, Weights trained, Weights expected) {
    float[] start = Weights.glorotUniform(network, 3).values();
    float[] ours = trained.values();
    float[] reference = expected.values();
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
      assertThat(Math.sqrt(difference / moved)).as("layer %s", k).isLessThan(2e-4);
    }
  }

  /** Pixels stay on the card between batches; other values are copied with each chunk. */
  @Test
  void floatsThatEqualBytesTrainTheSameWeightsUnderAnInputCenter() {
    Network network = Network.of(30, 40, 5);
    Relaxation relaxation = relaxation(Schedule.EVEN_ODD, NudgedStart.FREE, 0);
    Examples bytes = images(network, 25);
    InputCenter center = new InputCenter(bytes.statistics().mean());
    try (Relaxer ofBytes = new CudaRelaxer(network, relaxation, PLACE, center);
        Relaxer ofFloats = new CudaRelaxer(network, relaxation, PLACE, center)) {
      assertThat(train(ofFloats, Idx.floats(bytes), true)).isEqualTo(train(ofBytes, bytes, true));
    }
  }

  /**
   * The bits are the same for any number of multiprocessors, and whether or not the host intervenes
   * in between.
   */
  @ParameterizedTest
  @MethodSource("ways")
  void bitsDependOnlyOnTheConfiguration(Network network, Relaxation relaxation, boolean centered) {
    Examples images = images(network, 25);
    List<Weights> all = new ArrayList<>();
    for (int sharing : new int[] {1, 3, 1000}) {
      CudaPlace place = new CudaPlace(0, sharing);
      try (Relaxer relaxer = new CudaRelaxer(network, relaxation, place, InputCenter.NONE)) {
        all.add(train(relaxer, images, centered).weights());
      }
    }
    try (Relaxer relaxer = new CudaRelaxer(network, relaxation, PLACE, InputCenter.NONE)) {
      relaxer.load(Weights.glorotUniform(network, 3));
      for (TrainingStep step : steps(network, images.size(), centered)) {
        relaxer.train(images, order(images.size()), List.of(step), measured -> {});
      }
      all.add(relaxer.weights());
    }
    assertThat(all).allMatch(all.get(0)::equals);
  }
}
