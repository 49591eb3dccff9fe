package org.eqprop.config;

import org.eqprop.base.InvalidValueException;
import org.eqprop.base.KeyValues;

/**
 * The model whose weights a training starts from.
 *
 * @param model a model file or a run folder: a local path or the URI of a Hadoop file system;
 *     empty: no model, the weights are drawn by the seed
 * @param checksum CRC-32 that the model's weights must have, 8 hexadecimal digits, as {@link
 *     org.eqprop.model.ModelFile#weightsChecksum} computes it; empty: any
 */
public record InitialSettings(String model, String checksum) {

  /** The key of {@link #model}. */
  public static final String MODEL_KEY = "init.model";

  /** The key of {@link #checksum}. */
  public static final String CHECKSUM_KEY = "init.checksum";

  /**
   * @throws InvalidValueException if the checksum is malformed, or set without a model
   */
  public InitialSettings {
    InvalidValueException.check(
        checksum.matches("([0-9a-f]{8})?"),
        CHECKSUM_KEY,
        checksum,
        "8 hexadecimal digits (a CRC-32), or nothing");
    InvalidValueException.check(
        checksum.isEmpty() || !model.isEmpty(),
        CHECKSUM_KEY,
        checksum,
        "nothing, since " + MODEL_KEY + " names no model");
  }

  /**
   * Reads the keys below {@code init}.
   *
   * @throws InvalidValueException if a value is of the wrong type, or the checksum is refused
   */
  static InitialSettings of(KeyValues values) {
    return new InitialSettings(values.location(MODEL_KEY), values.location(CHECKSUM_KEY));
  }

  /** Returns whether the training starts from a model. */
  public boolean isModel() {
    return !model.isEmpty();
  }

  /** Returns the model's location and, if known, its checksum, in words. */
  public String words() {
    return model + (checksum.isEmpty() ? "" : " (CRC-32 of its weights " + checksum + ")");
  }
}
