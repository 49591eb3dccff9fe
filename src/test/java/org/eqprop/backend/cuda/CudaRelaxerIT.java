package org.eqprop.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.eqprop.Close.about;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.eqprop.StandInCuda;
import org.eqprop.backend.RelaxerContract;
import org.eqprop.backend.nd4j.Nd4jRelaxer;
import org.eqprop.data.ImageSet;
import org.eqprop.data.InputCenter;
import org.eqprop.dynamics.Equilibrium;
import org.eqprop.dynamics.Measurement;
import org.eqprop.dynamics.NudgedStart;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.dynamics.Schedule;
import org.eqprop.dynamics.TrainingStep;
import org.eqprop.network.Floats;
import org.eqprop.network.Network;
import org.eqprop.network.Parameters;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** On the CPU that stands in for a GPU, or on a GPU: see {@link StandInCuda}. */
@ExtendWith(StandInCuda.class)
class CudaRelaxerIT extends RelaxerContract {
  private static final CudaPlace PLACE = new CudaPlace(0, 1);

  @Override
  protected List<DataType> types() {
    return List.of(DataType.FLOAT);
  }

  @Override
  protected Relaxer create(Network topology, Relaxation relaxation, DataType type) {
    return new CudaRelaxer(topology, relaxation, PLACE, InputCenter.NONE);
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
    for (Network topology :
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
          all.add(Arguments.of(topology, relaxation(schedule, start, 0), centered));
        }
        all.add(Arguments.of(topology, relaxation(schedule, NudgedStart.FREE, 1e-30), true));
      }
    }
    return all.stream();
  }

  private static ImageSet images(Network topology, int count) {
    Random random = new Random(9);
    byte[] pixels = new byte[count * topology.inputs()];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = random.nextInt(3) == 0 ? (byte) random.nextInt(256) : 0;
    }
    byte[] labels = new byte[count];
    for (int i = 0; i < count; i++) {
      labels[i] = (byte) random.nextInt(topology.outputs());
    }
    return new ImageSet(pixels, labels, 1, topology.inputs());
  }

  /** Batches of 7 of a shuffled order, the last smaller; β of both signs if not centered. */
  private static List<TrainingStep> steps(Network topology, int examples, boolean centered) {
    List<TrainingStep> steps = new ArrayList<>();
    for (int from = 0; from < examples; from += 7) {
      int to = Math.min(examples, from + 7);
      int size = to - from;
      double beta = centered || steps.size() % 2 == 0 ? 0.3 : -0.3;
      double[] coefficients =
          IntStream.rangeClosed(1, topology.depth())
              .mapToDouble(k -> 0.2 / k / ((centered ? 2 * beta : beta) * size))
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

  private record Trained(List<Float> parameters, List<Measurement> measured) {}

  private static List<Float> list(float[] values) {
    List<Float> list = new ArrayList<>(values.length);
    for (float value : values) {
      list.add(value);
    }
    return list;
  }

  private static Trained train(Relaxer relaxer, ImageSet images, boolean centered) {
    Network topology = relaxer.topology();
    List<Measurement> measured = new ArrayList<>();
    relaxer.load(Parameters.glorotUniform(topology, 3));
    List<TrainingStep> steps = steps(topology, images.size(), centered);
    relaxer.train(images, order(images.size()), steps, measured::add);
    return new Trained(list(relaxer.parameters()), measured);
  }

  @ParameterizedTest
  @MethodSource("ways")
  void trainingIsThatOfTheReferenceBackend(
      Network topology, Relaxation relaxation, boolean centered) {
    ImageSet images = images(topology, 25);
    InputCenter mean = new InputCenter(images.statistics().mean());
    for (InputCenter center : List.of(InputCenter.NONE, mean)) {
      try (Relaxer ours = new CudaRelaxer(topology, relaxation, PLACE, center);
          Relaxer reference = new Nd4jRelaxer(topology, relaxation, DataType.DOUBLE, center)) {
        Trained actual = train(ours, images, centered);
        Trained expected = train(reference, images, centered);
        assertSame(topology, actual.parameters(), expected.parameters());
        assertThat(actual.measured()).hasSize(4);
        for (int i = 0; i < 4; i++) {
          Measurement a = actual.measured().get(i);
          Measurement e = expected.measured().get(i);
          assertThat(a.examples()).isEqualTo(e.examples());
          assertThat(a.errors()).isEqualTo(e.errors());
          assertThat(a.energy()).isCloseTo(e.energy(), about(1e-4 * Math.abs(e.energy()) + 1e-5));
          assertThat(a.cost()).isCloseTo(e.cost(), about(1e-4 * e.cost() + 1e-4));
          for (int k = 0; k < topology.depth(); k++) {
            double activity = e.activity().get(k);
            assertThat(a.activity().get(k)).isCloseTo(activity, about(1e-4 * activity + 1e-4));
          }
        }
      }
    }
  }

  /** Layer by layer, relative to what the layer moved by. */
  private static void assertSame(Network topology, List<Float> ours, List<Float> reference) {
    float[] start = Parameters.glorotUniform(topology, 3);
    int at = 0;
    for (int k = 1; k <= topology.depth(); k++) {
      double difference = 0;
      double moved = 0;
      int end = at + (topology.size(k - 1) + 1) * topology.size(k);
      for (; at < end; at++) {
        difference += Math.pow((double) ours.get(at) - reference.get(at), 2);
        moved += Math.pow((double) reference.get(at) - start[at], 2);
      }
      assertThat(moved).isPositive();
      assertThat(Math.sqrt(difference / moved)).as("layer %s", k).isLessThan(2e-4);
    }
  }

  /** However many multiprocessors compute, and whether the host asks in between or not. */
  @ParameterizedTest
  @MethodSource("ways")
  void bitsDependOnTheConfigurationAlone(
      Network topology, Relaxation relaxation, boolean centered) {
    ImageSet images = images(topology, 25);
    List<List<Float>> all = new ArrayList<>();
    for (int sharing : new int[] {1, 3, 1000}) {
      CudaPlace place = new CudaPlace(0, sharing);
      try (Relaxer relaxer = new CudaRelaxer(topology, relaxation, place, InputCenter.NONE)) {
        all.add(train(relaxer, images, centered).parameters());
      }
    }
    try (Relaxer relaxer = new CudaRelaxer(topology, relaxation, PLACE, InputCenter.NONE)) {
      relaxer.load(Parameters.glorotUniform(topology, 3));
      for (TrainingStep step : steps(topology, images.size(), centered)) {
        relaxer.train(images, order(images.size()), List.of(step), measured -> {});
      }
      all.add(list(relaxer.parameters()));
    }
    assertThat(all).allMatch(all.get(0)::equals);
  }
}
