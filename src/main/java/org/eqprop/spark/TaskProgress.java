package org.eqprop.spark;

import java.io.Serializable;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.scheduler.AccumulableInfo;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorMetricsUpdate;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.util.LongAccumulator;
import org.eqprop.dynamics.Measurement;
import scala.collection.JavaConverters;

/**
 * How far the running tasks are: accumulators, whose values the executors' heartbeats carry while a
 * task runs (every {@code spark.executor.heartbeatInterval}). For display alone: a task that is
 * retried counts twice.
 */
public final class TaskProgress implements Progress, AutoCloseable {
  private final JavaSparkContext spark;
  private volatile Epoch running;
  private final Listener listener = new Listener();

  TaskProgress(JavaSparkContext spark) {
    this.spark = spark;
    this.running = new Epoch(new Counters(spark));
    spark.sc().addSparkListener(listener);
  }

  /** The accumulators that the tasks add to. */
  public static final class Counters implements Serializable {
    private static final long serialVersionUID = 1L;
    private final LongAccumulator batches;
    private final LongAccumulator images;
    private final LongAccumulator errors;

    Counters(JavaSparkContext spark) {
      batches = spark.sc().longAccumulator("batches trained");
      images = spark.sc().longAccumulator("images trained");
      errors = spark.sc().longAccumulator("training errors");
    }

    /** Counts a batch that has been trained on; runs on an executor. */
    public void add(Measurement measurement) {
      batches.add(1L);
      images.add(measurement.examples());
      errors.add(measurement.errors());
    }
  }

  /** An epoch's accumulators, and what each task has reported. */
  private record Epoch(Counters counters, Map<Long, Count> tasks) {
    Epoch(Counters counters) {
      this(counters, new ConcurrentHashMap<>());
    }
  }

  /** Returns the accumulators of the running epoch. */
  public Counters counters() {
    return running.counters;
  }

  /**
   * Starts counting anew. The accumulators are new ones, so that what is told late of the epoch
   * before, on Spark's listener thread, is not counted.
   */
  void start() {
    running = new Epoch(new Counters(spark));
  }

  @Override
  public Count now() {
    return running.tasks.values().stream().reduce(new Count(0, 0, 0), Count::plus);
  }

  @Override
  public void close() {
    spark.sc().removeSparkListener(listener);
  }

  private void note(long task, Iterable<AccumulableInfo> updates) {
    Epoch epoch = running;
    Counters counters = epoch.counters;
    long batches = -1;
    long images = -1;
    long errors = -1;
    for (AccumulableInfo info : updates) {
      if (info.id() == counters.batches.id()) {
        batches = value(info);
      } else if (info.id() == counters.images.id()) {
        images = value(info);
      } else if (info.id() == counters.errors.id()) {
        errors = value(info);
      }
    }
    if (images >= 0) {
      epoch.tasks.put(task, new Count(Math.max(0, batches), images, Math.max(0, errors)));
    }
  }

  private static long value(AccumulableInfo info) {
    return info.update().isDefined() && info.update().get() instanceof Number number
        ? number.longValue()
        : -1;
  }

  private final class Listener extends SparkListener {
    @Override
    public void onExecutorMetricsUpdate(SparkListenerExecutorMetricsUpdate event) {
      JavaConverters.seqAsJavaList(event.accumUpdates())
          .forEach(task -> note((Long) task._1(), JavaConverters.seqAsJavaList(task._4())));
    }

    @Override
    public void onTaskEnd(SparkListenerTaskEnd event) {
      note(
          event.taskInfo().taskId(),
          JavaConverters.seqAsJavaList(event.taskInfo().accumulables().toSeq()));
    }
  }
}
