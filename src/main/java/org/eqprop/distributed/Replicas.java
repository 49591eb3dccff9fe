package org.eqprop.distributed;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.HashPartitioner;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.storage.StorageLevel;
import org.eqprop.data.ImageSet;
import org.eqprop.data.InputException;
import org.eqprop.dynamics.Measurement;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.learning.Evaluator;
import org.eqprop.learning.LearningRule;
import org.eqprop.learning.LocalTrainer;
import org.eqprop.learning.Share;
import scala.collection.Iterator;
import scala.collection.JavaConverters;
import scala.reflect.ClassTag$;
import scala.runtime.AbstractFunction2;
import scala.runtime.BoxedUnit;

/**
 * The replicas on the cluster: partition r of the data is read and kept by an executor, which
 * trains replica r on it. One Spark partition a replica; the weights go out as a broadcast {@code
 * float[]} and come back as one.
 */
public final class Replicas implements AutoCloseable {
  private final JavaSparkContext spark;
  private final LearningRule rule;
  private final int count;
  private final List<Integer> indices;
  private final JavaRDD<Partition> partitions;
  private final Progress progress;

  /**
   * Partitions the data; nothing is read yet.
   *
   * @param count number of replicas, ≥ 1
   */
  public Replicas(JavaSparkContext spark, DataPlan plan, LearningRule rule, int count) {
    this.spark = spark;
    this.rule = rule;
    this.count = count;
    this.indices = IntStream.range(0, count).boxed().toList();
    this.partitions =
        spark
            .parallelize(indices, count)
            .map(index -> Partition.read(plan, index, count))
            .setName("partitions")
            .persist(StorageLevel.MEMORY_AND_DISK());
    this.progress = new Progress(spark);
  }

  /** Returns how many tasks run at a time. */
  int cores() {
    return Math.max(1, spark.defaultParallelism());
  }

  /** Returns how far the running epoch is, as far as the executors have told. */
  public Progress progress() {
    return progress;
  }

  /**
   * Lets every executor read and cache its slices.
   *
   * @return warnings about the data, a line each
   * @throws InputException if a slice cannot be read, or a label is out of range
   */
  public List<String> load() {
    spark.setJobDescription("read data");
    List<Partition.Summary> summaries = partitions.map(Partition::summary).collect();
    List<String> warnings = new ArrayList<>();
    int[] total = new int[rule.topology().outputs()];
    for (Partition.Summary summary : summaries) {
      if (summary.problem() != null) {
        throw new InputException(summary.problem());
      }
      for (int c = 0; c < summary.classCounts().size(); c++) {
        total[c] += summary.classCounts().get(c);
      }
    }
    for (int c = 0; c < total.length; c++) {
      warnAbout(c, total[c], summaries, warnings);
    }
    return warnings;
  }

  private void warnAbout(
      int label, int examples, List<Partition.Summary> summaries, List<String> warnings) {
    if (examples == 0) {
      warnings.add(
          "no training example has label "
              + label
              + ": the topology's last layer may be too large");
      return;
    }
    // A class spread evenly leaves none of many partitions empty; one that does comes of a sorted
    // file.
    long without =
        summaries.stream()
            .filter(s -> s.classCounts().size() <= label || s.classCounts().get(label) == 0)
            .count();
    if (without > 0 && examples / count >= 20) {
      warnings.add(
          "label "
              + label
              + " is missing from "
              + without
              + " of "
              + count
              + " partitions: is the file sorted by class? Replicas learn best from shuffled files");
    }
  }

  /**
   * Trains every replica for one round from the same weights. Where there are more than {@link
   * Averaging#FAN_IN}, executors add them up group by group until no more are left than that.
   *
   * @param parameters the weights to start from, flat; not modified
   * @return what is left to average: a result of each replica, or sums of several
   */
  List<? extends Contribution> train(float[] parameters, int epoch, int round, int rounds) {
    LearningRule learningRule = rule;
    int replicas = count;
    Progress.Counters counters = progress.counters();
    Work<ReplicaResult> work =
        (partition, weights) ->
            train(
                learningRule,
                partition,
                weights,
                new Share(epoch, round, rounds, partition.index(), replicas),
                counters);
    String name = "epoch " + (epoch + 1) + ": train" + (rounds > 1 ? ", round " + (round + 1) : "");
    return count <= Averaging.FAN_IN
        ? onEveryPartition(name, parameters, work)
        : addedUp(name, parameters, work);
  }

  private List<Contribution> addedUp(
      String name, float[] parameters, Work<? extends Contribution> work) {
    Broadcast<float[]> weights = spark.broadcast(parameters);
    spark.setJobDescription(name);
    try {
      JavaRDD<Contribution> level = partitions.map(p -> work.on(p, weights.value()));
      for (int left = count; left > Averaging.FAN_IN; left = Averaging.groups(left)) {
        level =
            level
                .keyBy(contribution -> Averaging.group(contribution.index()))
                .groupByKey(new HashPartitioner(Averaging.groups(left)))
                .map(group -> added(group._1(), group._2()));
      }
      return level.collect();
    } finally {
      spark.setJobDescription("");
      weights.destroy();
    }
  }

  private static Contribution added(int group, Iterable<Contribution> contributions) {
    List<Contribution> members = new ArrayList<>();
    contributions.forEach(members::add);
    return Averaging.sum(members, group);
  }

  private static ReplicaResult train(
      LearningRule rule,
      Partition partition,
      float[] weights,
      Share share,
      Progress.Counters counters) {
    try (Relaxer relaxer = rule.newRelaxer()) {
      relaxer.load(weights);
      LocalTrainer trainer = new LocalTrainer(rule, relaxer);
      long begin = System.nanoTime();
      Measurement measurement = trainer.train(partition.set(Split.TRAINING), share, counters::add);
      double seconds = (System.nanoTime() - begin) / 1e9;
      return new ReplicaResult(partition.index(), relaxer.parameters(), measurement, seconds);
    }
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
    LearningRule learningRule = rule;
    // Collected in the order of the partitions, so the sum repeats bit for bit.
    return onEveryPartition(
            what,
            parameters,
            (partition, weights) ->
                evaluate(learningRule, partition.set(split), weights, batch, most))
        .stream()
        .reduce(Measurement.none(rule.topology().depth()), Measurement::plus);
  }

  private static Measurement evaluate(
      LearningRule rule, ImageSet images, float[] weights, int batch, int most) {
    try (Relaxer relaxer = rule.newRelaxer()) {
      relaxer.load(weights);
      return new Evaluator(relaxer, batch).measure(images, Math.min(most, images.size()));
    }
  }

  /** What a task makes of its partition and the weights of the round. */
  @FunctionalInterface
  private interface Work<T> extends Serializable {
    T on(Partition partition, float[] weights);
  }

  /**
   * The function of a task. A class and not a lambda: of lambdas Spark reads the byte code, job by
   * job, to clean what they capture, which took longer than all else that it does for a round (ADR
   * 6).
   */
  private static final class TaskFunction<T>
      extends AbstractFunction2<TaskContext, Iterator<Partition>, T> implements Serializable {
    private static final long serialVersionUID = 1L;
    private final Work<T> work;
    private final Broadcast<float[]> weights;

    TaskFunction(Work<T> work, Broadcast<float[]> weights) {
      this.work = work;
      this.weights = weights;
    }

    @Override
    public T apply(TaskContext context, Iterator<Partition> partition) {
      return work.on(partition.next(), weights.value());
    }
  }

  /** Puts each task's result where its partition's is to be. */
  private static final class Gathered<T> extends AbstractFunction2<Object, T, BoxedUnit> {
    private final List<T> results;

    Gathered(int count) {
      results = new ArrayList<>(Collections.nCopies(count, null));
    }

    @Override
    public BoxedUnit apply(Object partition, T result) {
      results.set((Integer) partition, result);
      return BoxedUnit.UNIT;
    }
  }

  /** Runs a job of one task a partition, and returns what they make, by partition. */
  private <T> List<T> onEveryPartition(String name, float[] parameters, Work<T> work) {
    Broadcast<float[]> weights = spark.broadcast(parameters);
    Gathered<T> gathered = new Gathered<>(count);
    spark.setJobDescription(name);
    try {
      spark
          .sc()
          .runJob(
              partitions.rdd(),
              new TaskFunction<>(work, weights),
              JavaConverters.asScalaBuffer(List.<Object>copyOf(indices)).toSeq(),
              gathered,
              ClassTag$.MODULE$.apply(Object.class));
      return gathered.results;
    } finally {
      spark.setJobDescription("");
      weights.destroy();
    }
  }

  @Override
  public void close() {
    progress.close();
    partitions.unpersist(false);
  }
}
