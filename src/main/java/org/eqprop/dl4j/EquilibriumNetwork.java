package org.eqprop.dl4j;

import java.util.Arrays;
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
import org.eqprop.learning.EstimatorKind;
import org.eqprop.learning.GradientEstimator;
import org.eqprop.network.Floats;
import org.eqprop.network.Network;
import org.eqprop.network.ParameterLayout;
import org.eqprop.network.Parameters;
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

/** The layer at work; see {@link EquilibriumLayer}. For one thread at a time, as DL4J's own. */
final class EquilibriumNetwork extends BaseLayer<EquilibriumLayer> implements IOutputLayer {
  private static final long serialVersionUID = 1L;

  private transient @Nullable Relaxer relaxer;
  private transient @Nullable Measurement measured;
  private @Nullable INDArray labels;

  EquilibriumNetwork(NeuralNetConfiguration conf, DataType type) {
    super(conf, type);
  }

  /**
   * Returns energy, cost and errors of the last batch that was trained on, at its free equilibrium
   * before the update; null before the first, and after any other input.
   */
  @Nullable Measurement measured() {
    return measured;
  }

  private Network network() {
    return layerConf().network();
  }

  /** Returns the type that the relaxer computes in. */
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

  /** Relaxes the input freely with the layer's weights. */
  private Relaxer relaxedFree(int[] classes) {
    if (maskArray != null) {
      throw new DL4JInvalidInputException("A mask is set: expected none " + layerId());
    }
    Relaxer own = own();
    load(own);
    INDArray x = input.castTo(computingType());
    requireIntensities(x);
    own.clamp(x, classes);
    own.relaxFree();
    return own;
  }

  private void load(Relaxer own) {
    if (dataType == DataType.DOUBLE) {
      try (Parameters parameters = Parameters.zeros(network(), DataType.DOUBLE)) {
        for (int k = 1; k <= network().depth(); k++) {
          parameters.weight(k).assign(getParam(EquilibriumParams.weight(k)));
          parameters.bias(k).assign(getParam(EquilibriumParams.bias(k)));
        }
        own.load(parameters);
      }
    } else {
      own.load(new Weights(network(), Floats.of(paramsFlattened)));
    }
  }

  private void requireIntensities(INDArray x) {
    if (x.rank() != 2 || x.size(1) != network().inputs()) {
      throw new DL4JInvalidInputException(
          "Input of shape "
              + Arrays.toString(x.shape())
              + ": expected [examples, "
              + network().inputs()
              + "] "
              + layerId());
    }
    float least = 0;
    float most = 0;
    for (float value : Floats.of(x)) {
      least = Math.min(least, value); // NaN stays
      most = Math.max(most, value);
    }
    if (!(least >= 0 && most <= 1)) {
      throw new DL4JInvalidInputException(
          "Input with values from "
              + least
              + " to "
              + most
              + ": expected [0, 1], as new ImagePreProcessingScaler(0, 1) makes of pixels "
              + layerId());
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
    INDArray given = givenLabels();
    if (given.rank() != 2
        || given.size(0) != input.size(0)
        || given.size(1) != network().outputs()) {
      throw new DL4JInvalidInputException(
          "Labels of shape "
              + Arrays.toString(given.shape())
              + ": expected ["
              + input.size(0)
              + ", "
              + network().outputs()
              + "], one-hot "
              + layerId());
    }
    float[] values = Floats.of(given);
    int outputs = network().outputs();
    int[] classes = new int[values.length / outputs];
    for (int i = 0; i < classes.length; i++) {
      classes[i] = hot(values, i * outputs, outputs, i);
    }
    return classes;
  }

  private int hot(float[] values, int from, int count, int example) {
    int hot = -1;
    for (int c = 0; c < count; c++) {
      float value = values[from + c];
      boolean one = value == 1;
      if (!(one || value == 0) || (one && hot >= 0)) {
        hot = -2;
      } else if (one) {
        hot = c;
      }
    }
    if (hot < 0) {
      throw new DL4JInvalidInputException(
          "Labels of example "
              + example
              + ": "
              + Arrays.toString(Arrays.copyOfRange(values, from, from + count))
              + ": expected one 1 and else 0 "
              + layerId());
    }
    return hot;
  }

  /** Runs what allocates arrays that DL4J's workspaces know nothing of. */
  @SuppressWarnings("try") // the scope is open, and that is all
  private static <T> T outside(Supplier<T> work) {
    try (MemoryWorkspace none = Nd4j.getMemoryManager().scopeOutOfWorkspaces()) {
      return work.get();
    }
  }

  /** Returns an array where DL4J wants it, and frees the one outside of its workspaces. */
  private static INDArray moved(LayerWorkspaceMgr workspaces, ArrayType type, INDArray array) {
    INDArray moved = workspaces.dup(type, array, 'f');
    array.close();
    return moved;
  }

  private INDArray outputs(int[] classes) {
    return relaxedFree(classes).state(Equilibrium.FREE, network().depth()).castTo(dataType);
  }

  /** Returns s_L [B × n_L] at the free equilibrium. */
  @Override
  public INDArray activate(boolean training, LayerWorkspaceMgr workspaces) {
    assertInputSet(false);
    INDArray outputs = outside(() -> outputs(new int[(int) input.size(0)]));
    return moved(workspaces, ArrayType.ACTIVATIONS, outputs);
  }

  /**
   * Estimates the gradients: those of the weights, summed over the batch (DL4J divides by its
   * size), and that of the input, [B × n_0], one row an example: −(s_1 at plus − s_1 at minus) W_1ᵀ
   * / scale, since ∂E/∂s_0 = s_0 − s_1 W_1ᵀ on [0, 1].
   */
  @Override
  public Pair<Gradient, INDArray> backpropGradient(INDArray epsilon, LayerWorkspaceMgr workspaces) {
    assertInputSet(true);
    INDArray before = outside(this::estimates);
    Gradient gradient = new DefaultGradient(gradientsFlattened);
    gradientViews.forEach((key, view) -> gradient.setGradientFor(key, view, 'c'));
    return new Pair<>(gradient, moved(workspaces, ArrayType.ACTIVATION_GRAD, before));
  }

  /** Sets the gradient views, and returns the gradient of the input. */
  private INDArray estimates() {
    Relaxer own = relaxedFree(classes());
    measured = own.measure(Equilibrium.FREE);
    GradientEstimator.Contrast contrast = layerConf().estimator().nudge(own, signs());
    estimate(own, contrast);
    return gradientOfInput(own, contrast);
  }

  private void estimate(Relaxer own, GradientEstimator.Contrast contrast) {
    double[] coefficients = ParameterLayout.of(network()).forEveryTensor(-1 / contrast.scale());
    if (dataType != DataType.DOUBLE) {
      Weights flat = own.contrast(contrast.plus(), contrast.minus(), coefficients);
      try (INDArray estimate = Floats.array(flat.values(), gradientsFlattened.shape())) {
        gradientsFlattened.assign(estimate);
      }
      return;
    }
    try (Parameters estimate = Parameters.zeros(network(), DataType.DOUBLE)) {
      own.addContrast(contrast.plus(), contrast.minus(), coefficients, estimate);
      for (int k = 1; k <= network().depth(); k++) {
        EquilibriumParams.param(gradientViews, EquilibriumParams.weight(k))
            .assign(estimate.weight(k));
        EquilibriumParams.param(gradientViews, EquilibriumParams.bias(k)).assign(estimate.bias(k));
      }
    }
  }

  private INDArray gradientOfInput(Relaxer own, GradientEstimator.Contrast contrast) {
    try (INDArray difference = own.state(contrast.minus(), 1);
        INDArray plus = own.state(contrast.plus(), 1)) {
      return difference
          .subi(plus)
          .divi(contrast.scale())
          .castTo(dataType)
          .mmul(getParam(EquilibriumParams.weight(1)).transpose());
    }
  }

  /** Of seed, iteration and batch: replicas that see other examples draw other signs. */
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
    INDArray costs =
        outside(
            () -> {
              INDArray residual = outputs(classes()).sub(givenLabels().castTo(dataType));
              return residual.mul(residual).sum(true, 1).addi(regularization);
            });
    return moved(workspaces, ArrayType.ACTIVATIONS, costs);
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
    return new UnsupportedOperationException("fit the MultiLayerNetwork that this layer is in");
  }

  @Override
  public boolean isPretrainLayer() {
    return false;
  }

  /** Frees the memory outside the Java heap; the next use allocates it anew. */
  @Override
  public void close() {
    Relaxer own = relaxer;
    if (own != null) {
      own.close();
      relaxer = null;
    }
  }
}
