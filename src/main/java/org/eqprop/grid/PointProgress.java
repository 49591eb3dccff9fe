package org.eqprop.grid;

import java.io.Serializable;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.util.DoubleAccumulator;
import org.apache.spark.util.LongAccumulator;

/**
 * Tells the driver how far a point is, while its task runs: accumulators, whose values the
 * executors' heartbeats carry. For display alone.
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

  /** Makes the objective after the last epoch the accumulator's value, which can but grow by. */
  void epochEnded(LearningCurve curve) {
    double now = objective.last(curve);
    value.add(now - told);
    told = now;
  }

  /** Returns what the accumulator of the examples is known by. */
  long examplesId() {
    return examples.id();
  }

  /** Returns what the accumulator of the objective is known by. */
  long valueId() {
    return value.id();
  }
}
