package org.eqprop.device;

import java.io.Serializable;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.eqprop.base.InvalidValueException;
import org.eqprop.base.KeyValues;
import org.eqprop.network.Network;
import org.eqprop.network.Weights;

/**
 * The hardware on which a network is trained and evaluated. A synapse holds a weight θ, and the
 * network relaxes with w, the weight as it is read; its neurons have noise:
 *
 * <pre>
 *   s_k ← clip(… + σ_s ξ)                   new per step, unit and example
 *   w = θ (1 + mismatch) + σ_r w_max ξ      new per phase and batch
 * </pre>
 *
 * <p>If weights have no range, w_max is the largest initial weight of a tensor; see {@link #scale}.
 * All W_k, including a readout's, are held by devices; biases are digital and always exact.
 *
 * @param stateNoise σ_s, in [0, 10]
 * @param readNoise σ_r, in [0, 1]
 * @param weights the values that a synapse can hold
 * @param mismatch how synapses differ
 * @param update how synapses change updates
 * @param drift how weights change between epochs
 * @param signs the signs that a weight can have
 */
public record DeviceModels(
    double stateNoise,
    double readNoise,
    WeightRange weights,
    Mismatch mismatch,
    UpdateModel update,
    Drift drift,
    Signs signs)
    implements Serializable {
  /** The key of {@link #signs}. */
  public static final String SIGNS_KEY = "device.signs";

  private static final String SECTION = "device.";
  private static final String STATE_NOISE_KEY = "device.state-noise";
  private static final String READ_NOISE_KEY = "device.read-noise";

  /** Ideal hardware. */
  public static final DeviceModels NONE =
      new DeviceModels(
          0,
          0,
          new WeightRange(0, 0, Rounding.NEAREST),
          new Mismatch(0, 0),
          UpdateModel.EXACT,
          Drift.NONE,
          Signs.FREE);

  /**
   * @throws InvalidValueException if a value is out of its range
   */
  public DeviceModels {
    InvalidValueException.check(
        stateNoise >= 0 && stateNoise <= 10, STATE_NOISE_KEY, stateNoise, "a number in [0, 10]");
    WeightRange.checkShare(READ_NOISE_KEY, readNoise);
    InvalidValueException.check(
        update.bounds() == Bounds.HARD || weights.range() > 0,
        UpdateModel.BOUNDS_KEY,
        KeyValues.word(update.bounds()),
        "hard, or " + WeightRange.RANGE_KEY + " above 0");
  }

  /**
   * Reads the keys below {@code device}.
   *
   * @throws InvalidValueException if a value is of the wrong type or out of its range
   */
  public static DeviceModels of(KeyValues values) {
    return new DeviceModels(
        values.number(STATE_NOISE_KEY),
        values.number(READ_NOISE_KEY),
        WeightRange.of(values),
        Mismatch.of(values),
        UpdateModel.of(values),
        Drift.of(values),
        values.choice(SIGNS_KEY, Signs.class));
  }

  /** Returns the keys that {@link #of} reads, with these values in their written form. */
  public Map<String, String> keys() {
    Map<String, String> keys = new LinkedHashMap<>();
    keys.put(STATE_NOISE_KEY, String.valueOf(stateNoise));
    keys.put(READ_NOISE_KEY, String.valueOf(readNoise));
    weights.put(keys);
    mismatch.put(keys);
    update.put(keys);
    drift.put(keys);
    keys.put(SIGNS_KEY, KeyValues.word(signs));
    return keys;
  }

  /** Returns whether the hardware is ideal. */
  public boolean isNone() {
    return equals(NONE);
  }

  /** Returns whether phases read exactly the weights that the synapses hold. */
  boolean readsExactly() {
    return readNoise == 0 && mismatch.deviation() == 0 && mismatch.betweenNudges() == 0;
  }

  /** Returns whether synapses can hold any weight. */
  boolean holdsAll() {
    return weights.range() == 0 && signs == Signs.FREE;
  }

  /**
   * Returns w_max; for weights without a range, the largest initial weight of W_k.
   *
   * @param k from 1
   */
  double scale(Network network, int k) {
    return weights.range() > 0 ? weights.range() : Weights.initialBound(network, k);
  }

  /** Returns the keys that differ from those of ideal hardware, such as {@code signs = fixed}. */
  @Override
  public String toString() {
    Map<String, String> ideal = NONE.keys();
    return keys().entrySet().stream()
        .filter(key -> !key.getValue().equals(ideal.get(key.getKey())))
        .map(key -> key.getKey().substring(SECTION.length()) + " = " + key.getValue())
        .collect(Collectors.joining(", "));
  }
}
