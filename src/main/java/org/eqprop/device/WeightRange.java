package org.eqprop.device;

import java.io.Serializable;
import java.util.Map;
import org.eqprop.base.InvalidValueException;
import org.eqprop.base.KeyValues;

/**
 * The values that a synapse can hold:
 *
 * <pre>
 *   θ in [−w_max, w_max],   and with n levels   θ = w_max (2i − (n − 1))/(n − 1),   i = 0 … n−1
 * </pre>
 *
 * @param range w_max, in [0, 1000]; 0: no limit
 * @param levels n, 2 to 65536, which requires a range; 0: any value. With an odd n, 0 is one of the
 *     levels
 * @param rounding the level to which a value between two levels is rounded
 */
public record WeightRange(double range, int levels, Rounding rounding) implements Serializable {
  /** The key of {@link #range}. */
  public static final String RANGE_KEY = "device.weights.range";

  private static final String LEVELS_KEY = "device.weights.levels";
  private static final String ROUNDING_KEY = "device.weights.rounding";

  /**
   * @throws InvalidValueException if a value is out of its range
   */
  public WeightRange {
    InvalidValueException.check(
        range >= 0 && range <= 1000, RANGE_KEY, range, "a number from 0 (no limit) to 1000");
    InvalidValueException.check(
        levels == 0 || (levels >= 2 && levels <= 65536),
        LEVELS_KEY,
        levels,
        "0 (any value), or a whole number from 2 to 65536");
    InvalidValueException.check(
        levels == 0 || range > 0, LEVELS_KEY, levels, "0, or " + RANGE_KEY + " above 0");
  }

  static WeightRange of(KeyValues values) {
    return new WeightRange(
        values.number(RANGE_KEY),
        values.whole(LEVELS_KEY),
        values.choice(ROUNDING_KEY, Rounding.class));
  }

  void put(Map<String, String> keys) {
    keys.put(RANGE_KEY, String.valueOf(range));
    keys.put(LEVELS_KEY, String.valueOf(levels));
    keys.put(ROUNDING_KEY, KeyValues.word(rounding));
  }

  /**
   * Checks that a value is in [0, 1]. This method is here because this class does not refer to any
   * other model class: if it were in {@link DeviceModels}, a part whose class is loaded first would
   * be missing from {@link DeviceModels#NONE}.
   */
  static void checkShare(String key, double value) {
    InvalidValueException.check(value >= 0 && value <= 1, key, value, "a number in [0, 1]");
  }
}
