package org.eqprop.spark;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.spark.HashPartitioner;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerStageSubmitted;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.scheduler.SparkListenerTaskStart;
import org.eqprop.backend.Backend;
import org.eqprop.base.InputException;
import scala.collection.Iterator;
import scala.reflect.ClassTag$;
import scala.runtime.AbstractFunction2;
import scala.runtime.BoxedUnit;

/**
 * Spark jobs with one task per partition, to which one value is broadcast. They can be cancelled
 * from another thread.
 */
final class PartitionJobs implements AutoCloseable {
  private static final long POLL_MILLIS = 20;
  private static final int IDLE_POLLS = 500;

  private final JavaSparkContext spark;
  private final JavaRDD<Partition> partitions;
  private final int count;
  private final RunningTasks running = new RunningTasks();
  private volatile boolean cancelled;

  PartitionJobs(JavaSparkContext spark, JavaRDD<Partition> partitions, int count) {
    this.spark = spark;
    this.partitions = partitions;
    this.count = count;
    spark.sc().addSparkListener(running);
  }

  /**
   * Makes every executor read its partitions, and returns summaries of these.
   *
   * @param classes number of classes; labels are below it
   * @throws InputException if a partition cannot be read; this is the cause of Spark's own
   *     exception
   */
  List<Partition.Summary> summaries(String name, int classes, Backend backend) {
    begin(name);
    try {
      return partitions.map(partition -> partition.summary(classes, backend)).collect();
    } catch (Exception e) { // Spark throws a checked exception that it does not declare
      throw InputException.within(e);
    }
  }

  /**
   * The work of a task: computes a result from its partition and the broadcast value, which it must
   * not modify.
   */
  @FunctionalInterface
  interface Work<B, T> extends Serializable {
    T on(Partition partition, B sent);
  }

  /**
   * The function of a task. It is a class rather than a lambda because Spark reads the byte code of
   * lambdas for every job, to clean what they capture, which took longer than everything else that
   * it does for a round (ADR 6).
   */
  private static final class TaskFunction<B, T>
      extends AbstractFunction2<TaskContext, Iterator<Partition>, T> implements Serializable {
    private static final long serialVersionUID = 1L;
    private final Work<B, T> work;
    private final Broadcast<B> sent;

    TaskFunction(Work<B, T> work, Broadcast<B> sent) {
      this.work = work;
      this.sent = sent;
    }

    @Override
    public T apply(TaskContext context, Iterator<Partition> partition) {
      return work.on(partition.next(), sent.value());
    }
  }

  /** Stores each task's result at the index of its partition. */
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

  /**
   * Runs a job with one task per partition, and returns the results in the order of the partitions.
   *
   * @param value broadcast to the tasks
   */
  <B, T> List<T> onEveryPartition(String name, B value, Work<B, T> work) {
    begin(name);
    Broadcast<B> sent = spark.broadcast(value);
    Gathered<T> gathered = new Gathered<>(count);
    try {
      spark
          .sc()
          .runJob(
              partitions.rdd(),
              new TaskFunction<>(work, sent),
              gathered,
              ClassTag$.MODULE$.apply(Object.class));
      return gathered.results;
    } finally {
      end(sent);
    }
  }

  /**
   * Runs a job with one task per partition, and makes executors add up the results, group by group,
   * until no more sums are left than are added in one place.
   *
   * @param value broadcast to the tasks
   * @param fanIn how many are added in one place: see {@link Averaging#fanIn}
   */
  <B> List<Contribution> addedUp(
      String name, B value, int fanIn, Work<B, ? extends Contribution> work) {
    begin(name);
    Broadcast<B> sent = spark.broadcast(value);
    try {
      JavaRDD<Contribution> level = partitions.map(p -> work.on(p, sent.value()));
      for (int left = count; left > fanIn; left = Averaging.groups(left, fanIn)) {
        level =
            level
                .keyBy(contribution -> Averaging.group(contribution.index(), fanIn))
                .groupByKey(new HashPartitioner(Averaging.groups(left, fanIn)))
                .map(group -> added(group._1(), group._2()));
      }
      List<Contribution> sums = level.collect();
      level.rdd().cleanShuffleDependencies(false);
      return sums;
    } finally {
      end(sent);
    }
  }

  private static Contribution added(int group, Iterable<Contribution> contributions) {
    List<Contribution> members = new ArrayList<>();
    contributions.forEach(members::add);
    return Averaging.sum(members, group);
  }

  /** Cancels the running job; tasks stop after their current batch; no new job starts. */
  void cancel() {
    cancelled = true;
    if (!spark.sc().isStopped()) {
      spark.sc().cancelAllJobs();
    }
  }

  /**
   * Destroys the broadcast, unless the job was cancelled: its tasks may still be fetching the
   * broadcast, which is then destroyed with the context.
   */
  private void end(Broadcast<?> sent) {
    if (!cancelled) {
      spark.setJobDescription("");
      sent.destroy();
    }
  }

  private void begin(String job) {
    spark.setJobDescription(job);
    spark.setLocalProperty(RunningTasks.OWNER, running.owner);
    if (cancelled) {
      throw new CancellationException(job);
    }
  }

  /** Waits until no cancelled task is running any more, for about 10 s at most. */
  @Override
  public void close() {
    try {
      for (int poll = 0; poll < IDLE_POLLS && running.count.get() > 0; poll++) {
        TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    spark.sc().removeSparkListener(running);
  }

  /**
   * Counts the running tasks of these jobs. Spark's own count is meant for display and lags behind.
   */
  private static final class RunningTasks extends SparkListener {
    private static final String OWNER = "eqprop.jobs";
    private final String owner = UUID.randomUUID().toString();
    private final Set<Integer> stages = ConcurrentHashMap.newKeySet();
    private final AtomicInteger count = new AtomicInteger();

    @Override
    public void onStageSubmitted(SparkListenerStageSubmitted event) {
      if (event.properties() != null && owner.equals(event.properties().getProperty(OWNER))) {
        stages.add(event.stageInfo().stageId());
      }
    }

    @Override
    public void onTaskStart(SparkListenerTaskStart start) {
      if (stages.contains(start.stageId())) {
        count.incrementAndGet();
      }
    }

    @Override
    public void onTaskEnd(SparkListenerTaskEnd end) {
      if (stages.contains(end.stageId())) {
        count.decrementAndGet();
      }
    }
  }
}
