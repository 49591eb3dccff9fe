package org.eqprop.device;

import java.io.Serializable;
import java.util.Map;
import org.eqprop.base.InvalidValueException;
import org.eqprop.base.KeyValues;

/**
 * Permanent differences between synapses:
 *
 * <pre>
 *   w = θ (1 + σζ),   in the counter-nudged phase   w = θ (1 + σζ + σ'ζ')
 * </pre>
 *
 * <p>with ζ and ζ' standard normal, both drawn once per synapse from the run's seed: all replicas
 * are copies of one chip. With σ' &gt; 0, two copies of the network compute the two nudged phases.
 *
 * @param deviation σ, in [0, 1]
 * @param betweenNudges σ', in [0, 1]
 */
public record Mismatch(double deviation, double betweenNudges) implements Serializable {
  /** The key of {@link #betweenNudges}. */
  public static final String BETWEEN_NUDGES_KEY = "device.mismatch.between-nudges";

  private static final String DEVIATION_KEY = "device.mismatch.deviation";

  /**
   * @throws InvalidValueException if a value is out of its range
   */
  public Mismatch {
    WeightRange.checkShare(DEVIATION_KEY, deviation);
    WeightRange.checkShare(BETWEEN_NUDGES_KEY, betweenNudges);
  }

  static Mismatch of(KeyValues values) {
    return new Mismatch(values.number(DEVIATION_KEY), values.number(BETWEEN_NUDGES_KEY));
  }

  void put(Map<String, String> keys) {
    keys.put(DEVIATION_KEY, String.valueOf(deviation));
    keys.put(BETWEEN_NUDGES_KEY, String.valueOf(betweenNudges));
  }
}
