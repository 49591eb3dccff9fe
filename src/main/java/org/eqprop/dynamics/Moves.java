package org.eqprop.dynamics;

import java.util.Arrays;
import java.util.stream.IntStream;

/** Records how far each example of a batch moved in a step, and thus which ones have settled. */
final class Moves {
  private final double tolerance;
  private final double[] largest;

  /**
   * @param size B
   * @param tolerance an example has settled when none of its units moved by more than this
   */
  Moves(int size, double tolerance) {
    this.tolerance = tolerance;
    this.largest = new double[size];
  }

  /** Sets all moves to 0 and returns them: [B], live, to be raised in a step. */
  double[] cleared() {
    Arrays.fill(largest, 0);
    return largest;
  }

  /** Returns the largest move; NaN if any is. */
  double most() {
    return Arrays.stream(largest).max().orElse(0);
  }

  private boolean isMoving(int example) {
    return !(largest[example] <= tolerance); // NaN, too
  }

  /** Returns how many examples still move. */
  int moving() {
    return (int) IntStream.range(0, largest.length).filter(this::isMoving).count();
  }

  /** Returns {@code count} examples, those that still move before the others. */
  int[] movingFirst(int count) {
    IntStream moving = IntStream.range(0, largest.length).filter(this::isMoving);
    IntStream settled = IntStream.range(0, largest.length).filter(i -> !isMoving(i));
    return IntStream.concat(moving, settled).limit(count).toArray();
  }
}
