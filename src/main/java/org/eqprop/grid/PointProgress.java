package org.eqprop.grid;

import java.io.Serializable;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.util.DoubleAccumulator;
import org.apache.spark.util.LongAccumulator;

/**
 * Reports the progress of a point to the driver while its task runs, with accumulators whose values
 * arrive with the executors' heartbeats. For display only.
 */
final class PointProgress implements Serializable {
  private static final long serialVersionUID = 1L;

  private final Objective objective;
  private final LongAccumulator examples;
  private final DoubleAccumulator value;
  private double told;

  PointProgress(JavaSparkContext spark, Objective objective) {
    this.objective = objective;
    this.examples = spark.sc().longAccumulator("examples trained");
    this.value = spark.sc().doubleAccumulator("objective");
  }

  /** Adds the examples of a batch. */
  void batchEnded(long count) {
    examples.add(count);
  }

  /** Sets the accumulator to the objective; it adds the change, since accumulators only add. */
  void epochEnded(LearningCurve curve) {
    double now = objective.last(curve);
    value.add(now - told);
    told = now;
  }

  /** Returns the id of the accumulator of the examples. */
  long examplesId() {
    return examples.id();
  }

  /** Returns the id of the accumulator of the objective. */
  long valueId() {
    return value.id();
  }
}
