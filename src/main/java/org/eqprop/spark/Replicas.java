package org.eqprop.spark;

import java.io.Serializable;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.storage.StorageLevel;
import org.eqprop.backend.Backend;
import org.eqprop.base.Slice;
import org.eqprop.data.Examples;
import org.eqprop.dynamics.Measurement;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.learning.Batches;
import org.eqprop.learning.Hyperparameters;
import org.eqprop.learning.LocalTrainer;
import org.eqprop.learning.ReplicaSpec;
import org.eqprop.learning.RoundAssignment;
import org.eqprop.learning.UpdaterState;
import org.eqprop.network.Weights;

/**
 * The replicas on the cluster: an executor reads and keeps partition r of the data and trains
 * replica r on it. There is one Spark partition per replica. The weights, and the updater's state
 * if there is one, are broadcast to the replicas and come back as results.
 */
public final class Replicas extends ReplicaGroup {
  private final JavaSparkContext spark;
  private final JavaRDD<Partition> partitions;
  private final TaskProgress progress;
  private final PartitionJobs jobs;
  private final boolean owner;

  /**
   * Partitions the data; nothing is read yet.
   *
   * @param count number of replicas, ≥ 1
   */
  public Replicas(JavaSparkContext spark, DataPlan plan, ReplicaSpec spec, int count) {
    super(plan, spec, count);
    this.spark = spark;
    this.partitions =
        read(spark, plan, spec.backend(), count)
            .setName("partitions")
            .persist(StorageLevel.MEMORY_AND_DISK());
    this.progress = new TaskProgress(spark);
    this.jobs = new PartitionJobs(spark, partitions, count);
    this.owner = true;
  }

  private static JavaRDD<Partition> read(
      JavaSparkContext spark, DataPlan plan, Backend backend, int count) {
    JavaRDD<Partition> partitions =
        spark
            .parallelize(IntStream.range(0, count).boxed().toList(), count)
            .map(index -> Partition.read(plan, backend, index, count));
    for (Split split : Split.values()) {
      if (plan.source(split) instanceof DistributedSource source && plan.size(split) > 0) {
        Slice all = plan.slice(split);
        List<Slice> slices = IntStream.range(0, count).mapToObj(r -> all.part(r, count)).toList();
        partitions =
            partitions.zipPartitions(
                source.slices(slices),
                (partition, examples) ->
                    List.of(partition.next().with(split, examples.next())).iterator());
      }
    }
    return partitions;
  }

  private Replicas(Replicas other, ReplicaSpec spec) {
    super(other, spec);
    this.spark = other.spark;
    this.partitions = other.partitions;
    this.progress = new TaskProgress(spark);
    this.jobs = new PartitionJobs(spark, partitions, count);
    this.owner = false;
  }

  /**
   * Returns replicas with another spec on the same partitions, which still belong to these
   * replicas.
   *
   * @param other with the same inputs and outputs
   */
  @Override
  public Replicas with(ReplicaSpec other) {
    return new Replicas(this, other);
  }

  /**
   * Returns how long it takes at least to compute a round: as long as its slowest replica takes,
   * and, if there are more replicas than cores, as long as all of them take on those cores. The
   * rest is Spark's overhead.
   *
   * @param slowest seconds of the slowest replica
   * @param all seconds of all replicas together
   */
  @Override
  public double computeSeconds(double slowest, double all) {
    return Math.max(slowest, all / cores());
  }

  /** Returns how many tasks run at the same time. */
  public int cores() {
    return Math.max(1, TaskSlots.of(spark));
  }

  /** Returns the progress of the current epoch, as reported by the executors so far. */
  @Override
  public TaskProgress progress() {
    return progress;
  }

  @Override
  Progress startProgress() {
    progress.start();
    return progress;
  }

  @Override
  List<Partition.Summary> summaries() {
    return jobs.summaries("read data", spec.network().outputs(), spec.backend());
  }

  /**
   * Trains every replica for one round from the same weights and the same updater's state. If there
   * are more replicas than {@link Averaging#fanIn}, executors add up their results group by group
   * until at most that many sums are left.
   *
   * @param start state to start from
   * @param rateFactor factor on the learning rates
   * @param keepsState whether the updater's state is sent to the replicas and back; otherwise each
   *     replica starts with zeros
   * @return what is left to average: one result per replica, or sums of several
   */
  @Override
  List<? extends Contribution> train(
      TrainingState start, double rateFactor, int round, int rounds, boolean keepsState) {
    TrainingState sent = keepsState ? start.atRest() : start.atRest().updated(UpdaterState.ZERO);
    int epoch = start.epoch();
    ReplicaSpec learningRule = spec.scaled(rateFactor);
    TaskPlace place = place();
    int replicas = count;
    TaskProgress.Counters counters = progress.counters();
    PartitionJobs.Work<TrainingState, ReplicaResult> work =
        (partition, from) ->
            train(
                place,
                learningRule,
                partition,
                from,
                new RoundAssignment(epoch, round, rounds, partition.index(), replicas),
                batch -> tell(counters, batch),
                keepsState);
    String name = roundName(epoch, round, rounds);
    int arrays = 1 + (keepsState ? updater().stateSize() : 0);
    int fanIn = Averaging.fanIn(spec.network().parameterCount() * arrays);
    return count <= fanIn
        ? jobs.onEveryPartition(name, sent, work)
        : jobs.addedUp(name, sent, fanIn, work);
  }

  /**
   * Returns the name of a round's Spark jobs.
   *
   * @param epoch from 0
   */
  public static String roundName(int epoch, int round, int rounds) {
    return "epoch " + (epoch + 1) + ": train" + (rounds > 1 ? ", round " + (round + 1) : "");
  }

  private TaskPlace place() {
    return TaskPlace.of(spark, spec.backend(), count);
  }

  /** Trains a replica on its share, in the calling thread. */
  static ReplicaResult train(
      TaskPlace place,
      ReplicaSpec spec,
      Partition partition,
      TrainingState start,
      RoundAssignment share,
      Consumer<Measurement> progress,
      boolean keepsState) {
    try (Relaxer relaxer = place.relaxer(spec)) {
      relaxer.load(start.weights());
      LocalTrainer trainer = new LocalTrainer(spec, relaxer, start.updater());
      long begin = System.nanoTime();
      Measurement measurement = trainer.train(partition.set(Split.TRAINING), share, progress);
      double seconds = (System.nanoTime() - begin) / 1e9;
      UpdaterState left = keepsState ? trainer.updaterState() : UpdaterState.ZERO;
      return new ReplicaResult(partition.index(), relaxer.weights(), left, measurement, seconds);
    }
  }

  /** A function of a batch: the images {@code order[from]} … {@code order[to−1]}. */
  @FunctionalInterface
  public interface BatchFunction<T> extends Serializable {
    /**
     * Returns the value for a batch; runs on an executor.
     *
     * @param images all images of the partition; not modified
     * @param order indices into {@code images}; not modified
     */
    T of(Examples images, int[] order, int from, int to);
  }

  /**
   * Returns the values of a function for the batches of a round, which are the batches that {@link
   * LocalTrainer} trains on; one partition per replica.
   *
   * @param epoch from 0
   */
  public <T> JavaRDD<T> batches(BatchFunction<T> function, int epoch, int round, int rounds) {
    Hyperparameters hyperparameters = spec.hyperparameters();
    int replicas = count;
    TaskPlace place = place();
    return partitions.flatMap(
        partition -> {
          place.choose(); // the task that consumes the batches may train on them
          Examples images = partition.set(Split.TRAINING);
          RoundAssignment share =
              new RoundAssignment(epoch, round, rounds, partition.index(), replicas);
          Batches batches = Batches.of(hyperparameters, images.size(), share);
          return batches.list().stream()
              .map(batch -> function.of(images, batches.order(), batch.from(), batch.to()))
              .iterator();
        });
  }

  private static void tell(TaskProgress.Counters counters, Measurement batch) {
    counters.add(batch);
    RunningTask.endIfKilled();
  }

  @Override
  <T> List<T> onEverySlice(String what, Weights weights, Split split, Finding<T> finding) {
    ReplicaSpec learningRule = spec;
    TaskPlace place = place();
    return jobs.onEveryPartition(
        what,
        weights,
        (partition, sent) -> {
          try (Relaxer relaxer = place.relaxer(learningRule)) {
            relaxer.load(sent);
            relaxer.nameNoise(partition.index());
            return finding.of(relaxer, partition.set(split));
          }
        });
  }

  /** Cancels the running job; tasks stop after their current batch; no new job starts. */
  @Override
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
