package org.eqprop.grid;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.spark.api.java.JavaSparkContext;
import org.eqprop.spark.Heartbeats;
import org.jspecify.annotations.Nullable;

/** Progress of the running points, as reported by the executors' heartbeats. */
final class GridProgress implements AutoCloseable {
  private final JavaSparkContext spark;
  private final Objective objective;
  private final Heartbeats heartbeats;
  private final Map<Integer, Reading> readings = new ConcurrentHashMap<>();

  /**
   * Progress of a point.
   *
   * @param epochs trained so far, including the fraction of the current one
   * @param value objective after the last finished epoch; infinity before the first
   */
  record Reading(double epochs, double value) {}

  GridProgress(JavaSparkContext spark, Objective objective) {
    this.spark = spark;
    this.objective = objective;
    this.heartbeats = new Heartbeats(spark);
  }

  /**
   * Returns a new meter of a point, for one task; {@link #forget} it at the end.
   *
   * @param before the result that the point continues from
   * @param epoch number of examples per epoch
   */
  PointProgress of(PointResult before, long epoch) {
    int point = before.point();
    PointProgress meter = new PointProgress(spark, objective);
    Reading first = new Reading(before.epochs(), objective.last(before.curve()));
    readings.put(point, first);
    heartbeats.watch(
        meter.examplesId(),
        (task, examples) ->
            update(
                point, new Reading(first.epochs + examples.doubleValue() / epoch, value(point))));
    heartbeats.watch(
        meter.valueId(),
        (task, value) -> {
          if (value.doubleValue() != 0) { // this task has finished an epoch
            update(point, new Reading(epochs(point), value.doubleValue()));
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

  /** Stops reading a meter. */
  void forget(int point, PointProgress meter) {
    heartbeats.forget(meter.examplesId());
    heartbeats.forget(meter.valueId());
    readings.remove(point);
  }

  /** Updates a point that is trained by the driver, which sees its epochs itself. */
  void tell(int point, LearningCurve curve) {
    readings.put(point, new Reading(curve.epochs(), objective.last(curve)));
  }

  /** Returns the progress of a point; null if it is not known to be running. */
  @Nullable Reading now(int point) {
    return readings.get(point);
  }

  @Override
  public void close() {
    heartbeats.close();
  }
}
