package org.eqprop.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.eqprop.Close.about;
import static org.eqprop.Close.assertClose;
import static org.eqprop.Close.tolerance;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.eqprop.Close;
import org.eqprop.Golden;
import org.eqprop.Idx;
import org.eqprop.base.RandomStream;
import org.eqprop.data.ByteExamples;
import org.eqprop.data.Examples;
import org.eqprop.data.Shape;
import org.eqprop.dynamics.Convergence;
import org.eqprop.dynamics.Equilibrium;
import org.eqprop.dynamics.Measurement;
import org.eqprop.dynamics.NudgedStart;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.dynamics.Schedule;
import org.eqprop.dynamics.TrainingStep;
import org.eqprop.network.Energy;
import org.eqprop.network.Network;
import org.eqprop.network.ParameterLayout;
import org.eqprop.network.Parameters;
import org.eqprop.network.Weights;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** The contract of every relaxer; one subclass per backend. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS) // so that the backend chooses the golden networks
public abstract class RelaxerContract {
  /**
   * Returns the element types that the backend supports; float64 is checked to 1e-10, float32 to
   * the documented tolerance.
   */
  protected abstract List<DataType> types();

  protected abstract Relaxer create(Network network, Relaxation relaxation, DataType type);

  /** Returns whether the backend has kernels for a network. */
  protected boolean supports(Network network) {
    return true;
  }

  /** Sets s_k [B × n_k] of an equilibrium. */
  protected abstract void setState(Relaxer relaxer, Equilibrium at, int k, INDArray values);

  /** Returns the finest of the types; invariants are checked with it. */
  private DataType finest() {
    return types().get(0);
  }

  List<Golden> golden() {
    return Golden.all().stream().filter(golden -> supports(golden.network())).toList();
  }

  List<Golden.Phases> phases() {
    return Golden.allPhases().stream()
        .filter(phases -> supports(phases.golden().network()))
        .toList();
  }

  protected static Relaxation synchronous(double epsilon) {
    return new Relaxation(Schedule.SYNCHRONOUS, epsilon, 20, 4, 0, NudgedStart.FREE);
  }

  protected static Relaxation evenOdd() {
    return new Relaxation(Schedule.EVEN_ODD, 0.5, 5, 4, 0, NudgedStart.FREE);
  }

  private Relaxer clamped(Golden golden, Relaxation relaxation, DataType type) {
    Relaxer relaxer = create(golden.network(), relaxation, type);
    try (Parameters parameters = golden.parameters(type)) {
      relaxer.load(parameters);
    }
    relaxer.clamp(golden.x(type), golden.labels());
    return relaxer;
  }

  private static void assertStates(
      Relaxer relaxer, Equilibrium at, List<INDArray> expected, double tolerance) {
    for (int k = 1; k <= expected.size(); k++) {
      assertClose(relaxer.state(at, k), expected.get(k - 1), tolerance, at + " s_" + k);
    }
  }

  @ParameterizedTest
  @MethodSource("phases")
  void freePhaseFollowsTheGoldenVectors(Golden.Phases phases) {
    Golden golden = phases.golden();
    for (DataType type : types()) {
      try (Relaxer relaxer = clamped(golden, phases.relaxation(NudgedStart.FREE), type)) {
        phases
            .json()
            .get("free")
            .fields()
            .forEachRemaining(
                entry -> {
                  relaxer.relax(Equilibrium.FREE, null, 0, Integer.parseInt(entry.getKey()));
                  var expected = golden.states(entry.getValue().get("states"), type);
                  assertStates(relaxer, Equilibrium.FREE, expected, tolerance(type));
                  Measurement measured = relaxer.measure(Equilibrium.FREE);
                  double sums = golden.labels().length * tolerance(type) * 10;
                  assertThat(measured.energy())
                      .isCloseTo(sum(Golden.vector(entry.getValue().get("energy"))), about(sums));
                  assertThat(measured.cost())
                      .isCloseTo(sum(Golden.vector(entry.getValue().get("cost"))), about(sums));
                });
      }
    }
  }

  @ParameterizedTest
  @MethodSource("golden")
  void measureAndPredictFollowTheGoldenVectors(Golden golden) {
    for (DataType type : types()) {
      try (Relaxer relaxer = clamped(golden, synchronous(golden.number("epsilon")), type)) {
        relaxer.relaxFree();
        var expected = golden.json().get("measure");
        Measurement measured = relaxer.measure(Equilibrium.FREE);
        assertThat(measured.meanEnergy())
            .isCloseTo(expected.get("energy").asDouble(), about(10 * tolerance(type)));
        assertThat(measured.meanCost())
            .isCloseTo(expected.get("cost").asDouble(), about(10 * tolerance(type)));
        // The notebook's error rate is a float32 mean.
        assertThat(measured.errorRate())
            .isCloseTo(expected.get("errorRate").asDouble(), about(1e-7));
        assertThat(relaxer.predict(Equilibrium.FREE))
            .isEqualTo(Golden.integers(golden.json().get("predict")));
      }
    }
  }

  /** Phases take the steps of the settings, from the start of the settings. */
  @ParameterizedTest
  @MethodSource("phases")
  void nudgedPhasesFollowTheGoldenVectors(Golden.Phases phases) {
    for (DataType type : types()) {
      for (NudgedStart start : NudgedStart.values()) {
        try (Relaxer relaxer = clamped(phases.golden(), phases.relaxation(start), type)) {
          relaxer.relaxFree();
          for (String sign : List.of("+", "-")) {
            double beta = sign.equals("+") ? phases.beta() : -phases.beta();
            String name = start == NudgedStart.FREE ? "nudgedFromFree" : "nudgedFromZeros";
            var expected = phases.golden().states(phases.json().get(name).get(sign), type);
            for (var into : List.of(Equilibrium.NUDGED, Equilibrium.COUNTER_NUDGED)) {
              relaxer.relaxNudged(into, beta);
              assertStates(relaxer, into, expected, tolerance(type));
            }
          }
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("phases")
  void contrastsFollowTheGoldenGradients(Golden.Phases phases) {
    double beta = phases.beta();
    int steps = phases.nudgedSteps();
    for (DataType type : types()) {
      try (Relaxer relaxer = clamped(phases.golden(), phases.relaxation(NudgedStart.FREE), type)) {
        relaxer.relaxFree();
        for (String start : List.of("nudgedFromZeros", "nudgedFromFree")) {
          Equilibrium from = start.equals("nudgedFromFree") ? Equilibrium.FREE : null;
          for (int sign : new int[] {1, -1}) {
            relaxer.relax(Equilibrium.NUDGED, from, sign * beta, steps);
            String name = start + (sign > 0 ? "+" : "-");
            assertGradient(relaxer, phases, Equilibrium.FREE, sign * beta, name, type);
          }
        }
        relaxer.relax(Equilibrium.NUDGED, Equilibrium.FREE, beta, steps);
        relaxer.relax(Equilibrium.COUNTER_NUDGED, Equilibrium.FREE, -beta, steps);
        assertGradient(relaxer, phases, Equilibrium.COUNTER_NUDGED, 2 * beta, "centered", type);
      }
    }
  }

  private static void assertGradient(
      Relaxer relaxer,
      Golden.Phases phases,
      Equilibrium minus,
      double scale,
      String name,
      DataType type) {
    Golden golden = phases.golden();
    double[] coefficients =
        ParameterLayout.of(golden.network()).forEveryTensor(-1 / (scale * golden.labels().length));
    var gradients = phases.json().get("gradients");
    try (Parameters gradient = Parameters.zeros(golden.network(), type);
        Parameters expected = golden.parameters(gradients.get(name), type)) {
      relaxer.addContrast(Equilibrium.NUDGED, minus, coefficients, gradient);
      assertClose(gradient, expected, tolerance(type), name);
      for (int again = 0; again < 2; again++) {
        Weights flat = relaxer.contrast(Equilibrium.NUDGED, minus, coefficients);
        assertClose(flat, expected.toWeights(), Close.FLOAT32, name + ", flat");
      }
    }
  }

  @ParameterizedTest
  @MethodSource("golden")
  void learningAddsTheContrastToTheOwnParameters(Golden golden) {
    for (DataType type : types()) {
      try (Relaxer relaxer = clamped(golden, evenOdd(), type);
          Parameters expected = golden.parameters(type)) {
        relaxer.relaxFree();
        relaxer.relaxNudged(Equilibrium.NUDGED, 0.2);
        double[] coefficients =
            IntStream.rangeClosed(1, 2 * golden.network().depth())
                .mapToDouble(i -> 0.1 * i)
                .toArray();
        relaxer.addContrast(Equilibrium.NUDGED, Equilibrium.FREE, coefficients, expected);
        relaxer.learn(Equilibrium.NUDGED, Equilibrium.FREE, coefficients);
        assertClose(relaxer.weights(), expected.toWeights(), Close.FLOAT32, "parameters");
        assertThat(relaxer.weights()).isNotEqualTo(golden.parameters(type).toWeights());
      }
    }
  }

  /**
   * Returns random networks of depth 1 to 4, also with batches of 1, whose matrices are vectors.
   */
  static Stream<Arguments> randomNetworks() {
    List<Arguments> all = new ArrayList<>();
    for (Network network :
        List.of(
            Network.of(6, 3),
            Network.of(9, 7, 4),
            Network.of(8, 6, 5, 3),
            Network.of(7, 9, 5, 6, 4))) {
      for (int batch : new int[] {1, 2, 5}) {
        all.add(Arguments.of(network, batch));
      }
    }
    return all.stream();
  }

  private Relaxer random(Network network, int batch, Relaxation relaxation, DataType type) {
    Relaxer relaxer = create(network, relaxation, type);
    Weights flat = Weights.glorotUniform(network, 7);
    Random random = new Random(11);
    for (int i = 0; i < flat.values().length; i++) {
      flat.values()[i] += (float) (0.1 * random.nextDouble());
    }
    relaxer.load(flat);
    double[][] x = new double[batch][network.inputs()];
    int[] labels = new int[batch];
    for (int i = 0; i < batch; i++) {
      Arrays.setAll(x[i], j -> random.nextDouble());
      labels[i] = random.nextInt(network.outputs());
    }
    relaxer.clamp(Nd4j.createFromArray(x).castTo(type), labels);
    randomStates(relaxer, batch, random, type);
    return relaxer;
  }

  private void randomStates(Relaxer relaxer, int batch, Random random, DataType type) {
    for (int k = 1; k <= relaxer.network().depth(); k++) {
      double[][] s = new double[batch][relaxer.network().size(k)];
      for (double[] row : s) {
        Arrays.setAll(row, j -> random.nextDouble());
      }
      setState(relaxer, Equilibrium.FREE, k, Nd4j.createFromArray(s).castTo(type));
    }
  }

  @ParameterizedTest
  @MethodSource("randomNetworks")
  void energyNeverRisesInAnEvenOddSweep(Network network, int batch) {
    double rounding = finest() == DataType.DOUBLE ? 1e-12 : 1e-5 * batch;
    for (double beta : new double[] {0, 0.2, -0.2, -0.45, 3}) {
      try (Relaxer relaxer = random(network, batch, evenOdd(), finest())) {
        relaxer.relax(Equilibrium.NUDGED, Equilibrium.FREE, beta, 0);
        double before = totalEnergy(relaxer, beta);
        double start = before;
        for (int sweep = 0; sweep < 12; sweep++) {
          relaxer.relax(Equilibrium.NUDGED, Equilibrium.NUDGED, beta, 1);
          double after = totalEnergy(relaxer, beta);
          assertThat(after)
              .as("β %s, sweep %s", beta, sweep)
              .isLessThanOrEqualTo(before + rounding);
          before = after;
        }
        assertThat(before).isLessThan(start);
      }
    }
  }

  private static double totalEnergy(Relaxer relaxer, double beta) {
    Measurement measured = relaxer.measure(Equilibrium.NUDGED);
    return measured.energy() + beta * measured.cost();
  }

  @ParameterizedTest
  @MethodSource("randomNetworks")
  void bothSchedulesHaveTheSameFixedPoints(Network network, int batch) {
    for (double beta : new double[] {0, 0.3, -0.3}) {
      Relaxation sweeps = evenOdd().converging(20_000, finest() == DataType.DOUBLE ? 1e-15 : 1e-7);
      try (Relaxer sweeping = random(network, batch, sweeps, finest());
          Relaxer stepping = random(network, batch, synchronous(0.5), finest())) {
        sweeping.relax(Equilibrium.FREE, null, beta, 20_000);
        for (int k = 1; k <= network.depth(); k++) {
          setState(stepping, Equilibrium.FREE, k, sweeping.state(Equilibrium.FREE, k));
        }
        stepping.relax(Equilibrium.FREE, Equilibrium.FREE, beta, 50);
        for (int k = 1; k <= network.depth(); k++) {
          assertClose(
              stepping.state(Equilibrium.FREE, k),
              sweeping.state(Equilibrium.FREE, k),
              finest() == DataType.DOUBLE ? 1e-9 : tolerance(finest()),
              "β " + beta + " s_" + k);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("randomNetworks")
  void measureFollowsThePlainDefinition(Network network, int batch) {
    for (DataType type : types()) {
      try (Relaxer relaxer = random(network, batch, evenOdd(), type);
          Parameters parameters = Parameters.of(network, type, relaxer.weights())) {
        setState(relaxer, Equilibrium.NUDGED, 1, relaxer.state(Equilibrium.FREE, 1));
        Measurement measured = relaxer.measure(Equilibrium.FREE);
        List<INDArray> states = new ArrayList<>();
        Random random = new Random(11);
        int skip = network.parameterCount();
        for (int i = 0; i < skip; i++) {
          random.nextDouble();
        }
        double[][] x = new double[batch][network.inputs()];
        int[] labels = new int[batch];
        for (int i = 0; i < batch; i++) {
          Arrays.setAll(x[i], j -> random.nextDouble());
          labels[i] = random.nextInt(network.outputs());
        }
        states.add(Nd4j.createFromArray(x).castTo(type));
        for (int k = 1; k <= network.depth(); k++) {
          states.add(relaxer.state(Equilibrium.FREE, k));
          double squares = states.get(k).mul(states.get(k)).sumNumber().doubleValue();
          assertThat(measured.activity().get(k - 1))
              .isCloseTo(squares, about(100 * tolerance(type)));
        }
        INDArray y = Nd4j.zeros(type, batch, network.outputs());
        for (int i = 0; i < batch; i++) {
          y.putScalar(i, labels[i], 1);
        }
        assertThat(measured.energy())
            .isCloseTo(sum(Energy.of(parameters, states)), about(100 * tolerance(type)));
        assertThat(measured.cost())
            .isCloseTo(
                sum(Energy.cost(states.get(network.depth()), y)), about(100 * tolerance(type)));
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Schedule.class)
  void aPhaseEndsEarlyOnceNoUnitMovesMoreThanTheTolerance(Schedule schedule) {
    Network network = Network.of(9, 7, 4);
    Relaxation settings = new Relaxation(schedule, 0.5, 1000, 4, 1e-6, NudgedStart.FREE);
    try (Relaxer relaxer = random(network, 3, settings, finest())) {
      Convergence convergence = relaxer.relaxFree();
      assertThat(convergence.steps()).isBetween(2, 999);
      assertThat(convergence.residual()).isLessThanOrEqualTo(1e-6);
      INDArray before = relaxer.state(Equilibrium.FREE, 1);
      relaxer.relax(Equilibrium.FREE, Equilibrium.FREE, 0, 1);
      assertClose(relaxer.state(Equilibrium.FREE, 1), before, 1e-6, "one more step");
      int fewer = convergence.steps() - 1;
      assertThat(relaxer.relax(Equilibrium.FREE, null, 0, fewer).residual())
          .as("no step earlier")
          .isGreaterThan(1e-6);
    }
  }

  /** A phase without a tolerance takes all its steps, even if nothing moves any more. */
  @ParameterizedTest
  @EnumSource(Schedule.class)
  void aPhaseWithoutAToleranceTakesAllItsSteps(Schedule schedule) {
    Relaxation settings = new Relaxation(schedule, 1, 7, 3, 0, NudgedStart.FREE);
    try (Relaxer relaxer = random(Network.of(9, 7, 4), 3, settings, finest())) {
      relaxer.load(Weights.zeros(Network.of(9, 7, 4)));
      relaxer.clamp(Nd4j.zeros(finest(), 3, 9), new int[3]);
      assertThat(relaxer.relaxFree()).isEqualTo(new Convergence(7, Double.NaN));
      assertThat(relaxer.relaxNudged(Equilibrium.NUDGED, 0.1))
          .isEqualTo(new Convergence(3, Double.NaN));
    }
  }

  @Test
  void nudgingDoesNotChangeTheFreeEquilibrium() {
    for (Relaxation relaxation : List.of(synchronous(0.5), evenOdd())) {
      for (DataType type : types()) {
        try (Relaxer relaxer = random(Network.of(8, 6, 5, 3), 4, relaxation, type)) {
          relaxer.relaxFree();
          INDArray before = relaxer.state(Equilibrium.FREE, 2);
          relaxer.relaxNudged(Equilibrium.NUDGED, 0.4);
          assertThat(relaxer.state(Equilibrium.FREE, 2)).isEqualTo(before);
          assertThat(relaxer.state(Equilibrium.NUDGED, 2)).isNotEqualTo(before);
        }
      }
    }
  }

  @Test
  void imagesAreClampedAsPixelsFromZeroToOneInTheGivenOrder() {
    Network network = Network.of(4, 3, 2);
    byte[] pixels = {0, 51, 102, (byte) 255, (byte) 204, 1, 2, 3, 9, 9, 9, 9};
    Examples images = new ByteExamples(pixels, new byte[] {0, 1, 0}, Shape.image(2, 2));
    int[] order = {2, 1, 0};
    for (DataType type : types()) {
      try (Relaxer fromBytes = create(network, evenOdd(), type);
          Relaxer fromValues = create(network, evenOdd(), type)) {
        fromBytes.load(Weights.glorotUniform(network, 3));
        fromValues.load(Weights.glorotUniform(network, 3));
        fromBytes.clamp(images, order, 1, 3);
        double[][] x = {{204 / 255., 1 / 255., 2 / 255., 3 / 255.}, {0, 51 / 255., 102 / 255., 1}};
        fromValues.clamp(Nd4j.createFromArray(x).castTo(type), new int[] {1, 0});
        fromBytes.relaxFree();
        fromValues.relaxFree();
        assertClose(
            fromBytes.state(Equilibrium.FREE, 2),
            fromValues.state(Equilibrium.FREE, 2),
            1e-7,
            "outputs");
        assertThat(fromBytes.measure(Equilibrium.FREE).cost())
            .isCloseTo(fromValues.measure(Equilibrium.FREE).cost(), about(1e-6));
      }
    }
  }

  /** Returns the exact values, since ND4J's arrays are equal if they are about the same. */
  private static List<Double> bits(INDArray values) {
    return Arrays.stream(values.ravel().toDoubleVector()).boxed().toList();
  }

  /** Returns a relaxer's states, measurements and trained weights, to compare bit for bit. */
  private List<Object> trace(Relaxer relaxer, Examples images, int[] order) {
    Network network = relaxer.network();
    relaxer.load(Weights.glorotUniform(network, 3));
    List<Object> trace = new ArrayList<>();
    relaxer.clamp(images, order, 2, 7);
    relaxer.relaxFree();
    relaxer.relaxNudged(Equilibrium.NUDGED, 0.4);
    for (int k = 1; k <= network.depth(); k++) {
      trace.add(bits(relaxer.state(Equilibrium.FREE, k)));
      trace.add(bits(relaxer.state(Equilibrium.NUDGED, k)));
    }
    trace.add(relaxer.measure(Equilibrium.NUDGED));
    double[] coefficients = {0.3, 0.3, 0.2, 0.2};
    relaxer.train(
        images,
        order,
        List.of(
            new TrainingStep(0, 4, 0.4, true, coefficients),
            new TrainingStep(4, 7, 0.4, false, coefficients)),
        trace::add);
    Weights trained = relaxer.weights();
    assertThat(trained).isNotEqualTo(Weights.glorotUniform(network, 3));
    trace.add(Arrays.toString(trained.values()));
    return trace;
  }

  @Test
  void floatsThatEqualBytesGiveTheSameStatesAndWeightsBitForBit() {
    Network network = Network.of(16, 9, 4);
    Examples bytes = Idx.quadrants(20, 1);
    int[] order = {3, 19, 0, 7, 7, 12, 5};
    for (DataType type : types()) {
      try (Relaxer ofBytes = create(network, evenOdd(), type);
          Relaxer ofFloats = create(network, evenOdd(), type)) {
        assertThat(trace(ofFloats, Idx.floats(bytes), order))
            .isEqualTo(trace(ofBytes, bytes, order));
      }
    }
  }

  @Test
  void returnsTheParametersThatWereLoaded() {
    Network network = Network.of(5, 4, 3);
    Weights flat = Weights.glorotUniform(network, 5);
    SplittableRandom random = RandomStream.WEIGHTS.of(1);
    for (int i = 0; i < flat.values().length; i++) {
      flat.values()[i] += (float) random.nextDouble();
    }
    for (DataType type : types()) {
      try (Relaxer relaxer = create(network, evenOdd(), type)) {
        relaxer.load(flat);
        assertThat(relaxer.weights()).isEqualTo(flat);
      }
    }
  }

  @Test
  void refusesMisuse() {
    Network network = Network.of(5, 4, 3);
    for (DataType type : types()) {
      try (Relaxer relaxer = create(network, evenOdd(), type)) {
        assertThatThrownBy(relaxer::relaxFree).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> relaxer.clamp(Nd4j.zeros(type, 2, 6), new int[2]))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageContaining("5-4-3");
        Examples wide = new ByteExamples(new byte[6], new byte[1], Shape.image(2, 3));
        assertThatThrownBy(() -> relaxer.clamp(wide, new int[1], 0, 1))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageContaining("5-4-3");
        relaxer.clamp(Nd4j.zeros(type, 2, 5), new int[2]);
        assertThatThrownBy(() -> relaxer.relax(Equilibrium.NUDGED, null, -0.5, 1))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageContaining("need β > -0.5");
      }
    }
  }

  private static double sum(double[] values) {
    return Arrays.stream(values).sum();
  }
}
