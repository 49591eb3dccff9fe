package org.eqprop.grid;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.DoubleConsumer;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.scheduler.AccumulableInfo;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerExecutorMetricsUpdate;
import org.jspecify.annotations.Nullable;
import scala.collection.JavaConverters;

/** How far the running points are, as far as the executors' heartbeats have told. */
final class Meters extends SparkListener implements AutoCloseable {
  private final JavaSparkContext spark;
  private final Objective objective;
  private final Map<Integer, Reading> readings = new ConcurrentHashMap<>();
  private final Map<Long, DoubleConsumer> accumulators = new ConcurrentHashMap<>();

  /**
   * How far a point is.
   *
   * @param epochs with what there is of the running one
   * @param value objective after the last epoch that has ended; infinity if none has
   */
  record Reading(double epochs, double value) {}

  Meters(JavaSparkContext spark, Objective objective) {
    this.spark = spark;
    this.objective = objective;
    spark.sc().addSparkListener(this);
  }

  /**
   * Returns a new meter of a point, for one task; {@link #forget} it at the end.
   *
   * @param before what the point continues from
   * @param epoch examples that an epoch has
   */
  Meter of(PointResult before, long epoch) {
    int point = before.point();
    Meter meter = new Meter(spark, objective);
    Reading first = new Reading(before.epochs(), objective.last(before.curve()));
    readings.put(point, first);
    accumulators.put(
        meter.examplesId(),
        examples -> update(point, new Reading(first.epochs + examples / epoch, value(point))));
    accumulators.put(
        meter.valueId(),
        value -> {
          if (value != 0) { // an epoch has ended in this task
            update(point, new Reading(epochs(point), value));
          }
        });
    return meter;
  }

  private void update(int point, Reading reading) {
    readings.computeIfPresent(point, (p, old) -> reading);
  }

  private double epochs(int point) {
    Reading reading = readings.get(point);
    return reading == null ? 0 : reading.epochs;
  }

  private double value(int point) {
    Reading reading = readings.get(point);
    return reading == null ? Double.POSITIVE_INFINITY : reading.value;
  }

  /** Reads a meter no more. */
  void forget(int point, Meter meter) {
    accumulators.remove(meter.examplesId());
    accumulators.remove(meter.valueId());
    readings.remove(point);
  }

  /** Takes note of a point whose epochs the driver itself sees. */
  void tell(int point, Curve curve) {
    readings.put(point, new Reading(curve.epochs(), objective.last(curve)));
  }

  /** Returns how far a point is; null if it is not known to run. */
  @Nullable Reading now(int point) {
    return readings.get(point);
  }

  @Override
  public void onExecutorMetricsUpdate(SparkListenerExecutorMetricsUpdate event) {
    JavaConverters.seqAsJavaList(event.accumUpdates())
        .forEach(task -> JavaConverters.seqAsJavaList(task._4()).forEach(this::read));
  }

  private void read(AccumulableInfo info) {
    DoubleConsumer reader = accumulators.get(info.id());
    if (reader != null && info.update().isDefined() && info.update().get() instanceof Number n) {
      reader.accept(n.doubleValue());
    }
  }

  @Override
  public void close() {
    spark.sc().removeSparkListener(this);
  }
}
