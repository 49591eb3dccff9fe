package org.eqprop.device;

import java.io.Serializable;
import java.util.Map;
import org.eqprop.base.InvalidValueException;
import org.eqprop.base.KeyValues;

/**
 * How a synapse changes an update Δ that is requested:
 *
 * <pre>
 *   Δ &gt; 0:   Δ ← a Δ (1 + σξ),   with soft bounds also times 1 − θ/w_max
 *   Δ &lt; 0:   Δ ← b Δ (1 + σξ),   with soft bounds also times 1 + θ/w_max
 * </pre>
 *
 * <p>with ξ standard normal, drawn per synapse and update. With soft bounds, equally many ups and
 * downs of equal size take a weight to w_max (a − b)/(a + b).
 *
 * @param noise σ, relative to the update, in [0, 10]
 * @param up a, in [0, 10]
 * @param down b, in [0, 10]
 * @param bounds how updates are limited at w_max
 */
public record UpdateModel(double noise, double up, double down, Bounds bounds)
    implements Serializable {
  /** The key of {@link #bounds}. */
  public static final String BOUNDS_KEY = "device.update.bounds";

  private static final String NOISE_KEY = "device.update.noise";
  private static final String UP_KEY = "device.update.up";
  private static final String DOWN_KEY = "device.update.down";

  /** Updates are made exactly as requested. */
  public static final UpdateModel EXACT = new UpdateModel(0, 1, 1, Bounds.HARD);

  /**
   * @throws InvalidValueException if a value is out of its range
   */
  public UpdateModel {
    checkFactor(NOISE_KEY, noise);
    checkFactor(UP_KEY, up);
    checkFactor(DOWN_KEY, down);
  }

  private static void checkFactor(String key, double value) {
    InvalidValueException.check(value >= 0 && value <= 10, key, value, "a number in [0, 10]");
  }

  static UpdateModel of(KeyValues values) {
    return new UpdateModel(
        values.number(NOISE_KEY),
        values.number(UP_KEY),
        values.number(DOWN_KEY),
        values.choice(BOUNDS_KEY, Bounds.class));
  }

  void put(Map<String, String> keys) {
    keys.put(NOISE_KEY, String.valueOf(noise));
    keys.put(UP_KEY, String.valueOf(up));
    keys.put(DOWN_KEY, String.valueOf(down));
    keys.put(BOUNDS_KEY, KeyValues.word(bounds));
  }
}
