package org.eqprop.spark;

import java.io.Serializable;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiFunction;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.util.LongAccumulator;
import org.eqprop.dynamics.Measurement;

/** Progress of the running tasks, as reported through {@link Heartbeats}. */
public final class TaskProgress implements Progress, AutoCloseable {
  private static final Count NONE = new Count(0, 0, 0);

  private final JavaSparkContext spark;
  private final Heartbeats heartbeats;
  private volatile EpochCounts running;

  TaskProgress(JavaSparkContext spark) {
    this.spark = spark;
    this.heartbeats = new Heartbeats(spark);
    this.running = new EpochCounts(new Counters(spark));
    running.watch(heartbeats);
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
  private record EpochCounts(Counters counters, Map<Long, Count> tasks) {
    EpochCounts(Counters counters) {
      this(counters, new ConcurrentHashMap<>());
    }

    void watch(Heartbeats heartbeats) {
      watch(heartbeats, counters.batches, (c, n) -> new Count(n, c.images(), c.errors()));
      watch(heartbeats, counters.images, (c, n) -> new Count(c.batches(), n, c.errors()));
      watch(heartbeats, counters.errors, (c, n) -> new Count(c.batches(), c.images(), n));
    }

    private void watch(
        Heartbeats heartbeats, LongAccumulator counter, BiFunction<Count, Long, Count> with) {
      heartbeats.watch(
          counter.id(),
          (task, value) ->
              tasks.compute(
                  task, (t, old) -> with.apply(old == null ? NONE : old, value.longValue())));
    }

    void forget(Heartbeats heartbeats) {
      heartbeats.forget(counters.batches.id());
      heartbeats.forget(counters.images.id());
      heartbeats.forget(counters.errors.id());
    }
  }

  /** Returns the accumulators of the current epoch. */
  public Counters counters() {
    return running.counters;
  }

  /**
   * Starts counting from 0. The accumulators are new ones, so that late updates from the previous
   * epoch are not counted.
   */
  void start() {
    running.forget(heartbeats);
    EpochCounts next = new EpochCounts(new Counters(spark));
    next.watch(heartbeats);
    running = next;
  }

  @Override
  public Count now() {
    return running.tasks.values().stream().reduce(NONE, Count::plus);
  }

  @Override
  public void close() {
    heartbeats.close();
  }
}
