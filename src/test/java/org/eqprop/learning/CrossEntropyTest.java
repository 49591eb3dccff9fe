package org.eqprop.learning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.eqprop.backend.Backend;
import org.eqprop.data.Examples;
import org.eqprop.data.FloatExamples;
import org.eqprop.data.Shape;
import org.eqprop.dynamics.Equilibrium;
import org.eqprop.dynamics.Measurement;
import org.eqprop.dynamics.NudgedStart;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.dynamics.Schedule;
import org.eqprop.network.CrossEntropy;
import org.eqprop.network.Dense;
import org.eqprop.network.Layer;
import org.eqprop.network.Network;
import org.eqprop.network.ParameterLayout;
import org.eqprop.network.Parameters;
import org.eqprop.network.Range;
import org.eqprop.network.Weights;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** The cross-entropy, whose readout is outside the energy. */
class CrossEntropyTest {
  private static final CrossEntropy COST = new CrossEntropy(new Dense(5, 3));
  private static final Network NETWORK =
      new Network(
          6,
          List.of(new Layer(8), new Layer(5, Range.HARD_TANH, 0.8)),
          List.of(new Dense(6, 8), new Dense(8, 5)),
          COST);

  /** Three classes, each with its own two inputs. */
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
    return new FloatExamples(values, labels, new Shape(1, 1, 6));
  }

  private static Relaxation relaxation(Schedule schedule) {
    return new Relaxation(schedule, 0.3, 12, 6, 0, NudgedStart.FREE);
  }

  @Test
  void theReadoutsParametersComeLast() {
    assertThat(ParameterLayout.of(NETWORK).tensors())
        .extracting(ParameterLayout.Tensor::name, ParameterLayout.Tensor::shape)
        .endsWith(tuple("W_3", List.of(5, 3)), tuple("b_3", List.of(3)));
    assertThat(NETWORK).hasToString("6-8-5-3");
    assertThat(NETWORK.outputs()).isEqualTo(3);
    assertThat(NETWORK.depth()).isEqualTo(2);
  }

  @Test
  void theReadoutMustFitTheLastLayer() {
    assertThatThrownBy(() -> new Network(6, List.of(new Layer(4)), List.of(new Dense(6, 4)), COST))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("above a layer of 4");
  }

  @Test
  void theForceIsMinusTheGradientOfTheValue() {
    double[] z = {9, -0.4, 1.3, 0.2, 7}; // one example's outputs, at 1 to 3
    for (int label = 0; label < 3; label++) {
      double[] force = new double[5];
      COST.force(z, label, 1, 3, force);
      for (int j = 1; j <= 3; j++) {
        double[] more = z.clone();
        double[] less = z.clone();
        more[j] += 1e-5;
        less[j] -= 1e-5;
        double slope = (COST.value(more, label, 1, 3) - COST.value(less, label, 1, 3)) / 2e-5;
        assertThat(force[j]).isCloseTo(-slope, within(1e-9));
      }
      assertThat(force[0]).isZero();
      assertThat(force[4]).isZero();
    }
  }

  @Test
  void isFiniteForLargeOutputs() {
    double[] force = new double[2];
    COST.force(new double[] {2000, -2000}, 1, 0, 2, force);
    assertThat(force).containsExactly(-1, 1);
    assertThat(COST.value(new double[] {2000, -2000}, 1, 0, 2)).isEqualTo(4000);
  }

  @ParameterizedTest
  @EnumSource(Schedule.class)
  void estimatesTendToTheLossGradient(Schedule schedule) {
    Weights weights = Weights.glorotUniform(NETWORK, 3);
    try (Parameters parameters = Parameters.of(NETWORK, DataType.DOUBLE, weights)) {
      for (int k = 1; k <= 3; k++) {
        parameters.weight(k).muli(0.6);
        parameters
            .bias(k)
            .assign(Nd4j.linspace(0.1, 0.4, parameters.bias(k).length(), DataType.DOUBLE));
      }
      var rows =
          GradientCheck.of(parameters, examples(5, 1), relaxation(schedule))
              .run(List.of(1e-4, 1e-5));
      GradientCheck.Row centered = rows.get(3);
      assertThat(centered.relativeErrors()).hasSize(6).noneMatch(error -> error.isNaN());
      assertThat(centered.worst()).isLessThan(1e-7);
      assertThat(rows.get(0).worst() / rows.get(2).worst()).isBetween(8.0, 12.0);
    }
  }

  static Stream<Arguments> backends() {
    return Stream.of(Backend.BLAS, Backend.ND4J)
        .flatMap(
            backend ->
                Stream.of(Schedule.values()).map(schedule -> Arguments.of(backend, schedule)));
  }

  @ParameterizedTest
  @MethodSource("backends")
  void trainingLowersTheError(Backend backend, Schedule schedule) {
    ReplicaSpec spec =
        new ReplicaSpec(
            NETWORK,
            relaxation(schedule),
            new GradientEstimator(EstimatorKind.CENTERED, 0.3),
            new Hyperparameters(20, 10, List.of(0.4, 0.3, 0.2), 1, 0, 5),
            backend);
    Examples training = examples(200, 1);
    Examples test = examples(100, 2);
    try (Relaxer relaxer = spec.newRelaxer()) {
      relaxer.load(spec.initialWeights());
      Measurement before = new Evaluator(relaxer, 50).measure(test);
      LocalTrainer trainer = new LocalTrainer(spec, relaxer);
      for (int epoch = 0; epoch < 20; epoch++) {
        trainer.train(training, RoundAssignment.whole(epoch), measured -> {});
      }
      Measurement after = new Evaluator(relaxer, 50).measure(test);
      assertThat(after.errorRate()).isLessThan(0.05);
      assertThat(after.meanCost()).isLessThan(before.meanCost() / 2);
      relaxer.clamp(test, new int[] {0, 1, 2, 3}, 0, 4);
      relaxer.relaxFree();
      int[] classes = relaxer.predict(Equilibrium.FREE);
      try (INDArray outputs = relaxer.outputs(Equilibrium.FREE)) {
        assertThat(outputs.shape()).containsExactly(4, 3);
        for (int i = 0; i < 4; i++) {
          assertThat(outputs.getRow(i).argMax().getInt(0)).isEqualTo(classes[i]);
        }
      }
    }
  }

  /** Both backends move the same weights to the same values. */
  @ParameterizedTest
  @EnumSource(Schedule.class)
  void theBackendsAgree(Schedule schedule) {
    Weights weights = Weights.glorotUniform(NETWORK, 3);
    double[] coefficients = {0.3, 0.2, 0.4, 0.1, 0.5, 0.6};
    float[][] moved = new float[2][];
    for (int i = 0; i < 2; i++) {
      Backend backend = i == 0 ? Backend.BLAS : Backend.ND4J;
      try (Relaxer relaxer = backend.relaxer(NETWORK, relaxation(schedule), DataType.FLOAT)) {
        relaxer.load(weights);
        relaxer.clamp(examples(7, 3), new int[] {6, 0, 3, 2}, 0, 4);
        relaxer.relaxFree();
        relaxer.relaxNudged(Equilibrium.NUDGED, 0.5);
        relaxer.learn(Equilibrium.NUDGED, Equilibrium.FREE, coefficients);
        moved[i] = relaxer.weights().values();
      }
    }
    for (int i = 0; i < moved[0].length; i++) {
      assertThat(moved[0][i]).isCloseTo(moved[1][i], within(1e-5f));
    }
  }
}
