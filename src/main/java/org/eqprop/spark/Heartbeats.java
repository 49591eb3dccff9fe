package org.eqprop.spark;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.scheduler.AccumulableInfo;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorMetricsUpdate;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.scheduler.TaskInfo;
import scala.Tuple4;
import scala.collection.JavaConverters;
import scala.collection.Seq;

/**
 * Reads accumulators while tasks run: executors send the values with each heartbeat (every {@code
 * spark.executor.heartbeatInterval}), and the last value when a task ends. Only for display: a task
 * that is retried counts twice.
 */
public final class Heartbeats implements AutoCloseable {
  private static final SparkMethod UPDATES =
      SparkMethod.of(SparkListenerExecutorMetricsUpdate.class, "accumUpdates");
  private static final SparkMethod ACCUMULABLES = SparkMethod.of(TaskInfo.class, "accumulables");

  private final JavaSparkContext spark;
  private final Map<Long, Reader> readers = new ConcurrentHashMap<>();
  private final Listener listener = new Listener();

  /** Starts listening; {@link #close} stops it. */
  public Heartbeats(JavaSparkContext spark) {
    this.spark = spark;
    spark.sc().addSparkListener(listener);
  }

  /** Receives what a task has added so far, on Spark's listener thread. */
  @FunctionalInterface
  public interface Reader {
    /**
     * @param task number of the task in the application
     * @param value what the task has added to the accumulator
     */
    void read(long task, Number value);
  }

  /**
   * Starts reading an accumulator of numbers.
   *
   * @param accumulator its id
   */
  public void watch(long accumulator, Reader reader) {
    readers.put(accumulator, reader);
  }

  /** Stops reading an accumulator. */
  public void forget(long accumulator) {
    readers.remove(accumulator);
  }

  @Override
  public void close() {
    spark.sc().removeSparkListener(listener);
  }

  private void read(long task, AccumulableInfo info) {
    Reader reader = readers.get(info.id());
    if (reader != null && info.update().isDefined() && info.update().get() instanceof Number n) {
      reader.read(task, n);
    }
  }

  private final class Listener extends SparkListener {
    @Override
    public void onExecutorMetricsUpdate(SparkListenerExecutorMetricsUpdate event) {
      UPDATES
          .<Tuple4<Object, Object, Object, Seq<AccumulableInfo>>>list(event)
          .forEach(
              task ->
                  JavaConverters.seqAsJavaList(task._4())
                      .forEach(info -> read((Long) task._1(), info)));
    }

    @Override
    public void onTaskEnd(SparkListenerTaskEnd event) {
      ACCUMULABLES
          .<AccumulableInfo>list(event.taskInfo())
          .forEach(info -> read(event.taskInfo().taskId(), info));
    }
  }
}
