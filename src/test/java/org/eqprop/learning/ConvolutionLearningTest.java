package org.eqprop.learning;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.eqprop.backend.Backend;
import org.eqprop.backend.Precision;
import org.eqprop.data.Examples;
import org.eqprop.data.FloatExamples;
import org.eqprop.data.Shape;
import org.eqprop.dynamics.Measurement;
import org.eqprop.dynamics.NudgedStart;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.dynamics.Schedule;
import org.eqprop.network.Convolution;
import org.eqprop.network.Dense;
import org.eqprop.network.Layer;
import org.eqprop.network.Link;
import org.eqprop.network.Network;
import org.eqprop.network.ParameterLayout;
import org.eqprop.network.Parameters;
import org.eqprop.network.Pooling;
import org.eqprop.network.Range;
import org.eqprop.network.SquaredError;
import org.eqprop.network.Weights;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Tests that networks with convolutions learn: estimates are gradients, and training lowers the
 * error.
 */
class ConvolutionLearningTest {
  private static final int BATCH = 3;
  private static final int[] LABELS = {0, 1, 2};

  /** A network of convolutions with a given gain below a dense output layer of three units. */
  private static Network network(
      Range hidden, double gain, Layer output, Convolution... convolutions) {
    List<Layer> layers = new ArrayList<>();
    List<Link> links = new ArrayList<>();
    for (Convolution link : convolutions) {
      links.add(link);
      layers.add(new Layer(link.output(), hidden, gain));
    }
    links.add(new Dense(layers.get(layers.size() - 1).size(), 3));
    layers.add(output);
    return new Network(convolutions[0].input(), layers, links, new SquaredError());
  }

  private static Network network(Range hidden, Range output, Convolution... convolutions) {
    return network(hidden, 1, new Layer(3, output, 1), convolutions);
  }

  private static Convolution above(
      Convolution below, int channels, int kernel, int padding, Pooling pooling) {
    int pool = pooling == Pooling.NONE ? 1 : 2;
    return new Convolution(below.output(), channels, kernel, 1, padding, pooling, pool);
  }

  /** Each pooling in the first link and in an inner one, and each range. */
  static Stream<Arguments> networks() {
    Shape input = new Shape(2, 6, 5);
    var plain = Convolution.plain(input, 2, 3, 2, 1);
    var average = new Convolution(input, 2, 2, 1, 0, Pooling.AVERAGE, 2);
    var max = new Convolution(input, 3, 3, 1, 1, Pooling.MAX, 2);
    return Stream.of(
            network(Range.HARD_SIGMOID, Range.LINEAR, average),
            network(Range.HARD_SIGMOID, Range.LINEAR, max, above(max, 3, 2, 1, Pooling.NONE)),
            network(Range.HARD_TANH, Range.LINEAR, plain, above(plain, 3, 2, 1, Pooling.AVERAGE)),
            network(
                Range.HARD_SIGMOID, Range.HARD_SIGMOID, plain, above(plain, 3, 2, 1, Pooling.MAX)))
        .flatMap(
            network ->
                Stream.of(Schedule.values()).map(schedule -> Arguments.of(network, schedule)));
  }

  /**
   * Biases of both signs, and weights large enough that every layer has states inside and outside
   * its range.
   */
  private static Parameters parameters(Network network) {
    ParameterLayout layout = ParameterLayout.of(network);
    Weights flat = Weights.glorotUniform(network, 8);
    Random random = new Random(2);
    for (int k = 1; k <= network.depth(); k++) {
      for (int i = layout.bias(k).from(); i < layout.bias(k).to(); i++) {
        flat.values()[i] = 0.6f * (random.nextFloat() - 0.3f);
      }
    }
    return Parameters.of(network, DataType.DOUBLE, flat);
  }

  private static Relaxation relaxation(Schedule schedule) {
    return new Relaxation(schedule, 0.4, 8, 4, 0, NudgedStart.FREE);
  }

  @ParameterizedTest
  @MethodSource("networks")
  void estimatesTendToTheLossGradient(Network network, Schedule schedule) {
    double[] values = new Random(3).doubles((long) BATCH * network.inputs()).toArray();
    INDArray x = Nd4j.create(values, new long[] {BATCH, network.inputs()}, 'c');
    try (Parameters parameters = parameters(network)) {
      var check = new GradientCheck(parameters, x, LABELS, relaxation(schedule));
      GradientCheck.Row centered = check.run(List.of(1e-5)).get(1);
      assertThat(centered.relativeErrors()).noneMatch(error -> error.isNaN());
      assertThat(centered.worst()).isLessThan(1e-7);
    }
  }

  /** A bar through the middle of the image: vertical, horizontal or diagonal. */
  private static Examples bars(int count, long seed) {
    Shape shape = Shape.image(7, 8);
    Random random = new Random(seed);
    float[] values = new float[count * shape.size()];
    int[] labels = new int[count];
    for (int i = 0; i < count; i++) {
      labels[i] = random.nextInt(3);
      int y = 1 + random.nextInt(3);
      int x = 1 + random.nextInt(3);
      for (int j = 0; j < 3; j++) {
        int row = y + (labels[i] == 1 ? 1 : j);
        int column = x + (labels[i] == 0 ? 1 : j);
        values[i * shape.size() + row * shape.width() + column] = 1;
      }
    }
    return new FloatExamples(values, labels, shape);
  }

  @ParameterizedTest
  @EnumSource(Pooling.class)
  void trainingLowersTheError(Pooling pooling) {
    int pool = pooling == Pooling.NONE ? 1 : 2;
    Network network =
        network(
            Range.HARD_SIGMOID,
            5,
            new Layer(3, new Range(-1, 2), 0.6),
            new Convolution(Shape.image(7, 8), 6, 3, 1, 0, pooling, pool));
    for (Precision precision : Precision.of(network)) {
      if (precision.type() == DataType.FLOAT) {
        assertLearns(network, Backend.named(precision.backend().name()));
      }
    }
  }

  private static void assertLearns(Network network, Backend backend) {
    int epochs = 20;
    ReplicaSpec spec =
        new ReplicaSpec(
            network,
            relaxation(Schedule.EVEN_ODD),
            new GradientEstimator(EstimatorKind.CENTERED, 0.3),
            new Hyperparameters(epochs, 10, List.of(0.4, 0.1), 1, 0, 4),
            backend);
    Examples training = bars(150, 1);
    Examples test = bars(100, 2);
    try (Relaxer relaxer = spec.newRelaxer()) {
      relaxer.load(spec.initialWeights());
      Measurement before = new Evaluator(relaxer, 30).measure(test);
      LocalTrainer trainer = new LocalTrainer(spec, relaxer);
      for (int epoch = 0; epoch < epochs; epoch++) {
        trainer.train(training, RoundAssignment.whole(epoch), measured -> {});
      }
      Measurement after = new Evaluator(relaxer, 30).measure(test);
      assertThat(before.errorRate()).as("%s, %s", backend, network.links()).isGreaterThan(0.5);
      assertThat(after.errorRate()).as("%s, %s", backend, network.links()).isLessThan(0.2);
      assertThat(after.meanCost()).isLessThan(0.5 * before.meanCost());
    }
  }
}
