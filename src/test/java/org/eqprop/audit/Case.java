package org.eqprop.audit;

import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.eqprop.backend.Backend;
import org.eqprop.data.Examples;
import org.eqprop.data.FloatExamples;
import org.eqprop.data.Shape;
import org.eqprop.dynamics.NudgedStart;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.dynamics.Schedule;
import org.eqprop.learning.GradientEstimator;
import org.eqprop.learning.Hyperparameters;
import org.eqprop.learning.InputValues;
import org.eqprop.learning.ReplicaSpec;
import org.eqprop.network.Convolution;
import org.eqprop.network.CrossEntropy;
import org.eqprop.network.Dense;
import org.eqprop.network.Layer;
import org.eqprop.network.Network;
import org.eqprop.network.ParameterLayout;
import org.eqprop.network.Parameters;
import org.eqprop.network.Pooling;
import org.eqprop.network.Range;
import org.eqprop.network.SquaredError;
import org.eqprop.network.Weights;
import org.nd4j.linalg.api.buffer.DataType;

/**
 * A small network with examples, and with weights of such a size that some states are inside their
 * ranges and some at either end.
 */
record Case(String name, Network network, Schedule schedule) {
  static final int BATCH = 3;
  static final double EPSILON = 0.4;

  @Override
  public String toString() {
    return name + ", " + schedule;
  }

  /** Networks of depths 1, 2 and 3, with both costs, every pooling and every range. */
  static Stream<Case> all() {
    Shape input = new Shape(2, 6, 5);
    var max = new Convolution(input, 3, 3, 1, 1, Pooling.MAX, 2);
    var average = new Convolution(max.output(), 3, 2, 1, 1, Pooling.AVERAGE, 2);
    Convolution plain = Convolution.plain(input, 2, 3, 2, 1);
    var maxAbove = new Convolution(plain.output(), 3, 2, 1, 1, Pooling.MAX, 2);
    return Stream.of(
            new Case(
                "dense", Network.dense(6, List.of(new Layer(14), output(3))), Schedule.EVEN_ODD),
            new Case(
                "dense of three layers",
                Network.dense(
                    6, List.of(new Layer(14), new Layer(12, Range.HARD_TANH, 0.7), output(3))),
                Schedule.EVEN_ODD),
            new Case("dense of one layer", Network.dense(6, List.of(output(3))), Schedule.EVEN_ODD),
            new Case(
                "dense with a readout",
                new Network(
                    6,
                    List.of(new Layer(8), new Layer(5, Range.RECTIFIER, 0.8)),
                    List.of(new Dense(6, 8), new Dense(8, 5)),
                    new CrossEntropy(new Dense(5, 3))),
                Schedule.EVEN_ODD),
            new Case(
                "max and average",
                new Network(
                    input,
                    List.of(
                        new Layer(max.output(), Range.HARD_SIGMOID, 1),
                        new Layer(average.output(), Range.HARD_TANH, 1),
                        output(3)),
                    List.of(max, average, new Dense(average.outputs(), 3)),
                    new SquaredError()),
                Schedule.EVEN_ODD),
            new Case(
                "convolutions with a readout",
                new Network(
                    input,
                    List.of(
                        new Layer(plain.output(), Range.HARD_SIGMOID, 1),
                        new Layer(maxAbove.output(), Range.HARD_SIGMOID, 1)),
                    List.of(plain, maxAbove),
                    new CrossEntropy(new Dense(maxAbove.outputs(), 3))),
                Schedule.EVEN_ODD))
        .flatMap(
            each ->
                Stream.of(Schedule.values())
                    .map(schedule -> new Case(each.name, each.network, schedule)));
  }

  private static Layer output(int n) {
    return new Layer(n, Range.LINEAR, 0.5);
  }

  static Case named(String name, Schedule schedule) {
    return all()
        .filter(each -> each.name.equals(name) && each.schedule == schedule)
        .findFirst()
        .orElseThrow();
  }

  Weights weights() {
    ParameterLayout layout = ParameterLayout.of(network);
    Weights flat = Weights.glorotUniform(network, 8);
    Random random = new Random(2);
    for (int k = 1; k <= network.weightLayers(); k++) {
      for (int i = layout.weight(k).from(); i < layout.weight(k).to(); i++) {
        flat.values()[i] *= 1.1f;
      }
      for (int i = layout.bias(k).from(); i < layout.bias(k).to(); i++) {
        flat.values()[i] = 0.9f * (random.nextFloat() - 0.4f);
      }
    }
    return flat;
  }

  Parameters parameters() {
    return Parameters.of(network, DataType.DOUBLE, weights());
  }

  Examples examples(int count) {
    Random random = new Random(3);
    float[] values = new float[count * network.inputs()];
    int[] labels = new int[count];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextFloat();
    }
    for (int i = 0; i < count; i++) {
      labels[i] = i % 3;
    }
    return new FloatExamples(values, labels, network.input());
  }

  double[][] x() {
    return InputValues.of(network, examples(BATCH));
  }

  int[] labels() {
    return InputValues.labels(examples(BATCH));
  }

  Relaxation relaxation(int freeSteps, int nudgedSteps) {
    return new Relaxation(schedule, EPSILON, freeSteps, nudgedSteps, 0, NudgedStart.FREE);
  }

  ReplicaSpec spec(GradientEstimator estimator, int freeSteps, int nudgedSteps) {
    List<Double> rates = java.util.Collections.nCopies(network.weightLayers(), 0.1);
    return new ReplicaSpec(
        network,
        relaxation(freeSteps, nudgedSteps),
        estimator,
        new Hyperparameters(1, BATCH, rates, 1, 0, 4),
        Backend.ND4J);
  }

  Relaxer relaxer(Relaxation relaxation) {
    return Backend.ND4J.relaxer(network, relaxation, DataType.DOUBLE);
  }
}
