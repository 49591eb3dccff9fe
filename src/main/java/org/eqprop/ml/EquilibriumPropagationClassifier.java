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
 * estimator of Spark ML, to be used in a Pipeline, a CrossValidator or by itself.
 *
 * <p>The features are vectors, dense or sparse, of numbers from 0 to 1 (MinMaxScaler makes them of
 * any others; rows that are held out may lie outside), and the labels whole numbers from 0
 * (StringIndexer makes them of anything else). There are as many classes as the label column's
 * metadata say, or else as labels are seen, at least two. Executors train on the rows where they
 * are; the driver never collects them. The same rows in the same order, with the same parameters
 * and number of replicas, give the same weights bit for bit, however they are partitioned. {@code
 * repartition} changes the order; {@link #setOrderCol} makes it stable again.
 *
 * <p>{@code explainParams()} tells what every parameter means. Each setter returns the classifier.
 */
public final class EquilibriumPropagationClassifier extends ClassifierParameters
    implements DefaultParamsWritable {
  private static final long serialVersionUID = 1L;

  /** A classifier with a random identifier. */
  public EquilibriumPropagationClassifier() {
    super(randomUid());
  }

  /**
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

  /** Sets the number of examples a batch, ≥ 1. */
  public EquilibriumPropagationClassifier setBlockSize(int examples) {
    return with(param(blockSize()), examples);
  }

  /** Sets the learning rate of the first layer, &gt; 0; see {@link #stepSize}. */
  public EquilibriumPropagationClassifier setStepSize(double rate) {
    return with(param(stepSize()), rate);
  }

  /** Sets by how much the validation error must fall for an epoch to count as better, ≥ 0. */
  public EquilibriumPropagationClassifier setTol(double fraction) {
    return with(param(tol()), fraction);
  }

  /** Sets after how many epochs in turn that were not better training stops, ≥ 1. */
  public EquilibriumPropagationClassifier setPatience(int epochs) {
    return with(param(patience()), epochs);
  }

  /** Sets the column of weights. */
  public EquilibriumPropagationClassifier setWeightCol(String column) {
    return with(weightCol(), column);
  }

  /** Sets the column that is true where a row is held out. */
  public EquilibriumPropagationClassifier setValidationIndicatorCol(String column) {
    return with(validationIndicatorCol(), column);
  }

  /** Sets the column that the rows are sorted by before they are numbered. */
  public EquilibriumPropagationClassifier setOrderCol(String column) {
    return with(orderCol(), column);
  }

  /** Sets after how many epochs the training is saved, ≥ 1; −1: never. */
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

  /** Sets the network in HOCON, in place of layer sizes. */
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

  /** Sets the sweeps or steps of the free phase, ≥ 1. */
  public EquilibriumPropagationClassifier setFreeSteps(int steps) {
    return with(param(freeSteps()), steps);
  }

  /** Sets the sweeps or steps of each nudged phase, ≥ 1. */
  public EquilibriumPropagationClassifier setNudgedSteps(int steps) {
    return with(param(nudgedSteps()), steps);
  }

  /** Sets the learning rates, one for each layer of weights, input side first. */
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

  /** Sets the number of replicas; 0: by the cores. */
  public EquilibriumPropagationClassifier setReplicas(int count) {
    return with(param(replicas()), count);
  }

  /** Sets how often in an epoch the replicas are averaged, ≥ 1. */
  public EquilibriumPropagationClassifier setRoundsPerEpoch(int rounds) {
    return with(param(roundsPerEpoch()), rounds);
  }

  /** Sets what computes. */
  public EquilibriumPropagationClassifier setBackend(String word) {
    return with(backend(), word);
  }

  /** Sets further keys of the configuration, in HOCON. */
  public EquilibriumPropagationClassifier setConfiguration(String hocon) {
    return with(configuration(), hocon);
  }

  /** Java sees parameters of primitive numbers as those of objects. */
  @SuppressWarnings("unchecked")
  private static <T> Param<T> param(Param<?> param) {
    return (Param<T>) param;
  }

  /**
   * Checks the columns, before anything is fitted.
   *
   * @throws InputException if one that a parameter names is missing or of another type
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
   * Trains; called by {@code fit}.
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

  /** Returns what reads a stored classifier. */
  public static MLReader<EquilibriumPropagationClassifier> read() {
    return new DefaultParamsReader<>();
  }

  /** Reads a stored classifier. */
  public static EquilibriumPropagationClassifier load(String path) {
    return read().load(path);
  }
}
