package org.eqprop.dl4j;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import org.deeplearning4j.exception.DL4JInvalidInputException;
import org.deeplearning4j.nn.api.layers.IOutputLayer;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.gradient.DefaultGradient;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.layers.BaseLayer;
import org.deeplearning4j.nn.workspace.ArrayType;
import org.deeplearning4j.nn.workspace.LayerWorkspaceMgr;
import org.eqprop.base.RandomStream;
import org.eqprop.dynamics.Equilibrium;
import org.eqprop.dynamics.Measurement;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.dynamics.TrainingStep;
import org.eqprop.learning.EstimatorKind;
import org.eqprop.learning.GradientEstimator;
import org.eqprop.network.Cost;
import org.eqprop.network.Floats;
import org.eqprop.network.Network;
import org.eqprop.network.Parameters;
import org.eqprop.network.SquaredError;
import org.eqprop.network.Weights;
import org.jspecify.annotations.Nullable;
import org.nd4j.common.primitives.Pair;
import org.nd4j.evaluation.classification.Evaluation;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.memory.MemoryWorkspace;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.dataset.api.DataSet;
import org.nd4j.linalg.dataset.api.iterator.DataSetIterator;
import org.nd4j.linalg.factory.Nd4j;

/** The running layer; see {@link EquilibriumLayer}. Not thread-safe, like DL4J's own layers. */
final class EquilibriumNetwork extends BaseLayer<EquilibriumLayer> implements IOutputLayer {
  private static final long serialVersionUID = 1L;

  private transient @Nullable Relaxer relaxer;
  private transient @Nullable InputGradient inputGradient;
  private transient @Nullable Measurement measured;
  private @Nullable INDArray labels;

  EquilibriumNetwork(NeuralNetConfiguration conf, DataType type) {
    super(conf, type);
  }

  /**
   * Returns energy, cost and errors of the last training batch, at its free equilibrium before the
   * update; null before the first batch and after any other input.
   */
  @Nullable Measurement measured() {
    return measured;
  }

  private Network network() {
    return layerConf().network();
  }

  /** Returns the data type of the relaxer's computations. */
  private DataType computingType() {
    return dataType == DataType.DOUBLE ? DataType.DOUBLE : DataType.FLOAT;
  }

  private Relaxer own() {
    Relaxer own = relaxer;
    if (own == null) {
      EquilibriumLayer layer = layerConf();
      own =
          layer
              .backend()
              .relaxer(network(), layer.relaxation(), computingType(), layer.inputCenter());
      relaxer = own;
    }
    return own;
  }

  private LayerInput given() {
    return new LayerInput(input, network(), layerId());
  }

  /** Runs the free phase on the input with the layer's weights. */
  private Relaxer relaxedFree(int[] classes) {
    try (INDArray x = given().states(computingType())) {
      return relaxedFree(x, classes);
    }
  }

  /**
   * Runs the free phase with the layer's weights.
   *
   * @param x s_0 [B × n_0]; not modified
   */
  private Relaxer relaxedFree(INDArray x, int[] classes) {
    if (maskArray != null) {
      throw new DL4JInvalidInputException("A mask is set: expected none " + layerId());
    }
    Relaxer own = own();
    load(own);
    own.clamp(x, classes);
    own.relaxFree();
    return own;
  }

  private void load(Relaxer own) {
    if (dataType == DataType.DOUBLE) {
      try (Parameters parameters = Parameters.zeros(network(), DataType.DOUBLE)) {
        for (int k = 1; k <= network().weightLayers(); k++) {
          parameters.weight(k).assign(getParam(EquilibriumParams.weight(k)));
          parameters.bias(k).assign(getParam(EquilibriumParams.bias(k)));
        }
        own.load(parameters);
      }
    } else {
      own.load(new Weights(network(), Floats.of(paramsFlattened)));
    }
  }

  private INDArray givenLabels() {
    INDArray given = labels;
    if (given == null) {
      throw new IllegalStateException("No labels are set " + layerId());
    }
    return given;
  }

  /** Returns the class of each example [B]. */
  private int[] classes() {
    return OneHotLabels.classes(givenLabels(), input.size(0), network().outputs(), layerId());
  }

  /** Runs code that allocates arrays outside of DL4J's workspaces. */
  @SuppressWarnings("try") // the scope only needs to be open
  private static <T> T outside(Supplier<T> work) {
    try (MemoryWorkspace none = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
      return work.get();
    }
  }

  /** Copies an array into DL4J's workspaces, and frees the original outside of them. */
  private static INDArray moved(LayerWorkspaceMgr workspaces, ArrayType type, INDArray array) {
    INDArray moved = workspaces.dup(type, array, 'f');
    array.close();
    return moved;
  }

  private INDArray outputs(int[] classes) {
    return relaxedFree(classes).outputs(Equilibrium.FREE).castTo(dataType);
  }

  /** Returns s_L at the free equilibrium, or z if there is a readout, [B × classes]. */
  @Override
  public INDArray activate(boolean training, LayerWorkspaceMgr workspaces) {
    assertInputSet(false);
    INDArray outputs = outside(() -> outputs(new int[(int) input.size(0)]));
    return moved(workspaces, ArrayType.ACTIVATIONS, outputs);
  }

  /**
   * Estimates the gradients: those of the weights, summed over the batch (DL4J divides by its
   * size), and that of the input, per example and in the input's shape.
   */
  @Override
  public Pair<Gradient, INDArray> backpropGradient(INDArray epsilon, LayerWorkspaceMgr workspaces) {
    assertInputSet(true);
    INDArray before = outside(this::estimates);
    Gradient gradient = new DefaultGradient(gradientsFlattened);
    gradientViews.forEach((key, view) -> gradient.setGradientFor(key, view, 'c'));
    return new Pair<>(gradient, moved(workspaces, ArrayType.ACTIVATION_GRAD, before));
  }

  /** Sets the gradient views and returns the gradient with respect to the input. */
  private INDArray estimates() {
    LayerInput given = given();
    try (INDArray x = given.states(computingType())) {
      Relaxer own = relaxedFree(x, classes());
      measured = own.measure(Equilibrium.FREE);
      GradientEstimator.Contrast contrast = layerConf().estimator().nudge(own, signs());
      estimate(own, contrast);
      return given.gradient(
          ofInput().estimate(own, contrast, x, getParam(EquilibriumParams.weight(1))));
    }
  }

  private InputGradient ofInput() {
    InputGradient known = inputGradient;
    if (known == null) {
      known = new InputGradient(network(), computingType());
      inputGradient = known;
    }
    return known;
  }

  /**
   * Writes the sum of the estimates over the batch, and of a readout's exact gradient, to the
   * gradient views.
   */
  private void estimate(Relaxer own, GradientEstimator.Contrast contrast) {
    List<Double> factors = Collections.nCopies(2 * network().weightLayers(), -1.0);
    double[] coefficients = TrainingStep.coefficients(network(), factors, contrast.scale(), 1);
    if (dataType != DataType.DOUBLE) {
      Weights flat = own.contrast(contrast.plus(), contrast.minus(), coefficients);
      try (INDArray estimate = Floats.array(flat.values(), gradientsFlattened.shape())) {
        gradientsFlattened.assign(estimate);
      }
      return;
    }
    try (Parameters estimate = Parameters.zeros(network(), DataType.DOUBLE)) {
      own.addContrast(contrast.plus(), contrast.minus(), coefficients, estimate);
      for (int k = 1; k <= network().weightLayers(); k++) {
        EquilibriumParams.param(gradientViews, EquilibriumParams.weight(k))
            .assign(estimate.weight(k));
        EquilibriumParams.param(gradientViews, EquilibriumParams.bias(k)).assign(estimate.bias(k));
      }
    }
  }

  /**
   * Seeds the signs by seed, iteration and batch, so that replicas with different examples draw
   * different signs.
   */
  private SplittableRandom signs() {
    long batch =
        layerConf().estimator().kind() == EstimatorKind.RANDOM_SIGN
            ? Arrays.hashCode(Floats.of(input))
            : 0;
    return RandomStream.SIGN.of(conf.getSeed(), iterationCount, batch);
  }

  @Override
  public double computeScore(
      double regularization, boolean training, LayerWorkspaceMgr workspaces) {
    Measurement known = training ? measured : null;
    if (known == null) {
      known = outside(() -> relaxedFree(classes()).measure(Equilibrium.FREE));
    }
    score = known.meanCost() + regularization;
    return score;
  }

  @Override
  public INDArray computeScoreForExamples(double regularization, LayerWorkspaceMgr workspaces) {
    INDArray costs = outside(() -> costs(classes()).addi(regularization));
    return moved(workspaces, ArrayType.ACTIVATIONS, costs);
  }

  /** Returns the cost of each example, [B × 1]. */
  private INDArray costs(int[] classes) {
    INDArray outputs = outputs(classes);
    Cost cost = network().cost();
    if (cost instanceof SquaredError) {
      INDArray residual = outputs.sub(givenLabels().castTo(dataType));
      return residual.mul(residual).sum(true, 1);
    }
    int count = network().outputs();
    double[] values = outputs.castTo(DataType.DOUBLE).dup('c').data().asDouble();
    double[] costs = new double[classes.length];
    for (int i = 0; i < costs.length; i++) {
      costs[i] = cost.value(values, classes[i], i * count, count);
    }
    return Nd4j.create(costs, new long[] {costs.length, 1}, 'c').castTo(dataType);
  }

  @Override
  public void setInput(INDArray input, LayerWorkspaceMgr workspaces) {
    super.setInput(input, workspaces);
    measured = null;
  }

  @Override
  public void setParams(INDArray params) {
    if (params != paramsFlattened) {
      setParams(params, 'c');
    }
  }

  @Override
  public boolean needsLabels() {
    return true;
  }

  @Override
  public void setLabels(INDArray labels) {
    this.labels = labels;
  }

  @Override
  public @Nullable INDArray getLabels() {
    return labels;
  }

  @Override
  public double f1Score(DataSet data) {
    return f1Score(data.getFeatures(), data.getLabels());
  }

  @Override
  public double f1Score(INDArray examples, INDArray labels) {
    Evaluation evaluation = new Evaluation();
    evaluation.eval(labels, outputs(examples));
    return evaluation.f1();
  }

  @Override
  @Deprecated // by DL4J
  public int numLabels() {
    return network().outputs();
  }

  private INDArray outputs(INDArray examples) {
    setInput(examples, LayerWorkspaceMgr.noWorkspaces());
    return activate(false, LayerWorkspaceMgr.noWorkspaces());
  }

  @Override
  public int[] predict(INDArray examples) {
    return outputs(examples).argMax(1).toIntVector();
  }

  @Override
  public List<String> predict(DataSet data) {
    return Arrays.stream(predict(data.getFeatures())).mapToObj(data::getLabelName).toList();
  }

  @Override
  public void fit(DataSetIterator iterator) {
    throw fitTheNetwork();
  }

  @Override
  public void fit(INDArray examples, INDArray labels) {
    throw fitTheNetwork();
  }

  @Override
  public void fit(DataSet data) {
    throw fitTheNetwork();
  }

  @Override
  public void fit(INDArray examples, int[] labels) {
    throw fitTheNetwork();
  }

  private static UnsupportedOperationException fitTheNetwork() {
    return new UnsupportedOperationException(
        "call fit on the MultiLayerNetwork that contains this layer");
  }

  @Override
  public boolean isPretrainLayer() {
    return false;
  }

  /** Frees the memory outside the Java heap; the next use allocates it again. */
  @Override
  public void close() {
    Relaxer own = relaxer;
    if (own != null) {
      own.close();
      relaxer = null;
    }
    InputGradient gradient = inputGradient;
    if (gradient != null) {
      gradient.close();
      inputGradient = null;
    }
  }
}
