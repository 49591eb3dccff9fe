package org.eqprop.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.eqprop.backend.Backend;
import org.eqprop.data.FloatExamples;
import org.eqprop.data.Shape;
import org.eqprop.dynamics.Measurement;
import org.eqprop.dynamics.NudgedStart;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.dynamics.Schedule;
import org.eqprop.network.Convolution;
import org.eqprop.network.CrossEntropy;
import org.eqprop.network.Dense;
import org.eqprop.network.Layer;
import org.eqprop.network.Network;
import org.eqprop.network.ParameterLayout;
import org.eqprop.network.Range;
import org.eqprop.network.SquaredError;
import org.eqprop.network.Weights;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;

class HealthTest {
  private static final Relaxation FIVE =
      new Relaxation(Schedule.EVEN_ODD, 0.5, 5, 4, 0, NudgedStart.FREE);

  private static final Network TOPOLOGY = Network.of(9, 7, 4);
  private static final Weights SOUND = weights(0.5f, -1e30f, 0f);

  private static Weights weights(float... three) {
    return new Weights(Network.of(2, 1), three);
  }

  private static Measurement measured(double energy, long errors, double hidden, double output) {
    return new Measurement(100, energy, 10, errors, List.of(hidden, output));
  }

  @Test
  void acceptsAHealthyRound() {
    assertThatCode(() -> Health.checkFinite(1, measured(3, 20, 1, 1), SOUND))
        .doesNotThrowAnyException();
    assertThatCode(() -> Health.checkAlive(1, TOPOLOGY, measured(3, 20, 1, 1)))
        .doesNotThrowAnyException();
    assertThat(Health.hiddenLayerSilent(TOPOLOGY, measured(3, 20, 1, 0))).isFalse();
    assertThat(Health.hiddenLayerSilent(TOPOLOGY, measured(3, 20, 0, 1))).isTrue();
    assertThat(Health.hiddenLayerSilent(TOPOLOGY, Measurement.none(2))).isTrue();
    assertThat(Health.warnings(2, TOPOLOGY, measured(3, 20, 1, 1))).isEmpty();
  }

  @Test
  void stopsTheRunIfNumbersAreNotFiniteAndNamesTheEpoch() {
    for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
      assertThatThrownBy(() -> Health.checkFinite(3, measured(3, 20, 1, 1), weights(1, bad, 1)))
          .isInstanceOf(TrainingFailedException.class)
          .hasMessageStartingWith("epoch 3: diverged");
    }
    assertThatThrownBy(() -> Health.checkFinite(3, measured(Double.NaN, 20, 1, 1), SOUND))
        .hasMessageStartingWith("epoch 3: diverged");
  }

  @Test
  void stopsTheRunIfAHiddenLayerIsDead() {
    assertThatThrownBy(() -> Health.checkAlive(4, TOPOLOGY, measured(3, 90, 0, 1)))
        .isInstanceOf(TrainingFailedException.class)
        .hasMessageStartingWith("epoch 4: collapsed: all 7 units of hidden layer 1 are dead");
  }

  @Test
  void countsTheChannelsOfADeadLayer() {
    Convolution link = Convolution.plain(Shape.image(4, 4), 5, 2, 1, 0);
    Network network =
        new Network(
            link.input(),
            List.of(new Layer(link.output(), Range.HARD_SIGMOID, 1), new Layer(4)),
            List.of(link, new Dense(45, 4)),
            new SquaredError());
    assertThatThrownBy(() -> Health.checkAlive(4, network, measured(3, 90, 0, 1)))
        .hasMessageStartingWith("epoch 4: collapsed: all 5 channels of hidden layer 1 are dead");
  }

  @Test
  void countsTheLastLayerBelowAReadoutAsHidden() {
    Network network =
        new Network(
            9,
            List.of(new Layer(8), new Layer(7)),
            List.of(new Dense(9, 8), new Dense(8, 7)),
            new CrossEntropy(new Dense(7, 4)));
    Measurement silent = measured(3, 50, 1, 0);
    assertThat(Health.hiddenLayerSilent(network, silent)).isTrue();
    assertThatThrownBy(() -> Health.checkAlive(4, network, silent))
        .hasMessageStartingWith("epoch 4: collapsed: all 7 units of hidden layer 2 are dead");
    assertThat(Health.warnings(4, network, silent)).isEmpty();
    assertThat(Health.hiddenLayerSilent(network, measured(3, 50, 1, 1))).isFalse();
  }

  @Test
  void refusesWeightsThatLostWhatEarlierOnesHadLearned() {
    assertThatCode(() -> Health.checkKept(5, 0.2, 0.26)).doesNotThrowAnyException();
    assertThatCode(() -> Health.checkKept(5, Double.NaN, 0.9)).doesNotThrowAnyException();
    assertThatThrownBy(() -> Health.checkKept(5, 0.2, 0.28))
        .isInstanceOf(TrainingFailedException.class)
        .hasMessageStartingWith("epoch 5: overshot: error 28.0 %, 20.0 % before;");
  }

  @Test
  void warnsOfDeadOutputsAndOfAnErrorAtChanceLevel() {
    assertThatCode(() -> Health.checkAlive(4, TOPOLOGY, measured(3, 75, 1, 0)))
        .doesNotThrowAnyException();
    assertThat(Health.warnings(4, TOPOLOGY, measured(3, 75, 1, 0)))
        .singleElement()
        .asString()
        .contains("output units");
    assertThat(Health.warnings(4, TOPOLOGY, measured(3, 75, 1, 1)))
        .containsExactly(
            "epoch 4: training error 75.0 % is no better than chance; lower"
                + " training.learning-rates");
    assertThat(Health.warnings(1, TOPOLOGY, measured(3, 75, 1, 1))).isEmpty();
  }

  private static ClassTally tally(List<Integer> right, List<Integer> predicted) {
    return new ClassTally(List.of(40, 30, 25, 5), right, predicted);
  }

  private static List<String> verdict(double error, List<Integer> counts, ClassTally tally) {
    return Health.verdict("test", error, counts, () -> tally);
  }

  @Test
  void warnsOfANetworkThatIsNoBetterThanTheMostFrequentClass() {
    List<Integer> counts = List.of(40, 30, 25, 5);
    ClassTally alive = tally(List.of(10, 10, 10, 5), List.of(25, 25, 25, 25));
    assertThat(verdict(0.60, counts, alive))
        .containsExactly(
            "test error 60.00 % is no better than answering label 0 for every example (60.00 %):"
                + " the network has learned nothing; lower training.learning-rates or train"
                + " longer");
    assertThat(verdict(0.55, counts, alive)).isEmpty();
    // Random guessing among four classes errs in 75 %, but that is not what counts here.
    assertThat(verdict(0.70, List.of(90, 10, 0, 0), tally(List.of(1, 1, 1, 1), counts)))
        .singleElement()
        .asString()
        .contains("(10.00 %)");
    assertThat(verdict(0.0, List.of(100, 0, 0, 0), alive)).as("only one class").isEmpty();
  }

  @Test
  void warnsInOneLineOfClassesThatAreNeverRecognized() {
    List<Integer> counts = List.of(40, 30, 25, 5);
    assertThat(verdict(0.3, counts, tally(List.of(40, 30, 0, 0), List.of(60, 40, 0, 0))))
        .containsExactly(
            "no test example of label 2, 3 is recognized (recall 0 %), and no example is predicted"
                + " as one of them; lower training.learning-rates or raise estimator.beta");
    assertThat(verdict(0.3, counts, tally(List.of(40, 30, 0, 1), List.of(60, 30, 1, 9))))
        .singleElement()
        .asString()
        .startsWith("no test example of label 2 is recognized (recall 0 %); lower");
    // That none of four examples is recognized may be bad luck.
    List<Integer> few = List.of(40, 30, 26, 4);
    List<Integer> right = List.of(40, 30, 0, 0);
    assertThat(verdict(0.3, few, new ClassTally(few, right, List.of(60, 30, 1, 9))))
        .singleElement()
        .asString()
        .startsWith("no test example of label 2 is recognized");
    // With four errors, some example of each class of five or more is recognized.
    assertThat(
            Health.verdict(
                "test",
                0.04,
                counts,
                () -> {
                  throw new AssertionError("the tally is not needed");
                }))
        .isEmpty();
  }

  /** Ten examples with this mean energy and this mean of their largest moves after each step. */
  private static Settling settling(double[] energies, double... moves) {
    return new Settling(
        10,
        1e-3,
        IntStream.range(0, moves.length)
            .mapToObj(i -> new Settling.Step(0, 10 * energies[i], 10 * moves[i], 0))
            .toList());
  }

  @Test
  void acceptsPhasesThatSettle() {
    double[] falls = {5, 3, 2, 1.5, 1.49};
    assertThat(Health.phaseWarnings(1, FIVE, settling(falls, 1, 0.5, 0.2, 0.1, 0.05))).isEmpty();
    assertThat(Health.phaseWarnings(1, FIVE, Settling.none(1e-3, 5))).isEmpty();
    double[] rounding = {-500, -700, -700, -699.9999, -700};
    assertThat(Health.phaseWarnings(1, FIVE, settling(rounding, 1, 0, 0, 0, 0))).isEmpty();
  }

  @Test
  void warnsOfPhasesThatDoNotSettle() {
    double[] falls = {5, 3, 2, 1.5, 1.49};
    Settling moving = settling(falls, 1, 0.8, 0.5, 0.4, 0.35);
    assertThat(Health.phaseWarnings(4, FIVE, moving))
        .singleElement()
        .asString()
        .startsWith("epoch 4: free phases do not settle: in the last of 5 steps")
        .contains("still moves by 0.35, compared to 1.00 in the first (means of 10 examples)")
        .contains("relaxation.free-steps");
    Relaxation longer = new Relaxation(Schedule.EVEN_ODD, 0.5, 6, 4, 0, NudgedStart.FREE);
    assertThat(Health.phaseWarnings(4, longer, moving)).as("not measured to its end").isEmpty();
  }

  @Test
  void warnsOfEnergyThatRises() {
    Settling rising = settling(new double[] {5, 3, 3.2, 1.5, 1.4}, 1, 0.5, 0.2, 0.1, 0.01);
    assertThat(Health.phaseWarnings(2, FIVE, rising))
        .containsExactly(
            "epoch 2: the energy rises in the free phase (mean 3.000 after step 2, 3.200 after step"
                + " 3): lower training.learning-rates");
    Relaxation synchronous = new Relaxation(Schedule.SYNCHRONOUS, 1, 5, 4, 0, NudgedStart.FREE);
    assertThat(Health.phaseWarnings(2, synchronous, rising))
        .singleElement()
        .asString()
        .contains("lower relaxation.epsilon");
  }

  /** Two layers that inhibit each other oscillate if each step goes all the way (ε = 1). */
  @Test
  void warnsOfPhasesThatOscillate() {
    Network network = Network.of(4, 6, 3);
    float[] values = new float[ParameterLayout.of(network).size()];
    Arrays.fill(values, -1);
    ParameterLayout layout = ParameterLayout.of(network);
    Arrays.fill(values, layout.bias(1).from(), layout.bias(1).to(), 1);
    Arrays.fill(values, layout.bias(2).from(), layout.bias(2).to(), 1);
    Relaxation whole = new Relaxation(Schedule.SYNCHRONOUS, 1, 30, 4, 0, NudgedStart.FREE);
    FloatExamples dark = new FloatExamples(new float[8], new int[] {0, 2}, network.input());
    try (Relaxer relaxer = Backend.ND4J.relaxer(network, whole, DataType.FLOAT)) {
      relaxer.load(new Weights(network, values));
      assertThat(Health.phaseWarnings(1, whole, Settling.of(relaxer, dark, 2, 2, 30)))
          .singleElement()
          .asString()
          .contains("the energy rises");
    }
  }
}
