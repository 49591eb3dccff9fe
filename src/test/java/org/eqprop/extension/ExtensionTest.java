package org.eqprop.extension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.eqprop.backend.Backend;
import org.eqprop.base.InputException;
import org.eqprop.data.Examples;
import org.eqprop.data.FloatExamples;
import org.eqprop.data.InputCenter;
import org.eqprop.data.Shape;
import org.eqprop.dynamics.Measurement;
import org.eqprop.dynamics.NudgedStart;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.dynamics.Schedule;
import org.eqprop.learning.EstimatorKind;
import org.eqprop.learning.Evaluator;
import org.eqprop.learning.GradientCheck;
import org.eqprop.learning.GradientEstimator;
import org.eqprop.learning.Hyperparameters;
import org.eqprop.learning.LocalTrainer;
import org.eqprop.learning.ReplicaSpec;
import org.eqprop.learning.RoundAssignment;
import org.eqprop.learning.Sgd;
import org.eqprop.learning.Updater;
import org.eqprop.network.Cost;
import org.eqprop.network.Dense;
import org.eqprop.network.Layer;
import org.eqprop.network.Link;
import org.eqprop.network.Network;
import org.eqprop.network.Parameters;
import org.eqprop.network.Range;
import org.eqprop.network.SquaredError;
import org.eqprop.network.Weights;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Tests a cost, a link and an updater from outside of the program: one class each, and a kernel for
 * the link.
 */
class ExtensionTest {
  private static final int EPOCHS = 40;
  private static final Shape INPUT = new Shape(1, 1, 6);

  private static Network network(Cost cost) {
    List<Layer> layers =
        List.of(
            new Layer(8), new Layer(8, Range.HARD_TANH, 0.5), new Layer(3, new Range(-2, 2), 0.3));
    List<Link> links = List.of(new Dense(6, 8), new ShiftLink(8), new Dense(8, 3));
    return new Network(6, layers, links, cost);
  }

  /** Returns a network that also has the link directly above the input. */
  private static Network shifted() {
    List<Layer> layers = List.of(new Layer(6), new Layer(3));
    return new Network(6, layers, List.of(new ShiftLink(6), new Dense(6, 3)), new SquaredError());
  }

  /** Returns examples of three classes, each with its own two inputs. */
  private static Examples examples(int count, long seed) {
    Random random = new Random(seed);
    float[] values = new float[count * 6];
    int[] labels = new int[count];
    for (int i = 0; i < count; i++) {
      labels[i] = random.nextInt(3);
      for (int j = 0; j < 6; j++) {
        values[6 * i + j] = 0.3f * random.nextFloat() + (j / 2 == labels[i] ? 0.7f : 0);
      }
    }
    return new FloatExamples(values, labels, INPUT);
  }

  private static Relaxation relaxation(Schedule schedule) {
    return new Relaxation(schedule, 0.3, 8, 4, 0, NudgedStart.FREE);
  }

  @ParameterizedTest
  @EnumSource(Schedule.class)
  void gradientTheoremHoldsForTheCostAndTheLink(Schedule schedule) {
    for (Network network :
        List.of(network(new SquaredError()), network(new HuberCost()), shifted())) {
      Weights flat = Weights.glorotUniform(network, 3);
      try (Parameters parameters = Parameters.of(network, DataType.DOUBLE, flat)) {
        parameters.bias(1).assign(Nd4j.linspace(0.1, 0.5, network.size(1), DataType.DOUBLE));
        for (int k = 1; k <= network.depth(); k++) {
          parameters.weight(k).muli(0.6);
        }
        var rows =
            GradientCheck.of(parameters, examples(5, 1), relaxation(schedule))
                .run(List.of(1e-4, 1e-5));
        GradientCheck.Row centered = rows.get(3);
        assertThat(centered.worst()).isLessThan(1e-7);
        assertThat(centered.relativeErrors()).noneMatch(error -> error.isNaN());
        assertThat(rows.get(0).worst() / rows.get(2).worst()).isBetween(8.0, 12.0);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Schedule.class)
  void trainsANetworkFromEndToEnd(Schedule schedule) {
    assertLearns(schedule, new SquaredError(), 0.2, new Sgd());
    assertLearns(schedule, new HuberCost(), 0.2, new Sgd());
    assertLearns(schedule, new HuberCost(), 0.002, new SignUpdater());
  }

  private static void assertLearns(
      Schedule schedule, Cost cost, double learningRate, Updater updater) {
    ReplicaSpec spec =
        new ReplicaSpec(
            network(cost),
            relaxation(schedule),
            new GradientEstimator(EstimatorKind.CENTERED, 0.3),
            new Hyperparameters(EPOCHS, 10, Collections.nCopies(3, learningRate), 1, 0, 4),
            Backend.ND4J);
    Examples training = examples(100, 2);
    Examples test = examples(100, 3);
    try (Relaxer relaxer = spec.newRelaxer()) {
      relaxer.load(spec.initialWeights());
      double before = new Evaluator(relaxer, 50).measure(test).meanCost();
      LocalTrainer trainer = new LocalTrainer(spec, relaxer, updater);
      for (int epoch = 0; epoch < EPOCHS; epoch++) {
        trainer.train(training, RoundAssignment.whole(epoch), measured -> {});
      }
      Measurement after = new Evaluator(relaxer, 50).measure(test);
      assertThat(after.errorRate()).as("%s, %s", cost, updater).isLessThan(0.05);
      assertThat(after.meanCost()).isLessThan(0.5 * before);
    }
  }

  /**
   * Checks that the force is −∂(C − a‖s‖²)/∂s. The gradient theorem would hold for a wrong force,
   * too.
   */
  @Test
  void forceIsTheSlopeOfTheCost() {
    double[] outputs = {9, 0.3, -0.8, 1.4, 9};
    for (Cost cost : List.of(new SquaredError(), new HuberCost())) {
      double[] force = new double[5];
      cost.force(outputs, 1, 1, 3, force);
      for (int j = 1; j <= 3; j++) {
        double[] moved = outputs.clone();
        moved[j] += 1e-5;
        double above = cost.value(moved, 1, 1, 3);
        moved[j] -= 2e-5;
        double slope = (above - cost.value(moved, 1, 1, 3)) / 2e-5;
        assertThat(2 * cost.curvature() * outputs[j] - force[j]).isCloseTo(slope, within(1e-8));
      }
      assertThat(force[0]).isZero();
      assertThat(force[4]).isZero();
    }
  }

  @Test
  void refusesAnInputCenterBelowALinkThatIsNotDense() {
    InputCenter center = new InputCenter(new float[6]);
    assertThatThrownBy(
            () ->
                Backend.ND4J.relaxer(
                    shifted(), relaxation(Schedule.EVEN_ODD), DataType.FLOAT, center))
        .isInstanceOf(InputException.class)
        .hasMessage("training.input-center = mean: expected none: the first link is not dense");
  }

  @Test
  void refusesABackendWithoutAKernelForTheLink() {
    Network network = network(new SquaredError());
    for (Backend backend : List.of(Backend.BLAS, Backend.CUDA)) {
      assertThatThrownBy(() -> backend.checkSupports(network))
          .isInstanceOf(InputException.class)
          .hasMessageStartingWith(
              "backend = " + backend + ": expected another backend: " + backend);
    }
  }
}
