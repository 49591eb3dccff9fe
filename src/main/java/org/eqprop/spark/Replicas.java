package org.eqprop.spark;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.storage.StorageLevel;
import org.eqprop.backend.Backend;
import org.eqprop.base.InputException;
import org.eqprop.data.Examples;
import org.eqprop.data.InputStatistics;
import org.eqprop.dynamics.Measurement;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.learning.Batches;
import org.eqprop.learning.Evaluator;
import org.eqprop.learning.Hyperparameters;
import org.eqprop.learning.LearningRule;
import org.eqprop.learning.LocalTrainer;
import org.eqprop.learning.Share;
import org.eqprop.learning.Updater;
import org.eqprop.learning.UpdaterState;

/**
 * The replicas on the cluster: partition r of the data is read and kept by an executor, which
 * trains replica r on it. One Spark partition a replica; the weights, and the updater's state where
 * there is one, go out as a broadcast and come back as arrays.
 */
public final class Replicas implements AutoCloseable {
  private final JavaSparkContext spark;
  private final LearningRule rule;
  private final int count;
  private final DataPlan plan;
  private final JavaRDD<Partition> partitions;
  private final Progress progress;
  private final PartitionJobs jobs;
  private final boolean owner;
  private InputStatistics inputs = InputStatistics.none();
  private String computing = "";
  private final Map<Split, List<Integer>> classCounts;

  /**
   * Partitions the data; nothing is read yet.
   *
   * @param count number of replicas, ≥ 1
   */
  public Replicas(JavaSparkContext spark, DataPlan plan, LearningRule rule, int count) {
    this.spark = spark;
    this.rule = rule;
    this.count = count;
    this.plan = plan;
    Backend backend = rule.backend();
    this.partitions =
        spark
            .parallelize(IntStream.range(0, count).boxed().toList(), count)
            .map(index -> Partition.read(plan, backend, index, count))
            .setName("partitions")
            .persist(StorageLevel.MEMORY_AND_DISK());
    this.progress = new Progress(spark);
    this.jobs = new PartitionJobs(spark, partitions, count);
    this.owner = true;
    this.classCounts = new EnumMap<>(Split.class);
  }

  private Replicas(Replicas other, LearningRule rule) {
    this.spark = other.spark;
    this.rule = rule;
    this.count = other.count;
    this.plan = other.plan;
    this.partitions = other.partitions;
    this.progress = new Progress(spark);
    this.jobs = new PartitionJobs(spark, partitions, count);
    this.owner = false;
    this.inputs = other.inputs;
    this.computing = other.computing;
    this.classCounts = other.classCounts;
  }

  /**
   * Returns replicas that learn by another rule, on the same partitions, which stay these' own.
   *
   * @param other of the same inputs and outputs
   */
  public Replicas with(LearningRule other) {
    return new Replicas(this, other);
  }

  /** Returns the rule by which each updates its weights. */
  Updater updater() {
    return rule.hyperparameters().updater().updater();
  }

  /** Returns how many there are. */
  public int count() {
    return count;
  }

  /** Returns how many batches an epoch has on the partition that has most, ≥ 1. */
  public int mostBatches() {
    return plan.batches(count, rule.hyperparameters()).max().orElse(1);
  }

  /**
   * Returns how long a round had to compute at least: as long as its slowest replica, and, where
   * there are more replicas than cores, as long as all of them take on those cores. The rest is
   * what Spark costs.
   *
   * @param slowest seconds of the slowest replica
   * @param all seconds of all replicas together
   */
  public double computeSeconds(double slowest, double all) {
    return Math.max(slowest, all / cores());
  }

  /** Returns how many tasks run at a time. */
  public int cores() {
    return Math.max(1, TaskSlots.of(spark));
  }

  /** Returns how far the running epoch is, as far as the executors have told. */
  public Progress progress() {
    return progress;
  }

  /**
   * Lets every executor read and cache its slices.
   *
   * @return warnings about the data, a line each
   * @throws InputException if a slice cannot be read, a label is out of range, or an executor
   *     cannot compute
   */
  public List<String> load() {
    List<Partition.Summary> summaries =
        jobs.summaries("read data", rule.topology().outputs(), rule.backend());
    for (Split split : Split.values()) {
      classCounts.put(split, total(summaries, split));
    }
    inputs =
        summaries.stream()
            .map(Partition.Summary::inputs)
            .reduce(InputStatistics.none(), InputStatistics::plus);
    List<String> warnings = new ArrayList<>(DataWarnings.ofInputs(inputs));
    Set<String> kernels = new TreeSet<>();
    summaries.forEach(summary -> kernels.add(summary.kernels()));
    if (kernels.size() > 1) {
      warnings.add(
          "executors compute with different kernels ("
              + String.join(", ", kernels)
              + "): the weights will depend on which trains which replica; "
              + (rule.backend().equals(Backend.CUDA)
                  ? "use GPUs of one kind, with one version of CUDA"
                  : "set OPENBLAS_CORETYPE to what all of them can"));
    }
    computing =
        summaries.stream()
            .map(Partition.Summary::computing)
            .distinct()
            .sorted()
            .collect(Collectors.joining("; "));
    warnings.addAll(
        DataWarnings.ofSets(
            classCounts(Split.TRAINING), classCounts(Split.VALIDATION), classCounts(Split.TEST)));
    warnings.addAll(
        DataWarnings.ofPartitions(summaries.stream().map(s -> counts(s, Split.TRAINING)).toList()));
    return warnings;
  }

  /** Returns what the training images add up to; of none before {@link #load}. */
  public InputStatistics inputs() {
    return inputs;
  }

  /** Returns what the executors compute with, in words; empty before {@link #load}. */
  public String computing() {
    return computing;
  }

  private static List<Integer> counts(Partition.Summary summary, Split split) {
    return java.util.Objects.requireNonNull(summary.classCounts().get(split));
  }

  private List<Integer> total(List<Partition.Summary> summaries, Split split) {
    return IntStream.range(0, rule.topology().outputs())
        .mapToObj(c -> summaries.stream().mapToInt(s -> counts(s, split).get(c)).sum())
        .toList();
  }

  /**
   * Returns how many examples of a set each class has, [n_L].
   *
   * @throws IllegalStateException before {@link #load}
   */
  public List<Integer> classCounts(Split split) {
    List<Integer> counts = classCounts.get(split);
    if (counts == null) {
      throw new IllegalStateException("the data are not loaded");
    }
    return counts;
  }

  /**
   * Trains every replica for one round from the same weights and the same updater's state. Where
   * there are more than {@link Averaging#fanIn}, executors add them up group by group until no more
   * are left than that.
   *
   * @param start what to start from
   * @param rateFactor on the learning rates
   * @param keepsState whether the updater's state goes out and comes back; otherwise each replica
   *     starts with zeros
   * @return what is left to average: a result of each replica, or sums of several
   */
  List<? extends Contribution> train(
      TrainingState start, double rateFactor, int round, int rounds, boolean keepsState) {
    TrainingState sent = keepsState ? start.atRest() : start.atRest().updated(UpdaterState.ZERO);
    int epoch = start.epoch();
    LearningRule learningRule = rule.scaled(rateFactor);
    TaskPlace place = place();
    int replicas = count;
    Progress.Counters counters = progress.counters();
    PartitionJobs.Work<TrainingState, ReplicaResult> work =
        (partition, from) ->
            train(
                place,
                learningRule,
                partition,
                from,
                new Share(epoch, round, rounds, partition.index(), replicas),
                counters,
                keepsState);
    String name = roundName(epoch, round, rounds);
    int arrays = 1 + (keepsState ? updater().stateSize() : 0);
    int fanIn = Averaging.fanIn(start.parameters().length * arrays);
    return count <= fanIn
        ? jobs.onEveryPartition(name, sent, work)
        : jobs.addedUp(name, sent, fanIn, work);
  }

  /**
   * Returns what Spark's jobs of a round are called.
   *
   * @param epoch from 0
   */
  public static String roundName(int epoch, int round, int rounds) {
    return "epoch " + (epoch + 1) + ": train" + (rounds > 1 ? ", round " + (round + 1) : "");
  }

  private TaskPlace place() {
    return TaskPlace.of(spark, rule.backend(), count);
  }

  private static ReplicaResult train(
      TaskPlace place,
      LearningRule rule,
      Partition partition,
      TrainingState start,
      Share share,
      Progress.Counters counters,
      boolean keepsState) {
    try (Relaxer relaxer = place.relaxer(rule)) {
      relaxer.load(start.parameters());
      LocalTrainer trainer = new LocalTrainer(rule, relaxer, start.updater());
      long begin = System.nanoTime();
      Measurement measurement =
          trainer.train(partition.set(Split.TRAINING), share, batch -> tell(counters, batch));
      double seconds = (System.nanoTime() - begin) / 1e9;
      UpdaterState left = keepsState ? trainer.updaterState() : UpdaterState.ZERO;
      return new ReplicaResult(partition.index(), relaxer.parameters(), left, measurement, seconds);
    }
  }

  /** What becomes of a batch: the images {@code order[from]} … {@code order[to−1]}. */
  @FunctionalInterface
  public interface BatchFunction<T> extends Serializable {
    /**
     * Makes something of a batch; runs on an executor.
     *
     * @param images of the partition; not modified
     * @param order indices into {@code images}; not modified
     */
    T of(Examples images, int[] order, int from, int to);
  }

  /**
   * Returns what a function makes of the batches of a round: those that {@link LocalTrainer} trains
   * on, one partition a replica.
   *
   * @param epoch from 0
   */
  public <T> JavaRDD<T> batches(BatchFunction<T> function, int epoch, int round, int rounds) {
    Hyperparameters hyperparameters = rule.hyperparameters();
    int replicas = count;
    TaskPlace place = place();
    return partitions.flatMap(
        partition -> {
          place.choose(); // the task that takes the batches may train on them
          Examples images = partition.set(Split.TRAINING);
          Share share = new Share(epoch, round, rounds, partition.index(), replicas);
          Batches batches = Batches.of(hyperparameters, images.size(), share);
          return batches.list().stream()
              .map(batch -> function.of(images, batches.order(), batch.from(), batch.to()))
              .iterator();
        });
  }

  private static void tell(Progress.Counters counters, Measurement batch) {
    counters.add(batch);
    RunningTask.endIfKilled();
  }

  /**
   * Measures the weights on a set, each executor on its slice.
   *
   * @param parameters flat; not modified
   * @param what names the Spark job
   * @param batch images relaxed at a time
   */
  public Measurement evaluate(float[] parameters, Split split, String what, int batch) {
    return evaluate(parameters, split, what, batch, Integer.MAX_VALUE);
  }

  /**
   * Measures the weights on the first examples of each slice.
   *
   * @param most how many of each slice at most
   */
  Measurement evaluate(float[] parameters, Split split, String what, int batch, int most) {
    // Collected in the order of the partitions, so the sum repeats bit for bit.
    return onEverySlice(
            what,
            parameters,
            split,
            (relaxer, images) ->
                new Evaluator(relaxer, batch).measure(images, Math.min(most, images.size())))
        .stream()
        .reduce(Measurement.none(rule.topology().depth()), Measurement::plus);
  }

  /**
   * Looks at what every unit does on a set, each executor on its slice.
   *
   * @param parameters flat; not modified
   * @param batch images relaxed at a time
   * @return the examples in the order of the set
   */
  public Examination examine(float[] parameters, Split split, int batch) {
    return onEverySlice(
            "examine " + split.name().toLowerCase(java.util.Locale.ROOT),
            parameters,
            split,
            (relaxer, images) -> Examination.of(relaxer, images, batch))
        .stream()
        .reduce(Examination::plus)
        .orElseThrow();
  }

  /**
   * Counts how each class of a set fares, each executor on its slice.
   *
   * @param parameters flat; not modified
   * @param batch images relaxed at a time
   */
  public ClassTally tally(float[] parameters, Split split, int batch) {
    return onEverySlice(
            "count classes of " + split.name().toLowerCase(java.util.Locale.ROOT),
            parameters,
            split,
            (relaxer, images) -> ClassTally.of(relaxer, images, batch))
        .stream()
        .reduce(ClassTally.none(rule.topology().outputs()), ClassTally::plus);
  }

  /** What an executor finds out about a slice with the weights loaded. */
  @FunctionalInterface
  private interface Finding<T> extends Serializable {
    T of(Relaxer relaxer, Examples images);
  }

  private <T> List<T> onEverySlice(
      String what, float[] parameters, Split split, Finding<T> finding) {
    LearningRule learningRule = rule;
    TaskPlace place = place();
    return jobs.onEveryPartition(
        what,
        parameters,
        (partition, weights) -> {
          try (Relaxer relaxer = place.relaxer(learningRule)) {
            relaxer.load(weights);
            return finding.of(relaxer, partition.set(split));
          }
        });
  }

  /** Cancels the running job; tasks stop after their current batch; no new job starts. */
  public void cancel() {
    jobs.cancel();
  }

  @Override
  public void close() {
    jobs.close();
    progress.close();
    if (owner) {
      partitions.unpersist(false);
    }
  }
}
