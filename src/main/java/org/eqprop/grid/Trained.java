package org.eqprop.grid;

import java.io.Serializable;
import java.util.List;
import org.eqprop.spark.TrainingState;

/**
 * A point trained up to some epoch.
 *
 * @param result what it has shown
 * @param state that it has left, from which it can continue
 */
record Trained(PointResult result, TrainingState state) implements Serializable {
  private static final long serialVersionUID = 1L;

  /** Returns a point before its first epoch. */
  static Trained beginning(Point point) {
    return new Trained(
        PointResult.beginning(point.index()), TrainingState.initial(point.configuration().rule()));
  }

  /** Returns this after one more epoch. */
  Trained plus(Curve curve, TrainingState left) {
    return new Trained(new PointResult(result.point(), curve, result.seconds(), null), left);
  }

  /** Returns this, ended by a failure. */
  Trained failed(String reason, boolean lasting) {
    return new Trained(
        new PointResult(
            result.point(),
            result.curve(),
            result.seconds(),
            new PointResult.Failure(reason, lasting),
            result.warnings()),
        state);
  }

  /** Returns this, the time added that has passed since. */
  Trained timed(long beginNanos) {
    double passed = (System.nanoTime() - beginNanos) / 1e9;
    return new Trained(
        new PointResult(
            result.point(),
            result.curve(),
            result.seconds() + passed,
            result.failure(),
            result.warnings()),
        state);
  }

  /**
   * Returns this, with what looks wrong with the trained network.
   *
   * @param warnings a line each
   */
  Trained warned(List<String> warnings) {
    return new Trained(
        new PointResult(
            result.point(), result.curve(), result.seconds(), result.failure(), warnings),
        state);
  }
}
