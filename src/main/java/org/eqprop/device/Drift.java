package org.eqprop.device;

import java.io.Serializable;
import java.util.Map;
import org.eqprop.base.InvalidValueException;
import org.eqprop.base.KeyValues;

/**
 * How weights change between two epochs:
 *
 * <pre>
 *   θ ← θ e^(−r) + σ w_max ξ
 * </pre>
 *
 * <p>with ξ standard normal, drawn per synapse and epoch. Weights with levels leave their levels
 * until the next update.
 *
 * @param rate r, in [0, 10]
 * @param noise σ, in [0, 1]
 */
public record Drift(double rate, double noise) implements Serializable {
  private static final String RATE_KEY = "device.drift.rate";
  private static final String NOISE_KEY = "device.drift.noise";

  /** Weights stay as they are. */
  public static final Drift NONE = new Drift(0, 0);

  /**
   * @throws InvalidValueException if a value is out of its range
   */
  public Drift {
    InvalidValueException.check(rate >= 0 && rate <= 10, RATE_KEY, rate, "a number in [0, 10]");
    WeightRange.checkShare(NOISE_KEY, noise);
  }

  static Drift of(KeyValues values) {
    return new Drift(values.number(RATE_KEY), values.number(NOISE_KEY));
  }

  void put(Map<String, String> keys) {
    keys.put(RATE_KEY, String.valueOf(rate));
    keys.put(NOISE_KEY, String.valueOf(noise));
  }
}
