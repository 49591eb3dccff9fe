package org.eqprop.dl4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.deeplearning4j.datasets.iterator.ExistingDataSetIterator;
import org.deeplearning4j.datasets.iterator.utilty.ListDataSetIterator;
import org.deeplearning4j.earlystopping.EarlyStoppingConfiguration;
import org.deeplearning4j.earlystopping.EarlyStoppingResult;
import org.deeplearning4j.earlystopping.saver.InMemoryModelSaver;
import org.deeplearning4j.earlystopping.scorecalc.DataSetLossCalculator;
import org.deeplearning4j.earlystopping.termination.MaxEpochsTerminationCondition;
import org.deeplearning4j.earlystopping.termination.ScoreImprovementEpochTerminationCondition;
import org.deeplearning4j.earlystopping.trainer.EarlyStoppingTrainer;
import org.deeplearning4j.exception.DL4JInvalidConfigException;
import org.deeplearning4j.gradientcheck.GradientCheckUtil;
import org.deeplearning4j.nn.api.Model;
import org.deeplearning4j.nn.conf.GradientNormalization;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.constraint.MaxNormConstraint;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.DenseLayer;
import org.deeplearning4j.nn.conf.weightnoise.DropConnect;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.nn.weights.WeightInit;
import org.deeplearning4j.optimize.api.BaseTrainingListener;
import org.deeplearning4j.util.ModelSerializer;
import org.eqprop.Close;
import org.eqprop.Idx;
import org.eqprop.backend.Backend;
import org.eqprop.base.InvalidValueException;
import org.eqprop.data.Examples;
import org.eqprop.data.InputCenter;
import org.eqprop.dynamics.NudgedStart;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.dynamics.Schedule;
import org.eqprop.learning.Batches;
import org.eqprop.learning.Centering;
import org.eqprop.learning.EstimatorKind;
import org.eqprop.learning.GradientEstimator;
import org.eqprop.learning.Hyperparameters;
import org.eqprop.learning.LocalTrainer;
import org.eqprop.learning.RateSchedule;
import org.eqprop.learning.ReplicaSpec;
import org.eqprop.learning.RoundAssignment;
import org.eqprop.network.Network;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.evaluation.classification.Evaluation;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.DataSet;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.learning.config.Adam;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Sgd;

class EquilibriumLayerTest {
  /** Tolerance for the same sums in a different order, over two dozen updates. */
  private static final double FLOAT_TOLERANCE = 1e-4;

  private static final int CLASSES = 4;
  private static final float[] CENTER = Idx.quadrants(10, 1).statistics().mean();

  private static DataSet dataSet(Examples images) {
    int[] order = java.util.stream.IntStream.range(0, images.size()).toArray();
    return ImageDataSets.of(images, order, 0, order.length, CLASSES);
  }

  private static ListDataSetIterator<DataSet> iterator(Examples images, int batch) {
    return new ListDataSetIterator<>(dataSet(images).asList(), batch);
  }

  private static EquilibriumLayer.Builder layer(int... hidden) {
    return new EquilibriumLayer.Builder().nIn(16).hidden(hidden).nOut(CLASSES);
  }

  private static MultiLayerNetwork network(EquilibriumLayer layer, IUpdater updater) {
    return initialized(
        new NeuralNetConfiguration.Builder().seed(7).updater(updater).list().layer(layer).build());
  }

  private static MultiLayerNetwork initialized(MultiLayerConfiguration configuration) {
    MultiLayerNetwork network = new MultiLayerNetwork(configuration);
    network.init();
    return network;
  }

  private static float[] flat(MultiLayerNetwork network) {
    return network.params().dup('c').data().asFloat();
  }

  private static List<Float> boxed(float[] values) {
    List<Float> list = new ArrayList<>();
    for (float value : values) {
      list.add(value);
    }
    return list;
  }

  @ParameterizedTest
  @CsvSource({
    "16-9-4, EVEN_ODD, CENTERED, 0.4, AUTO, NONE",
    "16-8-6-4, EVEN_ODD, ONE_SIDED, 0.3, AUTO, NONE",
    "16-9-4, SYNCHRONOUS, CENTERED, 0.5, AUTO, NONE",
    "16-9-4, EVEN_ODD, CENTERED, 0.4, AUTO, MEAN",
    "16-9-4, EVEN_ODD, CENTERED, 0.4, ND4J, MEAN",
    "16-4, EVEN_ODD, CENTERED, 0.2, ND4J, NONE"
  })
  void weightsFollowTheLocalTrainers(
      String sizes,
      Schedule schedule,
      EstimatorKind kind,
      double beta,
      Backend backend,
      Centering centering) {
    Network network =
        Network.dense(java.util.Arrays.stream(sizes.split("-")).map(Integer::valueOf).toList());
    // At higher rates, rounding, which differs between processors, flips units of three layers.
    List<Double> rates = List.of(0.15, 0.1, 0.05).subList(0, network.depth());
    ReplicaSpec spec =
        new ReplicaSpec(
            network,
            new Relaxation(schedule, 0.5, 12, 6, 0, NudgedStart.FREE),
            new GradientEstimator(kind, beta),
            new Hyperparameters(
                2,
                8,
                rates,
                RateSchedule.exponential(0.5),
                0,
                7,
                centering == Centering.MEAN ? 0.75 : 1,
                centering),
            backend,
            centering == Centering.MEAN
                ? new InputCenter(Idx.quadrants(100, 1).statistics().mean())
                : InputCenter.NONE);
    Examples images = Idx.quadrants(100, 1);
    MultiLayerNetwork trained = network(EquilibriumLayer.of(spec), new Adam(1));
    float[] initial = flat(trained);
    assertThat(initial).isEqualTo(spec.initialWeights().values());
    try (Relaxer relaxer = spec.newRelaxer()) {
      relaxer.load(spec.initialWeights());
      LocalTrainer trainer = new LocalTrainer(spec, relaxer);
      for (int epoch = 0; epoch < 2; epoch++) {
        var unused = trainer.train(images, RoundAssignment.whole(epoch), m -> {});
        Batches batches =
            Batches.of(spec.hyperparameters(), images.size(), RoundAssignment.whole(epoch));
        trained.fit(
            new ExistingDataSetIterator(
                batches.list().stream()
                    .map(b -> ImageDataSets.of(images, batches.order(), b.from(), b.to(), CLASSES))
                    .toList()));
        Close.assertClose(
            flat(trained),
            relaxer.weights().values(),
            FLOAT_TOLERANCE,
            "after epoch " + (epoch + 1));
      }
    }
  }

  @Test
  void readsItsJsonBack() {
    MultiLayerConfiguration configuration =
        new NeuralNetConfiguration.Builder()
            .seed(3)
            .l2(1e-4)
            .list()
            .layer(
                layer(7, 5)
                    .name("equilibrium")
                    .relaxation(
                        new Relaxation(Schedule.SYNCHRONOUS, 0.25, 9, 8, 1e-3, NudgedStart.ZEROS))
                    .estimator(EstimatorKind.RANDOM_SIGN, 0.75)
                    .backend(Backend.ND4J)
                    .inputCenter(CENTER)
                    .updaters(new Sgd(0.1), new Adam(0.01), new Sgd(0.3))
                    .build())
            .build();
    MultiLayerConfiguration read = MultiLayerConfiguration.fromJson(configuration.toJson());
    assertThat(read).isEqualTo(configuration).hasSameHashCodeAs(configuration);
    EquilibriumLayer layer = (EquilibriumLayer) read.getConf(0).getLayer();
    assertThat(layer.network()).isEqualTo(Network.of(16, 7, 5, 4));
    assertThat(layer.relaxation())
        .isEqualTo(new Relaxation(Schedule.SYNCHRONOUS, 0.25, 9, 8, 1e-3, NudgedStart.ZEROS));
    assertThat(layer.estimator()).isEqualTo(new GradientEstimator(EstimatorKind.RANDOM_SIGN, 0.75));
    assertThat(layer.backend()).isEqualTo(Backend.ND4J);
    assertThat(layer.inputCenter()).isEqualTo(new InputCenter(CENTER));
    assertThatThrownBy(() -> layer(7).inputCenter(0.5f).build())
        .hasMessage("inputCenter = 1: expected 16 values, one per input, or none");
    assertThat(layer.getUpdaterByParam("b2")).isEqualTo(new Adam(0.01));
    assertThat(layer.getUpdaterByParam("W3")).isEqualTo(new Sgd(0.3));
    assertThat(new EquilibriumLayer.Builder().nIn(16).hidden(7).nOut(4).build())
        .isNotEqualTo(new EquilibriumLayer.Builder().nIn(16).hidden(8).nOut(4).build());
    assertThat(layer.clone()).isEqualTo(layer);
  }

  /** Includes the updater's state: training continues as if never interrupted. */
  @Test
  void plainDl4jReadsAZipOfModelSerializer(@TempDir Path folder) throws Exception {
    DataSet all = dataSet(Idx.quadrants(200, 2));
    MultiLayerNetwork network = network(layer(12).build(), new Adam(0.01));
    double before = network.score(all);
    network.fit(new ListDataSetIterator<>(all.asList(), 20), 6);
    assertThat(network.score(all)).isLessThan(0.5 * before);
    Path zip = folder.resolve("network.zip");
    ModelSerializer.writeModel(network, zip.toFile(), true);
    MultiLayerNetwork read = MultiLayerNetwork.load(zip.toFile(), true);
    assertThat(read.output(all.getFeatures())).isEqualTo(network.output(all.getFeatures()));
    Evaluation evaluation = read.evaluate(new ListDataSetIterator<>(all.asList(), 50));
    assertThat(evaluation.accuracy()).isGreaterThan(0.9);
    network.fit(all);
    read.fit(all);
    assertThat(flat(read)).isEqualTo(flat(network));
    assertThat(network.summary()).contains("EquilibriumNetwork");
    assertThat(network.clone().params()).isEqualTo(network.params());
  }

  /**
   * Runs DL4J's own check by finite differences, in float64, on every weight of a layer that DL4J
   * trains by backpropagation and of the equilibrium network above it. As β → 0 the estimate is the
   * gradient of the cost, and so is the gradient passed to the layer below.
   */
  @Test
  void passesDl4jsGradientCheckAsBetaVanishes() {
    MultiLayerNetwork network =
        initialized(
            new NeuralNetConfiguration.Builder()
                .seed(11)
                .dataType(DataType.DOUBLE)
                .updater(new Sgd(1))
                .list()
                .layer(
                    new DenseLayer.Builder().nIn(5).nOut(6).activation(Activation.SIGMOID).build())
                .layer(
                    new EquilibriumLayer.Builder()
                        .nIn(6)
                        .hidden(5, 4)
                        .nOut(3)
                        .biasInit(0.3)
                        .relaxation(
                            new Relaxation(
                                Schedule.EVEN_ODD, 0.5, 2000, 2000, 1e-14, NudgedStart.FREE))
                        .estimator(EstimatorKind.CENTERED, 1e-4)
                        .build())
                .build());
    Nd4j.getRandom().setSeed(5);
    INDArray x = Nd4j.rand(DataType.DOUBLE, 4, 5);
    INDArray y = Nd4j.zeros(DataType.DOUBLE, 4, 3);
    for (int i = 0; i < 4; i++) {
      y.putScalar(i, i % 3, 1);
    }
    Nd4j.setDefaultDataTypes(DataType.DOUBLE, DataType.DOUBLE); // as the check requires
    try {
      assertThat(
              GradientCheckUtil.checkGradients(
                  new GradientCheckUtil.MLNConfig()
                      .net(network)
                      .input(x)
                      .labels(y)
                      .epsilon(1e-6)
                      .maxRelError(1e-4)
                      .minAbsoluteError(1e-7)))
          .isTrue();
    } finally {
      Nd4j.setDefaultDataTypes(DataType.FLOAT, DataType.FLOAT);
    }
  }

  @Test
  void earlyStoppingKeepsTheBestEpoch() {
    Examples training = Idx.quadrants(200, 4);
    Examples validation = Idx.quadrants(100, 5);
    MultiLayerNetwork network = network(layer(10).learningRates(0.1, 0.05).build(), new Sgd(1));
    var configuration =
        new EarlyStoppingConfiguration.Builder<MultiLayerNetwork>()
            .epochTerminationConditions(
                new MaxEpochsTerminationCondition(30),
                new ScoreImprovementEpochTerminationCondition(2))
            .scoreCalculator(new DataSetLossCalculator(iterator(validation, 50), true))
            .modelSaver(new InMemoryModelSaver<>())
            .build();
    EarlyStoppingResult<MultiLayerNetwork> result =
        new EarlyStoppingTrainer(configuration, network, iterator(training, 20)).fit();
    double best = result.getScoreVsEpoch().getOrDefault(result.getBestModelEpoch(), Double.NaN);
    assertThat(result.getScoreVsEpoch().values()).allMatch(score -> score >= best);
    assertThat(result.getBestModel().score(dataSet(validation)))
        .isCloseTo(best, Close.about(Close.FLOAT32));
    assertThat(best).isLessThan(0.3);
  }

  @Test
  void notifiesListeners() {
    DataSet all = dataSet(Idx.quadrants(100, 6));
    MultiLayerNetwork network = network(layer(10).build(), new Sgd(0.05));
    List<Double> scores = new ArrayList<>();
    network.setListeners(
        new BaseTrainingListener() {
          @Override
          public void iterationDone(Model model, int iteration, int epoch) {
            scores.add(model.score());
          }
        });
    double before = network.score(all, true);
    network.fit(all);
    assertThat(scores).hasSize(1);
    assertThat(scores.get(0)).isCloseTo(before, Close.about(Close.FLOAT32));
  }

  /** θ ← θ − α (g + λ W) for weights, and without λ for biases. */
  @Test
  void regularisesWeights() {
    DataSet all = dataSet(Idx.quadrants(60, 7));
    double lambda = 0.5;
    MultiLayerNetwork plain = network(layer(6).build(), new Sgd(0.1));
    MultiLayerNetwork decayed = network(layer(6).l2(lambda).build(), new Sgd(0.1));
    INDArray weights = plain.getParam("0_W1").dup();
    plain.fit(all);
    decayed.fit(all);
    Close.assertClose(
        decayed.getParam("0_W1"),
        plain.getParam("0_W1").sub(weights.mul(0.1 * lambda)),
        Close.FLOAT32,
        "W1");
    Close.assertClose(decayed.getParam("0_b1"), plain.getParam("0_b1"), 0, "b1");
    assertThat(decayed.score(all)).isGreaterThan(plain.score(all));
  }

  @Test
  void appliesConstraintsAndClipping() {
    DataSet all = dataSet(Idx.quadrants(60, 7));
    MultiLayerNetwork bounded =
        network(layer(6).constrainWeights(new MaxNormConstraint(0.1, 0)).build(), new Sgd(0.1));
    bounded.fit(all);
    assertThat(bounded.getParam("0_W1").norm2(0).maxNumber().doubleValue())
        .isLessThan(0.1 + Close.FLOAT32);
    MultiLayerNetwork clipped =
        network(
            layer(6)
                .gradientNormalization(GradientNormalization.ClipElementWiseAbsoluteValue)
                .gradientNormalizationThreshold(1e-4)
                .build(),
            new Sgd(1));
    INDArray before = clipped.params().dup();
    clipped.fit(all);
    assertThat(clipped.params().sub(before).amaxNumber().doubleValue())
        .isBetween(0.5e-4, 1e-4 + 1e-6);
  }

  @Test
  void refusesDropoutAndWeightNoise() {
    assertThatThrownBy(() -> network(layer(6).dropOut(0.5).build(), new Sgd(0.1)))
        .isInstanceOf(DL4JInvalidConfigException.class)
        .hasMessageContaining("dropOut = Dropout");
    assertThatThrownBy(
            () -> network(layer(6).weightNoise(new DropConnect(0.5)).build(), new Sgd(0.1)))
        .isInstanceOf(DL4JInvalidConfigException.class)
        .hasMessageContaining("weightNoise = DropConnect");
  }

  /** In float32, where the layer's parameters and gradients are views of the network's. */
  @Test
  void trainsALayerBelow() {
    DataSet all = dataSet(Idx.quadrants(200, 5));
    MultiLayerNetwork network =
        initialized(
            new NeuralNetConfiguration.Builder()
                .seed(3)
                .updater(new Adam(0.01))
                .list()
                .layer(
                    new DenseLayer.Builder()
                        .nIn(16)
                        .nOut(10)
                        .activation(Activation.SIGMOID)
                        .build())
                .layer(new EquilibriumLayer.Builder().nIn(10).hidden(8).nOut(CLASSES).build())
                .build());
    INDArray below = network.getParam("0_W").dup();
    double before = network.score(all);
    network.fit(new ListDataSetIterator<>(all.asList(), 20), 30);
    assertThat(network.score(all)).isLessThan(0.2 * before);
    assertThat(network.getParam("0_W").sub(below).norm2Number().doubleValue()).isGreaterThan(0.1);
    assertThat(network.evaluate(new ListDataSetIterator<>(all.asList(), 50)).accuracy())
        .isGreaterThan(0.9);
  }

  @Test
  void worksInAComputationGraph(@TempDir Path folder) throws Exception {
    DataSet all = dataSet(Idx.quadrants(100, 3));
    ComputationGraph graph =
        new ComputationGraph(
            new NeuralNetConfiguration.Builder()
                .seed(7)
                .updater(new Sgd(0.1))
                .graphBuilder()
                .addInputs("in")
                .addLayer("out", layer(9).build(), "in")
                .setOutputs("out")
                .build());
    graph.init();
    MultiLayerNetwork same = network(layer(9).build(), new Sgd(0.1));
    for (DataSet batch : all.batchBy(10)) {
      graph.fit(batch);
      same.fit(batch);
    }
    Close.assertClose(graph.params(), same.params(), Close.FLOAT32, "weights");
    assertThat(graph.score(all)).isCloseTo(same.score(all), Close.about(Close.FLOAT32));
    graph.save(folder.resolve("graph.zip").toFile());
    assertThat(
            ComputationGraph.load(folder.resolve("graph.zip").toFile(), true)
                .outputSingle(all.getFeatures()))
        .isEqualTo(graph.outputSingle(all.getFeatures()));
  }

  /** The mean of the examples' scores is the score of the data set. */
  @Test
  void scoresEachExample() {
    DataSet all = dataSet(Idx.quadrants(30, 8));
    MultiLayerNetwork network = network(layer(6).build(), new Sgd(0.1));
    INDArray scores = network.scoreExamples(all, false);
    assertThat(scores.shape()).isEqualTo(new long[] {30, 1});
    assertThat(scores.meanNumber().doubleValue())
        .isCloseTo(network.score(all), Close.about(Close.FLOAT32));
    assertThat(network.predict(all.getFeatures()))
        .isEqualTo(network.output(all.getFeatures()).argMax(1).toIntVector());
    assertThat(network.f1Score(all)).isBetween(0.0, 1.0);
  }

  /**
   * The gradient passed to a layer below: that of each example's cost with respect to its input.
   */
  @Test
  void inputGradientIsThatOfTheCost() {
    MultiLayerNetwork network =
        initialized(
            new NeuralNetConfiguration.Builder()
                .seed(4)
                .dataType(DataType.DOUBLE)
                .list()
                .layer(
                    new EquilibriumLayer.Builder()
                        .nIn(5)
                        .hidden(6)
                        .nOut(3)
                        .relaxation(
                            new Relaxation(
                                Schedule.EVEN_ODD, 0.5, 2000, 2000, 1e-14, NudgedStart.FREE))
                        .estimator(EstimatorKind.CENTERED, 1e-4)
                        .build())
                .build());
    Nd4j.getRandom().setSeed(5);
    INDArray x = Nd4j.rand(DataType.DOUBLE, 4, 5).muli(0.8).addi(0.1);
    INDArray y = Nd4j.zeros(DataType.DOUBLE, 4, 3);
    for (int i = 0; i < 4; i++) {
      y.putScalar(i, i % 3, 1);
    }
    network.setParams(network.params().mul(0.5).addi(0.1)); // no unit at a bound
    INDArray gradient = network.calculateGradients(x, y, null, null).getSecond();
    INDArray expected = InputDifferences.of(network, x, y);
    assertThat(expected.norm2Number().doubleValue()).isGreaterThan(0.1);
    Close.assertClose(gradient, expected, 1e-6, "gradient of the input");
  }

  @Test
  void honoursDl4jsInputTypeAndWeightInit() {
    MultiLayerNetwork network =
        initialized(
            new NeuralNetConfiguration.Builder()
                .seed(1)
                .weightInit(WeightInit.ONES)
                .list()
                .layer(new EquilibriumLayer.Builder().hidden(5).nOut(4).build())
                .setInputType(InputType.convolutionalFlat(4, 4, 1))
                .build());
    assertThat(network.numParams()).isEqualTo(16 * 5 + 5 + 5 * 4 + 4);
    assertThat(network.getParam("0_W2").minNumber().doubleValue()).isEqualTo(1);
    assertThat(network.getParam("0_b2").maxNumber().doubleValue()).isEqualTo(0);
    float[] ramp = new float[(int) network.numParams()];
    for (int i = 0; i < ramp.length; i++) {
      ramp[i] = i;
    }
    network.setParams(Nd4j.createFromArray(ramp).reshape(1, ramp.length));
    assertThat(flat(network)).isEqualTo(ramp);
    assertThat(network.getParam("0_W1").getDouble(1, 2)).isEqualTo(1 * 5 + 2);
  }

  @Test
  void randomSignsAreReproducible() {
    DataSet all = dataSet(Idx.quadrants(60, 9));
    EquilibriumLayer layer = layer(6).estimator(EstimatorKind.RANDOM_SIGN, 0.4).build();
    MultiLayerNetwork one = network(layer, new Sgd(0.1));
    MultiLayerNetwork other = network(layer, new Sgd(0.1));
    for (DataSet batch : all.batchBy(10)) {
      one.fit(batch);
      other.fit(batch);
    }
    assertThat(flat(one)).isEqualTo(flat(other));
  }

  /** Different seeds, iterations and batches give different signs. */
  @Test
  void randomSignsDependOnSeedIterationAndBatch() {
    List<List<Boolean>> all = new ArrayList<>();
    for (long seed : new long[] {7, 8}) {
      for (int iteration : new int[] {0, 1}) {
        all.add(signs(seed, iteration));
      }
    }
    assertThat(all).doesNotHaveDuplicates();
    assertThat(all).allSatisfy(signs -> assertThat(signs).contains(true, false));
  }

  /** Returns, for each batch of the same data, whether it is nudged towards its target. */
  private static List<Boolean> signs(long seed, int iteration) {
    List<Boolean> signs = new ArrayList<>();
    for (DataSet batch : dataSet(Idx.quadrants(60, 9)).batchBy(5)) {
      List<float[]> weights = new ArrayList<>();
      for (EquilibriumLayer layer :
          List.of(
              layer(6).estimator(EstimatorKind.RANDOM_SIGN, 0.4).build(),
              layer(6).estimator(EstimatorKind.ONE_SIDED, 0.4).build())) {
        MultiLayerNetwork network =
            initialized(
                new NeuralNetConfiguration.Builder()
                    .seed(seed)
                    .updater(new Sgd(0.1))
                    .list()
                    .layer(layer)
                    .build());
        network.setIterationCount(iteration);
        network.fit(batch);
        weights.add(flat(network));
      }
      signs.add(Arrays.equals(weights.get(0), weights.get(1)));
    }
    return signs;
  }

  /** Training on the same batch repeatedly draws both signs, each with its own estimate. */
  @Test
  void randomSignsTakeBothValues() {
    DataSet all = dataSet(Idx.quadrants(60, 9));
    EquilibriumLayer layer = layer(6).estimator(EstimatorKind.RANDOM_SIGN, 0.4).build();
    Set<List<Float>> updates = new HashSet<>();
    for (int iteration = 0; iteration < 12; iteration++) {
      MultiLayerNetwork network = network(layer, new Sgd(0.1));
      network.setIterationCount(iteration);
      network.fit(all);
      updates.add(boxed(flat(network)));
    }
    assertThat(updates).hasSize(2);
  }

  @Test
  void ignoresTheNetworksActivation() {
    MultiLayerNetwork network =
        initialized(
            new NeuralNetConfiguration.Builder()
                .activation(Activation.TANH)
                .list()
                .layer(layer(6).build())
                .build());
    Examples images = Idx.quadrants(30, 1);
    assertThat(network.evaluate(iterator(images, 10)).getNumRowCounter()).isEqualTo(30);
  }

  @Test
  void refusesBadInputByName() {
    DataSet all = dataSet(Idx.quadrants(20, 10));
    MultiLayerNetwork network = network(layer(6).build(), new Sgd(0.1));
    INDArray x = all.getFeatures();
    INDArray y = all.getLabels();
    assertThatThrownBy(() -> network.fit(x.mul(255), y))
        .hasMessageContaining("expected [0, 1]")
        .hasMessageContaining("ImagePreProcessingScaler");
    assertThatThrownBy(
            () -> network.output(Nd4j.valueArrayOf(new long[] {2, 16}, Double.NaN, DataType.FLOAT)))
        .hasMessageContaining("expected [0, 1]");
    assertThatThrownBy(() -> network.output(Nd4j.zeros(3, 15)))
        .hasMessageContaining("Input of shape [3, 15]: expected [examples, 16]");
    assertThatThrownBy(() -> network.fit(new DataSet(x, y, null, Nd4j.ones(20, 1))))
        .hasMessageContaining("A mask is set: expected none");
    assertThatThrownBy(() -> network.fit(x, y.mul(0.5)))
        .hasMessageContaining("expected one 1 and otherwise 0");
    assertThatThrownBy(() -> network.fit(x, Nd4j.zeros(20, 5)))
        .hasMessageContaining("Labels of shape [20, 5]: expected [20, 4], one-hot");
    assertThatThrownBy(() -> layer(0).build())
        .isInstanceOf(InvalidValueException.class)
        .hasMessageContaining("layer sizes from 1");
    assertThatThrownBy(() -> layer(5).estimator(EstimatorKind.CENTERED, 0.7).build())
        .isInstanceOf(InvalidValueException.class)
        .hasMessageContaining("even-odd");
    assertThatThrownBy(() -> layer(5).learningRates(0.1, -1))
        .hasMessageContaining("learningRates = -1.0: expected numbers in (0, 100]");
    assertThatThrownBy(() -> layer(5).learningRates(2, new double[] {0.1, 0.1}))
        .hasMessageContaining("decay = 2.0: expected a number in (0, 1]");
    assertThatThrownBy(() -> layer(5).learningRates(0.1).build())
        .isInstanceOf(InvalidValueException.class)
        .hasMessageContaining("updaters = 1: expected 2, one per layer of weights");
  }
}
