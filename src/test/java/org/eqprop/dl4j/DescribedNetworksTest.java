package org.eqprop.dl4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.deeplearning4j.datasets.iterator.utilty.ListDataSetIterator;
import org.deeplearning4j.gradientcheck.GradientCheckUtil;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.weights.WeightInit;
import org.eqprop.Close;
import org.eqprop.backend.Backend;
import org.eqprop.base.InputException;
import org.eqprop.base.InvalidValueException;
import org.eqprop.data.Examples;
import org.eqprop.data.InputCenter;
import org.eqprop.data.Normalisation;
import org.eqprop.dynamics.Equilibrium;
import org.eqprop.dynamics.NudgedStart;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.dynamics.Schedule;
import org.eqprop.learning.EstimatorKind;
import org.eqprop.learning.GradientEstimator;
import org.eqprop.learning.Hyperparameters;
import org.eqprop.learning.LocalTrainer;
import org.eqprop.learning.ReplicaSpec;
import org.eqprop.learning.RoundAssignment;
import org.eqprop.network.Network;
import org.eqprop.network.NetworkKinds;
import org.eqprop.network.ParameterLayout;
import org.eqprop.network.Weights;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.Sgd;

/** Tests DL4J's layer with every kind of network that a configuration describes. */
class DescribedNetworksTest {
  private static final GradientEstimator EXACT =
      new GradientEstimator(EstimatorKind.CENTERED, 1e-4);

  static Stream<String> kinds() {
    return NetworkKinds.all().keySet().stream();
  }

  private static EquilibriumLayer.Builder layer(Network network) {
    return new EquilibriumLayer.Builder().network(network);
  }

  private static EquilibriumLayer.Builder converging(Network network) {
    return layer(network)
        .relaxation(new Relaxation(Schedule.EVEN_ODD, 0.5, 2000, 2000, 1e-14, NudgedStart.FREE))
        .estimator(EXACT);
  }

  private static MultiLayerConfiguration configuration(EquilibriumLayer layer, DataType type) {
    return new NeuralNetConfiguration.Builder()
        .seed(7)
        .dataType(type)
        .updater(new Sgd(0.1))
        .list()
        .layer(layer)
        .build();
  }

  private static MultiLayerNetwork initialized(MultiLayerConfiguration configuration) {
    MultiLayerNetwork network = new MultiLayerNetwork(configuration);
    network.init();
    return network;
  }

  private static DataSet dataSet(Examples examples) {
    int[] order = IntStream.range(0, examples.size()).toArray();
    return ImageDataSets.of(examples, order, 0, order.length, 3);
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void configurationSurvivesJsonSerializationAndCloning(String kind)
      throws IOException, ClassNotFoundException {
    Network network = NetworkKinds.of(kind);
    MultiLayerConfiguration written = configuration(layer(network).build(), DataType.FLOAT);
    MultiLayerConfiguration read = MultiLayerConfiguration.fromJson(written.toJson());
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
      out.writeObject(written);
    }
    Object copy;
    try (ObjectInputStream in =
        new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
      copy = in.readObject();
    }
    for (Object each : List.of(read, copy, written.clone())) {
      assertThat(each).isEqualTo(written).hasSameHashCodeAs(written);
      EquilibriumLayer layer =
          (EquilibriumLayer) ((MultiLayerConfiguration) each).getConf(0).getLayer();
      assertThat(layer.network()).isEqualTo(network);
    }
    assertThat(read.toJson()).isEqualTo(written.toJson());
    List<Double> deviations = Collections.nCopies(network.input().channels(), 3.0);
    Network other = network.normalised(new Normalisation(List.of(), deviations));
    assertThat(layer(other).build()).isNotEqualTo(layer(network).build());
  }

  @Test
  void jsonOmitsTheNetworkIfSizesSuffice() {
    String sizes =
        configuration(
                new EquilibriumLayer.Builder().nIn(40).hidden(5).nOut(3).build(), DataType.FLOAT)
            .toJson();
    assertThat(sizes).doesNotContain("\"network\"", "described");
    assertThat(configuration(layer(Network.of(40, 5, 3)).build(), DataType.FLOAT).toJson())
        .isEqualTo(sizes);
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void parametersFollowTheLayout(String kind) {
    Network network = NetworkKinds.of(kind);
    MultiLayerNetwork dl4j = initialized(configuration(layer(network).build(), DataType.FLOAT));
    Weights initial = Weights.glorotUniform(network, 7);
    assertThat(dl4j.params().dup('c').data().asFloat()).isEqualTo(initial.values());
    assertThat(dl4j.paramTable()).hasSize(2 * network.weightLayers());
    ParameterLayout layout = ParameterLayout.of(network);
    for (int k = 1; k <= network.weightLayers(); k++) {
      INDArray weight = dl4j.getParam("0_W" + k);
      assertThat(weight.shape())
          .isEqualTo(layout.weight(k).shape().stream().mapToLong(Integer::longValue).toArray());
      assertThat(weight.dup('c').data().asFloat()).isEqualTo(initial.weight(k));
      assertThat(dl4j.getParam("0_b" + k).shape()).containsExactly(1, layout.bias(k).size());
    }
  }

  /**
   * Also covers batches that DL4J passes as images, and relaxers that normalise the examples
   * themselves.
   */
  @ParameterizedTest
  @MethodSource("kinds")
  void gradientIsTheContrast(String kind) {
    Network network = NetworkKinds.of(kind);
    EquilibriumLayer layer = layer(network).backend(Backend.BLAS).build();
    MultiLayerNetwork dl4j = initialized(configuration(layer, DataType.FLOAT));
    Examples examples = NetworkKinds.examples(network.input(), 6, 1);
    DataSet batch = dataSet(examples);
    double scale = 2 * layer.estimator().beta();
    double[] coefficients = new double[2 * network.weightLayers()];
    Arrays.fill(coefficients, -1);
    Arrays.fill(coefficients, 0, 2 * network.depth(), -1 / scale);
    try (Relaxer relaxer = Backend.BLAS.relaxer(network, layer.relaxation(), DataType.FLOAT)) {
      relaxer.load(Weights.glorotUniform(network, 7));
      relaxer.clamp(examples, new int[] {0, 1, 2, 3, 4, 5}, 0, 6);
      relaxer.relaxFree();
      double cost = relaxer.measure(Equilibrium.FREE).meanCost();
      INDArray outputs = relaxer.outputs(Equilibrium.FREE);
      layer.estimator().nudge(relaxer, new SplittableRandom(0));
      Weights expected =
          relaxer.contrast(Equilibrium.NUDGED, Equilibrium.COUNTER_NUDGED, coefficients);
      for (INDArray x : shapes(network, batch.getFeatures())) {
        INDArray gradient =
            dl4j.calculateGradients(x, batch.getLabels(), null, null).getFirst().gradient();
        assertThat(gradient.dup('c').data().asFloat()).isEqualTo(expected.values());
        Close.assertClose(dl4j.output(x), outputs, 0, "outputs");
        DataSet set = new DataSet(x, batch.getLabels());
        assertThat(dl4j.score(set)).isEqualTo(cost);
        INDArray scores = dl4j.scoreExamples(set, false);
        assertThat(scores.shape()).containsExactly(6, 1);
        assertThat(scores.meanNumber().doubleValue()).isCloseTo(cost, Close.about(Close.FLOAT32));
      }
      for (ParameterLayout.Tensor tensor : expected.layout().tensors()) {
        double largest = 0;
        for (float value : expected.tensor(tensor)) {
          largest = Math.max(largest, Math.abs(value));
        }
        assertThat(largest).as(tensor.name()).isGreaterThan(1e-3);
      }
    }
  }

  private static List<INDArray> shapes(Network network, INDArray flat) {
    return network.input().channels() == 1
        ? List.of(flat)
        : List.of(
            flat,
            flat.reshape('c', flat.size(0), 2, 5, 4),
            flat.reshape('c', flat.size(0), 2, 5, 4).dup('f'));
  }

  /**
   * Runs DL4J's own check by finite differences, in float64, on some weights of each tensor of the
   * network and of a layer below it, which learns from the gradient of the input.
   */
  @ParameterizedTest
  @MethodSource("kinds")
  void passesDl4jsGradientCheckAsBetaVanishes(String kind) {
    INDArray x = Nd4j.createFromArray(new Random(5).doubles(12).toArray()).reshape(3, 4);
    INDArray y = Nd4j.eye(3).castTo(DataType.DOUBLE);
    MultiLayerNetwork dl4j =
        IntStream.rangeClosed(1, 100) // ND4J takes the time for a seed of 0
            .mapToObj(seed -> aboveADenseLayer(NetworkKinds.of(kind), seed))
            .filter(each -> isAlive(each, x, y))
            .findFirst()
            .orElseThrow();
    Nd4j.setDefaultDataTypes(DataType.DOUBLE, DataType.DOUBLE); // as the check requires
    try {
      assertThat(
              GradientCheckUtil.checkGradients(
                  new GradientCheckUtil.MLNConfig()
                      .net(dl4j)
                      .input(x)
                      .labels(y)
                      .epsilon(1e-6)
                      .maxRelError(1e-4)
                      .minAbsoluteError(1e-7)
                      .subset(true)
                      .maxPerParam(10)))
          .isTrue();
    } finally {
      Nd4j.setDefaultDataTypes(DataType.FLOAT, DataType.FLOAT);
    }
  }

  private static MultiLayerNetwork aboveADenseLayer(Network network, int seed) {
    // DL4J draws the weights from this generator, regardless of the configuration's seed.
    Nd4j.getRandom().setSeed(seed);
    return initialized(
        new NeuralNetConfiguration.Builder()
            .seed(seed)
            .dataType(DataType.DOUBLE)
            .updater(new Sgd(1))
            .list()
            .layer(new DenseLayer.Builder().nIn(4).nOut(40).activation(Activation.SIGMOID).build())
            .layer(converging(network).biasInit(0.2).build())
            .build());
  }

  /**
   * Returns whether there is something to check: no tensor may have gradient 0, as silent units
   * give.
   */
  private static boolean isAlive(MultiLayerNetwork dl4j, INDArray x, INDArray y) {
    return dl4j
        .calculateGradients(x, y, null, null)
        .getFirst()
        .gradientForVariable()
        .values()
        .stream()
        .allMatch(gradient -> gradient.amaxNumber().doubleValue() > 1e-4);
  }

  /** Checks every example, position and channel, in the shape of the input. */
  @ParameterizedTest
  @MethodSource("kinds")
  void inputGradientIsThatOfTheCost(String kind) {
    Network network = NetworkKinds.of(kind);
    MultiLayerNetwork dl4j =
        initialized(configuration(converging(network).biasInit(0.2).build(), DataType.DOUBLE));
    INDArray y = Nd4j.eye(3).castTo(DataType.DOUBLE);
    INDArray flat = dataSet(NetworkKinds.examples(network.input(), 3, 4)).getFeatures();
    INDArray inside = flat.castTo(DataType.DOUBLE).muli(0.9).addi(0.05);
    INDArray expected = InputDifferences.of(dl4j, inside, y);
    assertThat(expected.norm2Number().doubleValue()).isGreaterThan(0.02);
    for (INDArray x : shapes(network, inside)) {
      INDArray gradient = dl4j.calculateGradients(x, y, null, null).getSecond();
      assertThat(gradient.shape()).isEqualTo(x.shape());
      Close.assertClose(gradient.dup('c').reshape('c', 3, 40), expected, 1e-6, "by the input");
    }
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void fittingLowersTheCost(String kind) {
    Network network = NetworkKinds.of(kind);
    DataSet training = dataSet(NetworkKinds.examples(network.input(), 120, 2));
    DataSet test = dataSet(NetworkKinds.examples(network.input(), 60, 3));
    MultiLayerNetwork dl4j =
        initialized(
            new NeuralNetConfiguration.Builder()
                .seed(7)
                .updater(new Adam(0.01))
                .list()
                .layer(layer(network).build())
                .build());
    double before = dl4j.score(test);
    dl4j.fit(new ListDataSetIterator<>(training.asList(), 10), 20);
    assertThat(dl4j.score(test)).isLessThan(0.7 * before);
    assertThat(dl4j.evaluate(new ListDataSetIterator<>(test.asList(), 20)).accuracy())
        .isGreaterThan(0.6);
  }

  /**
   * Individual rates require that the relaxed tensors are those that the individual updaters train.
   */
  @Test
  void everyLayerOfWeightsHasItsOwnRate() {
    Network network = NetworkKinds.of("all at once");
    MultiLayerNetwork one =
        initialized(configuration(layer(network).learningRates(0.1, 1e-9).build(), DataType.FLOAT));
    INDArray readout = one.getParam("0_W2").dup();
    INDArray kernel = one.getParam("0_W1").dup();
    one.fit(dataSet(NetworkKinds.examples(network.input(), 12, 2)));
    assertThat(one.getParam("0_W2").sub(readout).amaxNumber().doubleValue()).isLessThan(1e-7);
    assertThat(one.getParam("0_W1").sub(kernel).amaxNumber().doubleValue()).isGreaterThan(1e-4);
    assertThatThrownBy(() -> layer(network).learningRates(0.1).build())
        .hasMessage("updaters = 1: expected 2, one per layer of weights");
  }

  /** The center is that of the clamped inputs, which may be below 0 if they are normalised. */
  @Test
  void learnsRelativeToTheCenterOfNormalisedInputs() {
    Network network = NetworkKinds.of("normalised image");
    float[] center = new float[40];
    Arrays.fill(center, -0.25f);
    ReplicaSpec spec =
        new ReplicaSpec(
            network,
            new Relaxation(Schedule.EVEN_ODD, 0.5, 12, 6, 0, NudgedStart.FREE),
            new GradientEstimator(EstimatorKind.CENTERED, 0.3),
            new Hyperparameters(1, 6, List.of(0.5, 0.25), 1, 0, 7),
            Backend.BLAS,
            new InputCenter(center));
    MultiLayerNetwork dl4j = initialized(configuration(EquilibriumLayer.of(spec), DataType.FLOAT));
    Examples examples = NetworkKinds.examples(network.input(), 6, 1);
    dl4j.fit(dataSet(examples));
    try (Relaxer relaxer = spec.newRelaxer()) {
      relaxer.load(spec.initialWeights());
      var unused =
          new LocalTrainer(spec, relaxer).train(examples, RoundAssignment.whole(0), m -> {});
      Close.assertClose(
          dl4j.params().dup('c').data().asFloat(), relaxer.weights().values(), 1e-5, "weights");
    }
    center[3] = Float.NaN;
    assertThatThrownBy(() -> layer(network).inputCenter(center).build())
        .hasMessageContaining("inputCenter = NaN: expected finite numbers");
    assertThatThrownBy(
            () -> layer(NetworkKinds.of("max pooling")).inputCenter(new float[40]).build())
        .isInstanceOf(InvalidValueException.class)
        .hasMessage(
            "inputCenter = 40 values: expected none: the biases that the channels of a convolution"
                + " share cannot absorb it");
  }

  @Test
  void refusesInputsOfOtherShapesInOneLine() {
    MultiLayerNetwork image =
        initialized(
            configuration(layer(NetworkKinds.of("average pooling")).build(), DataType.FLOAT));
    for (long[] shape : new long[][] {{3, 39}, {3, 5, 4, 2}, {3, 4, 2, 5}, {3, 2, 20}}) {
      assertThatThrownBy(() -> image.output(Nd4j.zeros(DataType.FLOAT, shape)))
          .hasMessageContaining(
              "Input of shape "
                  + Arrays.toString(shape)
                  + ": expected [examples, 40] or [examples, 2, 5, 4] ");
    }
    assertThatThrownBy(
            () -> image.output(Nd4j.valueArrayOf(new long[] {1, 2, 5, 4}, 1.5, DataType.FLOAT)))
        .hasMessageContaining("Input with values from 0.0 to 1.5: expected [0, 1]");
    MultiLayerNetwork vector =
        initialized(configuration(layer(NetworkKinds.of("readout")).build(), DataType.FLOAT));
    assertThatThrownBy(() -> vector.output(Nd4j.zeros(3, 1, 1, 40)))
        .hasMessageContaining("Input of shape [3, 1, 1, 40]: expected [examples, 40] ");
  }

  /** With an image input type DL4J flattens images row-major, as the network does. */
  @Test
  void worksWithDl4jsInputTypes() {
    Network network = NetworkKinds.of("max pooling");
    MultiLayerNetwork typed =
        initialized(
            new NeuralNetConfiguration.Builder()
                .seed(7)
                .list()
                .layer(layer(network).build())
                .setInputType(InputType.convolutional(5, 4, 2))
                .build());
    MultiLayerNetwork plain = initialized(configuration(layer(network).build(), DataType.FLOAT));
    INDArray flat = dataSet(NetworkKinds.examples(network.input(), 4, 1)).getFeatures();
    assertThat(typed.output(flat.reshape('c', 4, 2, 5, 4))).isEqualTo(plain.output(flat));
    var other = new NeuralNetConfiguration.Builder().list().layer(layer(network).build());
    assertThatThrownBy(() -> initialized(other.setInputType(InputType.feedForward(41)).build()))
        .hasMessageContaining("nIn = 41: expected 40, since network = 2×5×4-");
  }

  private static MultiLayerNetwork begunBy(WeightInit weightInit) {
    return initialized(
        configuration(
            layer(NetworkKinds.of("no pooling")).weightInit(weightInit).build(), DataType.FLOAT));
  }

  /**
   * With Xavier, DL4J's default, the draw is a run's; any other scheme is DL4J's, which uses the
   * fan-in and fan-out.
   */
  @Test
  void otherWeightInitsUseDl4jsFans() {
    MultiLayerNetwork dl4j = begunBy(WeightInit.VAR_SCALING_UNIFORM_FAN_IN);
    double bound = 3 / Math.sqrt(18); // 2 channels of 3 × 3
    assertThat(dl4j.getParam("0_W1").amaxNumber().doubleValue()).isBetween(0.8 * bound, bound);
    MultiLayerNetwork out = begunBy(WeightInit.VAR_SCALING_UNIFORM_FAN_OUT);
    double outBound = 3 / Math.sqrt(3 * 9 / 4.0); // 3 channels of 3 × 3 with stride 2 × 2
    assertThat(out.getParam("0_W1").amaxNumber().doubleValue()).isBetween(0.8 * outBound, outBound);
  }

  @Test
  void refusesContradictorySettingsInOneLine() {
    Network network = NetworkKinds.of("readout");
    assertThatThrownBy(
            () -> layer(network.normalised(new Normalisation(Normalisation.AUTO, List.of()))))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "network.mean, network.deviation = mean auto, deviation []: expected numbers, since the"
                + " layer does not see all training images");
    assertThatThrownBy(() -> layer(network).hidden(5).build())
        .isInstanceOf(InputException.class)
        .hasMessage("hidden = [5]: expected none together with network = 40-8-6-3");
    assertThatThrownBy(() -> layer(network).nOut(4).build())
        .hasMessage("nOut = 4: expected 3, since network = 40-8-6-3 is set");
    assertThat(layer(network).estimator(EstimatorKind.CENTERED, 0.7).build().network())
        .as("the cross-entropy does not limit beta")
        .isEqualTo(network);
    assertThatThrownBy(
            () -> layer(NetworkKinds.of("ranges")).estimator(EstimatorKind.CENTERED, 0.7).build())
        .hasMessageContaining("even-odd");
    assertThat(Collections.singleton(layer(network).build().toString()))
        .allMatch(s -> s.contains("cross-entropy"));
  }
}
