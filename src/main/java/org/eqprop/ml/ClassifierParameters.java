package org.eqprop.ml;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.spark.ml.classification.ProbabilisticClassifier;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.ml.param.DoubleArrayParam;
import org.apache.spark.ml.param.DoubleParam;
import org.apache.spark.ml.param.IntArrayParam;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.LongParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.ParamValidators;
import org.apache.spark.ml.util.Identifiable$;
import org.eqprop.learning.Hyperparameters;
import org.jspecify.annotations.Nullable;

/**
 * The parameters of the classifier, each with its name, documentation, allowed values and default.
 * Spark finds them through the public methods that return them. Most of them set a configuration
 * key; the key's default in {@code defaults.conf} does not apply here.
 */
abstract class ClassifierParameters
    extends ProbabilisticClassifier<
        Vector, EquilibriumPropagationClassifier, EquilibriumPropagationClassificationModel> {
  private static final long serialVersionUID = 1L;

  // No initializer: it would run after Spark's constructors, which already ask for the uid.
  private final String uid;
  private final Map<String, Param<?>> keys = new LinkedHashMap<>();
  private final IntParam maxIter;
  private final LongParam seed;
  private final IntParam blockSize;
  private final DoubleParam stepSize;
  private final DoubleParam tol;
  private final IntParam patience;
  private final Param<String> weightCol;
  private final Param<String> validationIndicatorCol;
  private final Param<String> orderCol;
  private final IntParam checkpointInterval;
  private final Param<String> checkpointDir;
  private final IntArrayParam layers;
  private final Param<String> network;
  private final DoubleParam beta;
  private final Param<String> estimator;
  private final Param<String> schedule;
  private final IntParam freeSteps;
  private final IntParam nudgedSteps;
  private final DoubleArrayParam learningRates;
  private final Param<String> rateSchedule;
  private final Param<String> updater;
  private final DoubleParam weightDecay;
  private final IntParam replicas;
  private final IntParam roundsPerEpoch;
  private final Param<String> backend;
  private final Param<String> configuration;

  /**
   * @param pending the stage's identifier, {@link PendingUid#begin}
   */
  ClassifierParameters(String pending) {
    this.uid = pending;
    maxIter = whole("maxIter", "epochs (>= 1)", 1);
    seed =
        new LongParam(
            uid,
            "seed",
            "seed of everything random: initial weights, order of the rows, signs of the nudge");
    blockSize = whole("blockSize", "examples per batch (>= 1)", 1);
    stepSize =
        new DoubleParam(
            uid,
            "stepSize",
            "learning rate of the first layer (> 0), used if learningRates is not set. With adam it"
                + " applies to every layer; with other updaters each further layer has a quarter of"
                + " the rate of the layer below. Default: 0.2; with momentum or nesterov 0.01, a"
                + " twentieth of that; with adam 0.001",
            ParamValidators.gt(0));
    tol =
        new DoubleParam(
            uid,
            "tol",
            "the validation error must fall by more than this for an epoch to count as an"
                + " improvement (>= 0)",
            ParamValidators.gtEq(0));
    patience =
        whole(
            "patience",
            "with validationIndicatorCol: training stops after this many consecutive epochs without"
                + " an improvement (>= 1)",
            1);
    weightCol =
        text("weightCol", "column of row weights (>= 0); by default every row has weight 1");
    validationIndicatorCol =
        text(
            "validationIndicatorCol",
            "column that is true for held-out rows: the result is the model of the epoch with the"
                + " fewest errors on these rows");
    orderCol =
        text(
            "orderCol",
            "column by which the rows are sorted before they are numbered, so that repartitioning"
                + " changes nothing; by default the rows keep the order of the DataFrame");
    checkpointInterval =
        new IntParam(
            uid,
            "checkpointInterval",
            "with checkpointDir: number of epochs between checkpoints (>= 1), or -1 for none",
            new ParameterCheck<Object>(n -> (Integer) n == -1 || (Integer) n >= 1));
    checkpointDir =
        text(
            "checkpointDir",
            "folder for checkpoints, in any Hadoop file system: the same fit, started again,"
                + " resumes from there");
    layers =
        new IntArrayParam(
            this,
            "layers",
            "layer sizes: features, hidden units ..., classes, such as [784, 500, 10]; by default"
                + " one hidden layer of 500 units",
            new ParameterCheck<int[]>(
                sizes -> sizes.length >= 2 && Arrays.stream(sizes).allMatch(n -> n >= 1)));
    network =
        text(
            "network",
            "instead of layers: the value of the configuration key 'network', for convolutions and"
                + " other ranges of the units, such as { input = [28, 28], layers = [...] }");
    beta = new DoubleParam(uid, "beta", "strength of the nudge, not 0");
    estimator = choice("estimator", "gradient estimator", "one-sided", "random-sign", "centered");
    schedule = choice("schedule", "relaxation schedule", "synchronous", "even-odd");
    freeSteps = whole("freeSteps", "sweeps or steps of the free phase (>= 1)", 1);
    nudgedSteps = whole("nudgedSteps", "sweeps or steps of each nudged phase (>= 1)", 1);
    learningRates =
        new DoubleArrayParam(
            this,
            "learningRates",
            "one learning rate per layer of weights, input side first; by default derived from"
                + " stepSize",
            new ParameterCheck<double[]>(rates -> Arrays.stream(rates).allMatch(rate -> rate > 0)));
    rateSchedule =
        choice("rateSchedule", "learning rate schedule", "constant", "exponential", "cosine");
    updater = choice("updater", "update rule", "sgd", "momentum", "nesterov", "adam");
    weightDecay =
        new DoubleParam(
            uid,
            "weightDecay",
            "weight decay of all weights, in [0, 1]",
            ParamValidators.inRange(0, 1));
    replicas =
        whole(
            "replicas",
            "number of replicas of the network, each on its own partition; 0: one per core, as"
                + " long as each gets 50 batches per epoch. Set it to get the same weights on any"
                + " cluster",
            0);
    roundsPerEpoch =
        whole("roundsPerEpoch", "how often the replicas are averaged per epoch (>= 1)", 1);
    backend = choice("backend", "compute backend", "auto", "blas", "cuda", "nd4j");
    configuration =
        text(
            "configuration",
            "further configuration keys in HOCON, such as relaxation.tolerance = 1e-4; parameters"
                + " that are set override them");
    setDefaults();
    nameKeys();
    PendingUid.end();
  }

  private IntParam whole(String name, String doc, int least) {
    return new IntParam(uid, name, doc, ParamValidators.gtEq(least));
  }

  private Param<String> text(String name, String doc) {
    return new Param<>(uid, name, doc, new ParameterCheck<String>(value -> !value.isBlank()));
  }

  private Param<String> choice(String name, String doc, String... words) {
    return new Param<>(
        uid,
        name,
        doc + ": " + Arrays.stream(words).collect(Collectors.joining(", ")),
        new ParameterCheck<String>(value -> List.of(words).contains(value)));
  }

  private void setDefaults() {
    setDefault(maxIter, 15);
    setDefault(seed, 1L);
    setDefault(blockSize, 20);
    setDefault(tol, 0.0);
    setDefault(patience, 5);
    setDefault(checkpointInterval, 1);
    setDefault(beta, 0.4);
    setDefault(estimator, "centered");
    setDefault(schedule, "even-odd");
    setDefault(freeSteps, 5);
    setDefault(nudgedSteps, 4);
    setDefault(rateSchedule, "cosine");
    setDefault(updater, "sgd");
    setDefault(weightDecay, 0.0);
    setDefault(replicas, 0);
    setDefault(backend, "auto");
  }

  private void nameKeys() {
    keys.put(Hyperparameters.EPOCHS_KEY, maxIter);
    keys.put(Hyperparameters.SEED_KEY, seed);
    keys.put(Hyperparameters.BATCH_KEY, blockSize);
    keys.put("estimator.beta", beta);
    keys.put("estimator.kind", estimator);
    keys.put("relaxation.schedule", schedule);
    keys.put("relaxation.free-steps", freeSteps);
    keys.put("relaxation.nudged-steps", nudgedSteps);
    keys.put(Hyperparameters.LEARNING_RATES_KEY, learningRates);
    keys.put("training.schedule", rateSchedule);
    keys.put("training.updater.kind", updater);
    keys.put("training.updater.weight-decay", weightDecay);
    keys.put("averaging.replicas", replicas);
    keys.put("averaging.rounds-per-epoch", roundsPerEpoch);
    keys.put("backend", backend);
  }

  /** Returns the parameters that set a configuration key, by that key. */
  Map<String, Param<?>> keys() {
    return keys;
  }

  static String randomUid() {
    return PendingUid.begin(Identifiable$.MODULE$.randomUID("eqprop"));
  }

  @Override
  public String uid() {
    return PendingUid.of(uid);
  }

  /** Returns the value or else the default of a parameter; null if it has neither. */
  <T> @Nullable T valueOf(Param<T> param) {
    return isDefined(param) ? getOrDefault(param) : null;
  }

  /** Number of epochs. */
  public IntParam maxIter() {
    return maxIter;
  }

  /** Seed of everything random. */
  public LongParam seed() {
    return seed;
  }

  /** Number of examples per batch. */
  public IntParam blockSize() {
    return blockSize;
  }

  /** Learning rate of the first layer. */
  public DoubleParam stepSize() {
    return stepSize;
  }

  /** Smallest decrease of the validation error that counts as an improvement. */
  public DoubleParam tol() {
    return tol;
  }

  /** Number of consecutive epochs without an improvement after which training stops. */
  public IntParam patience() {
    return patience;
  }

  /** Column of the row weights. */
  public Param<String> weightCol() {
    return weightCol;
  }

  /** Column that marks the held-out rows. */
  public Param<String> validationIndicatorCol() {
    return validationIndicatorCol;
  }

  /** Column by which the rows are sorted. */
  public Param<String> orderCol() {
    return orderCol;
  }

  /** Number of epochs between checkpoints. */
  public IntParam checkpointInterval() {
    return checkpointInterval;
  }

  /** Folder of the checkpoints. */
  public Param<String> checkpointDir() {
    return checkpointDir;
  }

  /** Layer sizes. */
  public IntArrayParam layers() {
    return layers;
  }

  /** The network in HOCON. */
  public Param<String> network() {
    return network;
  }

  /** Strength of the nudge. */
  public DoubleParam beta() {
    return beta;
  }

  /** Gradient estimator. */
  public Param<String> estimator() {
    return estimator;
  }

  /** Schedule of the relaxation. */
  public Param<String> schedule() {
    return schedule;
  }

  /** Sweeps of the free phase. */
  public IntParam freeSteps() {
    return freeSteps;
  }

  /** Sweeps of each nudged phase. */
  public IntParam nudgedSteps() {
    return nudgedSteps;
  }

  /** Learning rates. */
  public DoubleArrayParam learningRates() {
    return learningRates;
  }

  /** Schedule of the learning rates. */
  public Param<String> rateSchedule() {
    return rateSchedule;
  }

  /** Update rule. */
  public Param<String> updater() {
    return updater;
  }

  /** Weight decay. */
  public DoubleParam weightDecay() {
    return weightDecay;
  }

  /** Number of replicas. */
  public IntParam replicas() {
    return replicas;
  }

  /** Number of averaging rounds per epoch. */
  public IntParam roundsPerEpoch() {
    return roundsPerEpoch;
  }

  /** Compute backend. */
  public Param<String> backend() {
    return backend;
  }

  /** Further configuration keys. */
  public Param<String> configuration() {
    return configuration;
  }
}
