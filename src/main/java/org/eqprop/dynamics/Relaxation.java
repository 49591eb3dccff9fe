package org.eqprop.dynamics;

import java.io.Serializable;
import java.util.LinkedHashMap;
import java.util.Map;
import org.eqprop.base.InvalidValueException;
import org.eqprop.base.KeyValues;

/**
 * How the network relaxes.
 *
 * @param schedule the order in which the layers move
 * @param epsilon ε, the synchronous step's size, in (0, 1]; even-odd sweeps do not use it
 * @param freeSteps steps or sweeps of the free phase, ≥ 1
 * @param nudgedSteps steps or sweeps of each nudged phase, ≥ 1
 * @param tolerance an example has settled when none of its units moved by more than this in a step;
 *     a phase ends early when all examples have settled; 0: never
 * @param nudgedStart the states that nudged phases start from
 */
public record Relaxation(
    Schedule schedule,
    double epsilon,
    int freeSteps,
    int nudgedSteps,
    double tolerance,
    NudgedStart nudgedStart)
    implements Serializable {

  /** The key of {@link #schedule}. */
  public static final String SCHEDULE_KEY = "relaxation.schedule";

  private static final String EPSILON_KEY = "relaxation.epsilon";
  private static final String FREE_STEPS_KEY = "relaxation.free-steps";
  private static final String NUDGED_STEPS_KEY = "relaxation.nudged-steps";
  private static final String TOLERANCE_KEY = "relaxation.tolerance";
  private static final String NUDGED_START_KEY = "relaxation.nudged-start";

  /**
   * @throws InvalidValueException if a value is out of its range
   */
  public Relaxation {
    InvalidValueException.check(
        epsilon > 0 && epsilon <= 1, EPSILON_KEY, epsilon, "a number in (0, 1]");
    checkSteps(FREE_STEPS_KEY, freeSteps);
    checkSteps(NUDGED_STEPS_KEY, nudgedSteps);
    InvalidValueException.check(
        tolerance >= 0 && tolerance < 1, TOLERANCE_KEY, tolerance, "a number in [0, 1)");
  }

  private static void checkSteps(String key, int steps) {
    InvalidValueException.check(
        steps >= 1 && steps <= 100_000, key, steps, "a whole number from 1 to 100000");
  }

  /**
   * Reads the keys below {@code relaxation}.
   *
   * @throws InvalidValueException if a value is of the wrong type or out of its range
   */
  public static Relaxation of(KeyValues values) {
    return new Relaxation(
        values.choice(SCHEDULE_KEY, Schedule.class),
        values.number(EPSILON_KEY),
        values.whole(FREE_STEPS_KEY),
        values.whole(NUDGED_STEPS_KEY),
        values.number(TOLERANCE_KEY),
        values.choice(NUDGED_START_KEY, NudgedStart.class));
  }

  /** Returns the keys that {@link #of} reads, with the values as written in a configuration. */
  public Map<String, String> keys() {
    Map<String, String> keys = new LinkedHashMap<>();
    keys.put(SCHEDULE_KEY, KeyValues.word(schedule));
    keys.put(EPSILON_KEY, String.valueOf(epsilon));
    keys.put(FREE_STEPS_KEY, String.valueOf(freeSteps));
    keys.put(NUDGED_STEPS_KEY, String.valueOf(nudgedSteps));
    keys.put(TOLERANCE_KEY, String.valueOf(tolerance));
    keys.put(NUDGED_START_KEY, KeyValues.word(nudgedStart));
    return keys;
  }

  /**
   * Returns a copy with another number of steps, for both kinds of phases, and another tolerance.
   */
  public Relaxation converging(int steps, double tolerance) {
    return new Relaxation(schedule, epsilon, steps, steps, tolerance, nudgedStart);
  }
}
