package org.eqprop.grid;

import java.io.Serializable;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.spark.SparkException;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.eqprop.backend.Backend;
import org.eqprop.base.InputException;
import org.eqprop.base.KeyValues;
import org.eqprop.config.RunConfiguration;
import org.eqprop.data.InputStatistics;
import org.eqprop.dynamics.Measurement;
import org.eqprop.learning.Hyperparameters;
import org.eqprop.network.Weights;
import org.eqprop.spark.DataPlan;
import org.eqprop.spark.DataWarnings;
import org.eqprop.spark.EpochReport;
import org.eqprop.spark.Health;
import org.eqprop.spark.ReplicaGroup;
import org.eqprop.spark.Split;
import org.eqprop.spark.TaskPlace;
import org.eqprop.spark.TrainingFailedException;
import org.eqprop.spark.TrainingListener;
import org.eqprop.spark.TrainingSession;
import org.eqprop.spark.TrainingState;

/**
 * Trains points on Spark: a point with one replica as one task of an executor; a point with several
 * replicas as a run of its own, which shares its partitions with the other points that have as many
 * replicas.
 */
final class SparkPointTrainer implements PointTrainer, AutoCloseable {
  private static final int ATTEMPTS = 2;

  private final JavaSparkContext spark;
  private final Map<String, DataPlan> plans;
  private final Set<Backend> backends;
  private final GridProgress meters;
  private final Split judge;
  private volatile boolean cancelled;
  private final Map<String, TrainingSession> partitioned = new ConcurrentHashMap<>();

  /**
   * @param plans by {@link #data}
   * @param backends of the points
   * @param meters receive the progress of the running points
   * @param judge the set on which points are evaluated
   */
  SparkPointTrainer(
      JavaSparkContext spark,
      Map<String, DataPlan> plans,
      Set<Backend> backends,
      GridProgress meters,
      Split judge) {
    this.spark = spark;
    this.judge = judge;
    this.plans = plans;
    this.backends = backends;
    this.meters = meters;
  }

  /** Returns a key that identifies a point's data. */
  static String data(Point point) {
    RunConfiguration configuration = point.configuration();
    return configuration.data()
        + " "
        + configuration.spec().network().input()
        + " "
        + configuration.spec().network().outputs();
  }

  /**
   * Trains a point, and tries once more after a failure, in addition to Spark's own retries of a
   * task, which use other executors if there are any.
   */
  @Override
  public TrainedPoint train(Point point, int epochs, TrainedPoint before) {
    TrainedPoint result = before;
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      try {
        return isPlain(point)
            ? inOneTask(point, epochs, before)
            : overReplicas(point, epochs, before);
      } catch (Exception e) { // SparkException is checked, but Spark does not declare it
        if (cancelled || spark.sc().isStopped()) {
          throw e;
        }
        Throwable cause = cause(e);
        result = before.failed(InputException.reason(cause), false);
        if (cause instanceof InputException) {
          return result;
        }
      } finally {
        spark.setJobDescription("");
      }
    }
    return result;
  }

  /** Returns whether a run of the configuration only consists of training its one replica. */
  static boolean isPlain(Point point) {
    return point.replicas() == 1 && point.configuration().averaging().resolved(1).isPlain();
  }

  private static Throwable cause(Exception e) {
    Throwable cause = e;
    while (cause.getCause() != null && cause instanceof SparkException) {
      cause = cause.getCause();
    }
    return cause;
  }

  private DataPlan plan(Point point) {
    return java.util.Objects.requireNonNull(plans.get(data(point)));
  }

  private long examplesAnEpoch(Point point) {
    Hyperparameters hyperparameters = point.configuration().spec().hyperparameters();
    int examples = plan(point).size(Split.TRAINING);
    return Math.min(
        examples, (long) hyperparameters.batches(examples, 0, 1) * hyperparameters.batch());
  }

  private TrainedPoint inOneTask(Point point, int epochs, TrainedPoint before) {
    PointProgress meter = meters.of(before.result(), examplesAnEpoch(point));
    PointTask task =
        new PointTask(
            point.configuration().spec(),
            plan(point),
            data(point),
            judge,
            point.configuration().evaluation().batch(),
            epochs,
            meter,
            TaskPlace.of(spark, point.configuration().spec().backend(), Integer.MAX_VALUE));
    spark.setJobDescription("point " + (point.index() + 1) + " to epoch " + epochs);
    Broadcast<TrainedPoint> start = spark.broadcast(before);
    try {
      return spark.parallelize(List.of(task), 1).map(t -> t.run(start.value())).collect().get(0);
    } finally {
      meters.forget(point.index(), meter);
      if (!spark.sc().isStopped()) {
        start.destroy();
      }
    }
  }

  private TrainedPoint overReplicas(Point point, int epochs, TrainedPoint before) {
    RunConfiguration configuration = point.configuration();
    long begin = System.nanoTime();
    Curved curved = new Curved(before);
    try (TrainingSession session = partitioned(point).with(configuration, before.state())) {
      Weights weights = session.train(epochs, curved).weights();
      if (curved.trained.result().epochs() > before.result().epochs()) {
        ReplicaGroup replicas = session.replicas();
        int batch = configuration.evaluation().batch();
        curved.trained =
            curved.trained.warned(
                Health.verdict(
                    KeyValues.word(judge),
                    Objective.VALIDATION_ERROR.last(curved.trained.result().curve()),
                    replicas.classCounts(judge),
                    () -> replicas.tally(weights, judge, batch)));
      }
      return curved.trained.timed(begin);
    } catch (TrainingFailedException e) {
      return curved.trained.failed(String.valueOf(e.getMessage()), true).timed(begin);
    }
  }

  private TrainingSession partitioned(Point point) {
    return partitioned.computeIfAbsent(
        point.replicas() + " of " + data(point),
        k ->
            TrainingSession.builder()
                .configuration(point.configuration().resolved(point.replicas()))
                .plan(plan(point))
                .spark(spark)
                .build());
  }

  /** Records the result of each epoch. */
  private final class Curved implements TrainingListener {
    private TrainedPoint trained;

    Curved(TrainedPoint before) {
      this.trained = before;
    }

    @Override
    public void epochEnded(EpochReport report, TrainingState state) {
      Measurement judged = judge == Split.TEST ? report.test() : report.validation();
      LearningCurve curve =
          trained
              .result()
              .curve()
              .plus(report.training(), java.util.Objects.requireNonNull(judged));
      trained = trained.plus(curve, state);
      meters.tell(trained.result().point(), curve);
    }
  }

  /**
   * Makes an executor read all data, which it then keeps in memory.
   *
   * @return statistics of the data, and warnings
   * @throws InputException if a file cannot be read, a label is out of range, or the executor
   *     cannot compute with a backend
   */
  CheckedData checkData() {
    Map<String, InputStatistics> inputs = new HashMap<>();
    Set<String> warnings = new LinkedHashSet<>();
    List<Backend> needed = List.copyOf(backends);
    Split judging = judge;
    List<Map.Entry<String, DataPlan>> all = List.copyOf(plans.entrySet());
    for (Map.Entry<String, DataPlan> each : all) {
      String data = each.getKey();
      DataPlan plan = each.getValue();
      spark.setJobDescription("read data");
      try {
        ReadData read =
            spark
                .parallelize(List.of(0), 1)
                .map(i -> ReadData.of(data, plan, judging, needed))
                .collect()
                .get(0);
        inputs.put(data, read.inputs());
        List<Integer> none = Collections.nCopies(plan.classes(), 0);
        warnings.addAll(DataWarnings.ofInputs(read.inputs()));
        warnings.addAll(
            judge == Split.TEST
                ? DataWarnings.ofSets(read.training(), none, read.judging())
                : DataWarnings.ofSets(read.training(), read.judging(), none));
      } catch (Exception e) { // SparkException is checked, but Spark does not declare it
        if (cause(e) instanceof InputException input) {
          throw input;
        }
        throw e;
      }
    }
    return new CheckedData(inputs, List.copyOf(warnings));
  }

  /**
   * The result of checking all data.
   *
   * @param inputs statistics of the training images, by {@link #data}
   * @param warnings what looks wrong, one line each
   */
  record CheckedData(Map<String, InputStatistics> inputs, List<String> warnings) {}

  /** The class counts and statistics that an executor collects when it reads a data set. */
  private record ReadData(List<Integer> training, List<Integer> judging, InputStatistics inputs)
      implements Serializable {
    static ReadData of(String data, DataPlan plan, Split judge, List<Backend> backends) {
      backends.forEach(new TaskPlace(1)::check);
      return new ReadData(
          classCounts(data, plan, Split.TRAINING),
          classCounts(data, plan, judge),
          ExecutorData.of(data, plan, Split.TRAINING).statistics());
    }
  }

  private static List<Integer> classCounts(String data, DataPlan plan, Split split) {
    int[] counts = ExecutorData.of(data, plan, split).classCounts();
    return Arrays.stream(Arrays.copyOf(counts, plan.classes())).boxed().toList();
  }

  @Override
  public void cancel() {
    cancelled = true;
    if (!spark.sc().isStopped()) {
      spark.sc().cancelAllJobs();
    }
  }

  @Override
  public void close() {
    partitioned.values().forEach(TrainingSession::close);
  }
}
