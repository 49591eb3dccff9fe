package org.eqprop.grid;

import java.io.Serializable;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The result of training a point up to some epoch.
 *
 * @param point its index
 * @param curve of its epochs so far
 * @param seconds that they took
 * @param failure why training stopped; null if it did not fail
 * @param warnings what looks wrong with the trained network, one line each
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

  /** Creates a result without warnings. */
  PointResult(int point, LearningCurve curve, double seconds, @Nullable Failure failure) {
    this(point, curve, seconds, failure, List.of());
  }

  /**
   * Why the training of a point stopped.
   *
   * @param reason in one line
   * @param lasting whether it would fail again, because the training itself failed and not the
   *     environment that it ran in
   */
  record Failure(String reason, boolean lasting) implements Serializable {
    private static final long serialVersionUID = 1L;
  }

  /** Returns the result before the first epoch. */
  static PointResult beginning(int point) {
    return new PointResult(point, LearningCurve.EMPTY, 0, null);
  }

  /** Returns how many epochs it was trained. */
  int epochs() {
    return curve.epochs();
  }

  /** Returns whether it has reached an epoch, or has failed before in a way that would repeat. */
  boolean settled(int epoch) {
    return failure != null ? failure.lasting() : epochs() >= epoch;
  }

  /**
   * Returns the objective after some epoch, regardless of later ones; infinity if it did not get
   * that far.
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
