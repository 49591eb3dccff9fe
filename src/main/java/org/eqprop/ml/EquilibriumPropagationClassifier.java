package org.eqprop.ml;

import java.util.List;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.util.DefaultParamsReader;
import org.apache.spark.ml.util.DefaultParamsWritable;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.types.BooleanType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.NumericType;
import org.apache.spark.sql.types.StructType;
import org.eqprop.base.InputException;

/**
 * Trains a network with equilibrium propagation (Scellier &amp; Bengio 2017) on a DataFrame: an
 * estimator of Spark ML, for use in a Pipeline, in a CrossValidator or on its own.
 *
 * <p>The features are vectors, dense or sparse, of numbers from 0 to 1 (MinMaxScaler scales any
 * others; held-out rows may lie outside), and the labels are whole numbers from 0 (StringIndexer
 * converts anything else). The number of classes comes from the label column's metadata or else
 * from the largest label, and is at least two. Executors train on the rows where they are; the
 * driver never collects them. The same rows in the same order, with the same parameters and number
 * of replicas, give the same weights bit for bit, however they are partitioned. {@code repartition}
 * changes the order; {@link #setOrderCol} makes it stable again.
 *
 * <p>{@code explainParams()} explains every parameter. Each setter returns the classifier.
 */
public final class EquilibriumPropagationClassifier extends ClassifierParameters
    implements DefaultParamsWritable {
  private static final long serialVersionUID = 1L;

  /** Creates a classifier with a random identifier. */
  public EquilibriumPropagationClassifier() {
    super(randomUid());
  }

  /**
   * Creates a classifier.
   *
   * @param uid the stage's identifier
   */
  public EquilibriumPropagationClassifier(String uid) {
    super(PendingUid.begin(uid));
  }

  private <T> EquilibriumPropagationClassifier with(Param<T> param, T value) {
    set(param, value);
    return this;
  }

  /** Sets the number of epochs, ≥ 1. */
  public EquilibriumPropagationClassifier setMaxIter(int epochs) {
    return with(param(maxIter()), epochs);
  }

  /** Sets the seed of everything random. */
  public EquilibriumPropagationClassifier setSeed(long value) {
    return with(param(seed()), value);
  }

  /** Sets the number of examples per batch, ≥ 1. */
  public EquilibriumPropagationClassifier setBlockSize(int examples) {
    return with(param(blockSize()), examples);
  }

  /** Sets the learning rate of the first layer, &gt; 0; see {@link #stepSize}. */
  public EquilibriumPropagationClassifier setStepSize(double rate) {
    return with(param(stepSize()), rate);
  }

  /** Sets how much the validation error must fall for an epoch to count as an improvement, ≥ 0. */
  public EquilibriumPropagationClassifier setTol(double fraction) {
    return with(param(tol()), fraction);
  }

  /**
   * Sets the number of consecutive epochs without an improvement after which training stops, ≥ 1.
   */
  public EquilibriumPropagationClassifier setPatience(int epochs) {
    return with(param(patience()), epochs);
  }

  /** Sets the column of row weights. */
  public EquilibriumPropagationClassifier setWeightCol(String column) {
    return with(weightCol(), column);
  }

  /** Sets the column that is true for held-out rows. */
  public EquilibriumPropagationClassifier setValidationIndicatorCol(String column) {
    return with(validationIndicatorCol(), column);
  }

  /** Sets the column by which the rows are sorted before they are numbered. */
  public EquilibriumPropagationClassifier setOrderCol(String column) {
    return with(orderCol(), column);
  }

  /** Sets the number of epochs between checkpoints, ≥ 1; −1: no checkpoints. */
  public EquilibriumPropagationClassifier setCheckpointInterval(int epochs) {
    return with(param(checkpointInterval()), epochs);
  }

  /** Sets the folder of the checkpoints. */
  public EquilibriumPropagationClassifier setCheckpointDir(String folder) {
    return with(checkpointDir(), folder);
  }

  /** Sets the layer sizes: features, hidden units …, classes. */
  public EquilibriumPropagationClassifier setLayers(int... sizes) {
    return with(layers(), sizes);
  }

  /** Sets the network in HOCON, instead of layer sizes. */
  public EquilibriumPropagationClassifier setNetwork(String hocon) {
    return with(network(), hocon);
  }

  /** Sets the strength of the nudge, not 0. */
  public EquilibriumPropagationClassifier setBeta(double strength) {
    return with(param(beta()), strength);
  }

  /** Sets the gradient estimator. */
  public EquilibriumPropagationClassifier setEstimator(String word) {
    return with(estimator(), word);
  }

  /** Sets the schedule of the relaxation. */
  public EquilibriumPropagationClassifier setSchedule(String word) {
    return with(schedule(), word);
  }

  /** Sets the number of sweeps or steps of the free phase, ≥ 1. */
  public EquilibriumPropagationClassifier setFreeSteps(int steps) {
    return with(param(freeSteps()), steps);
  }

  /** Sets the number of sweeps or steps of each nudged phase, ≥ 1. */
  public EquilibriumPropagationClassifier setNudgedSteps(int steps) {
    return with(param(nudgedSteps()), steps);
  }

  /** Sets the learning rates, one per layer of weights, input side first. */
  public EquilibriumPropagationClassifier setLearningRates(double... rates) {
    return with(learningRates(), rates);
  }

  /** Sets the schedule of the learning rates. */
  public EquilibriumPropagationClassifier setRateSchedule(String word) {
    return with(rateSchedule(), word);
  }

  /** Sets the update rule. */
  public EquilibriumPropagationClassifier setUpdater(String word) {
    return with(updater(), word);
  }

  /** Sets the weight decay, in [0, 1]. */
  public EquilibriumPropagationClassifier setWeightDecay(double decay) {
    return with(param(weightDecay()), decay);
  }

  /** Sets the number of replicas; 0: chosen by the number of cores. */
  public EquilibriumPropagationClassifier setReplicas(int count) {
    return with(param(replicas()), count);
  }

  /** Sets how often the replicas are averaged per epoch, ≥ 1. */
  public EquilibriumPropagationClassifier setRoundsPerEpoch(int rounds) {
    return with(param(roundsPerEpoch()), rounds);
  }

  /** Sets the compute backend. */
  public EquilibriumPropagationClassifier setBackend(String word) {
    return with(backend(), word);
  }

  /** Sets further configuration keys, in HOCON. */
  public EquilibriumPropagationClassifier setConfiguration(String hocon) {
    return with(configuration(), hocon);
  }

  /** Casts a parameter: Java sees Scala's primitive type arguments as Object. */
  @SuppressWarnings("unchecked")
  private static <T> Param<T> param(Param<?> param) {
    return (Param<T>) param;
  }

  /**
   * Checks the columns before anything is fitted.
   *
   * @throws InputException if a column named by a parameter is missing or has the wrong type
   */
  @Override
  public StructType transformSchema(StructType schema) {
    StructType made = super.transformSchema(schema);
    requireColumn(weightCol(), schema, NumericType.class, "numbers");
    requireColumn(validationIndicatorCol(), schema, BooleanType.class, "true and false");
    requireColumn(orderCol(), schema, DataType.class, "a column");
    return made;
  }

  private void requireColumn(
      Param<String> param, StructType schema, Class<? extends DataType> type, String expected) {
    String column = valueOf(param);
    if (column == null) {
      return;
    }
    if (!List.of(schema.fieldNames()).contains(column)) {
      throw new InputException(
          param.name()
              + " = "
              + column
              + ": no such column: expected one of "
              + String.join(", ", schema.fieldNames()));
    }
    DataType found = schema.apply(column).dataType();
    if (!type.isInstance(found)) {
      throw new InputException(
          param.name()
              + " = "
              + column
              + ": the column is of type "
              + found.simpleString()
              + ": expected "
              + expected);
    }
  }

  /**
   * Trains a model; called by {@code fit}.
   *
   * @param rows not modified
   * @throws InputException if a row or a parameter cannot be used
   */
  @Override
  public EquilibriumPropagationClassificationModel train(Dataset<?> rows) {
    return new Fit(this, rows).model();
  }

  @Override
  public EquilibriumPropagationClassifier copy(ParamMap extra) {
    return defaultCopy(extra);
  }

  /** Returns a reader of saved classifiers. */
  public static MLReader<EquilibriumPropagationClassifier> read() {
    return new DefaultParamsReader<>();
  }

  /** Reads a saved classifier. */
  public static EquilibriumPropagationClassifier load(String path) {
    return read().load(path);
  }
}
