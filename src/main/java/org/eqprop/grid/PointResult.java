package org.eqprop.grid;

import java.io.Serializable;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What training a point up to some epoch has shown.
 *
 * @param point its index
 * @param curve of its epochs so far
 * @param seconds that these took
 * @param failure why it went no further; null if it did not fail
 * @param warnings what looks wrong with the trained network, a line each
 */
record PointResult(
    int point,
    LearningCurve curve,
    double seconds,
    @Nullable Failure failure,
    List<String> warnings)
    implements Serializable {
  private static final long serialVersionUID = 1L;

  PointResult {
    warnings = List.copyOf(warnings);
  }

  /** A result with which nothing looks wrong. */
  PointResult(int point, LearningCurve curve, double seconds, @Nullable Failure failure) {
    this(point, curve, seconds, failure, List.of());
  }

  /**
   * Why a point went no further.
   *
   * @param reason in one line
   * @param lasting whether it would fail again: the training itself, and not what it ran on
   */
  record Failure(String reason, boolean lasting) implements Serializable {
    private static final long serialVersionUID = 1L;
  }

  /** Returns what is known before the first epoch. */
  static PointResult beginning(int point) {
    return new PointResult(point, LearningCurve.EMPTY, 0, null);
  }

  /** Returns how many epochs it was trained. */
  int epochs() {
    return curve.epochs();
  }

  /** Returns whether it came to an epoch or, for good, to its end before. */
  boolean settled(int epoch) {
    return failure != null ? failure.lasting() : epochs() >= epoch;
  }

  /**
   * Returns the objective after some epoch, whatever came later; infinity if it did not come so
   * far.
   *
   * @param epoch from 1
   */
  double valueAt(Objective objective, int epoch) {
    return epochs() < epoch ? Double.POSITIVE_INFINITY : objective.at(curve, epoch);
  }

  /** Returns the objective after the last epoch; infinity if it failed or has none. */
  double value(Objective objective) {
    return failure != null ? Double.POSITIVE_INFINITY : objective.last(curve);
  }
}
