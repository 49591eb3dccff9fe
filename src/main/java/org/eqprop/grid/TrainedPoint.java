package org.eqprop.grid;

import java.io.Serializable;
import java.util.List;
import org.eqprop.spark.TrainingState;

/**
 * A point trained up to some epoch.
 *
 * @param result its result so far
 * @param state the training state, from which it can continue
 */
record TrainedPoint(PointResult result, TrainingState state) implements Serializable {
  private static final long serialVersionUID = 1L;

  /** Returns a point before its first epoch. */
  static TrainedPoint beginning(Point point) {
    return new TrainedPoint(
        PointResult.beginning(point.index()), TrainingState.initial(point.configuration().spec()));
  }

  /** Returns this point after one more epoch. */
  TrainedPoint plus(LearningCurve curve, TrainingState left) {
    return new TrainedPoint(new PointResult(result.point(), curve, result.seconds(), null), left);
  }

  /** Returns this point, stopped by a failure. */
  TrainedPoint failed(String reason, boolean lasting) {
    return new TrainedPoint(
        new PointResult(
            result.point(),
            result.curve(),
            result.seconds(),
            new PointResult.Failure(reason, lasting),
            result.warnings()),
        state);
  }

  /** Returns this point with the time since {@code beginNanos} added to its seconds. */
  TrainedPoint timed(long beginNanos) {
    double passed = (System.nanoTime() - beginNanos) / 1e9;
    return new TrainedPoint(
        new PointResult(
            result.point(),
            result.curve(),
            result.seconds() + passed,
            result.failure(),
            result.warnings()),
        state);
  }

  /**
   * Returns this point with warnings about the trained network.
   *
   * @param warnings one line each
   */
  TrainedPoint warned(List<String> warnings) {
    return new TrainedPoint(
        new PointResult(
            result.point(), result.curve(), result.seconds(), result.failure(), warnings),
        state);
  }
}
