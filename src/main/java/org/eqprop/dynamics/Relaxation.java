package org.eqprop.dynamics;

import java.io.Serializable;
import org.eqprop.base.InvalidValueException;

/**
 * How the network relaxes.
 *
 * @param schedule in which order the layers move
 * @param epsilon ε, the synchronous step's size, in (0, 1]; even-odd sweeps do not use it
 * @param freeSteps steps or sweeps of the free phase, ≥ 1
 * @param nudgedSteps steps or sweeps of each nudged phase, ≥ 1
 * @param tolerance a phase ends early when no unit moved by more than this in a step; 0: never
 * @param nudgedStart where nudged phases start from
 */
public record Relaxation(
    Schedule schedule,
    double epsilon,
    int freeSteps,
    int nudgedSteps,
    double tolerance,
    NudgedStart nudgedStart)
    implements Serializable {

  /**
   * @throws InvalidValueException if a value is out of its range
   */
  public Relaxation {
    InvalidValueException.check(
        epsilon > 0 && epsilon <= 1, "relaxation.epsilon", epsilon, "a number in (0, 1]");
    checkSteps("relaxation.free-steps", freeSteps);
    checkSteps("relaxation.nudged-steps", nudgedSteps);
    InvalidValueException.check(
        tolerance >= 0 && tolerance < 1, "relaxation.tolerance", tolerance, "a number in [0, 1)");
  }

  private static void checkSteps(String key, int steps) {
    InvalidValueException.check(
        steps >= 1 && steps <= 100_000, key, steps, "a whole number from 1 to 100000");
  }

  /** Returns the same with other step counts and tolerance. */
  public Relaxation converging(int steps, double tolerance) {
    return new Relaxation(schedule, epsilon, steps, steps, tolerance, nudgedStart);
  }
}
