package org.eqprop.config;

import org.eqprop.base.InvalidValueException;

/**
 * Which model's weights a training starts from.
 *
 * @param model a model file or a run folder: a local path or the URI of a Hadoop file system;
 *     empty: none, the weights are drawn by the seed
 * @param checksum CRC-32 that the model's weights must have, 8 hexadecimal digits, as {@link
 *     org.eqprop.model.ModelFile#weightsChecksum} computes it; empty: any
 */
public record InitialSettings(String model, String checksum) {

  /**
   * @throws InvalidValueException if the checksum is none, or there is one without a model
   */
  public InitialSettings {
    InvalidValueException.check(
        checksum.matches("([0-9a-f]{8})?"),
        "init.checksum",
        checksum,
        "8 hexadecimal digits (a CRC-32), or nothing");
    InvalidValueException.check(
        checksum.isEmpty() || !model.isEmpty(),
        "init.checksum",
        checksum,
        "nothing, since init.model names no model");
  }

  /** Returns whether the training starts from a model. */
  public boolean isModel() {
    return !model.isEmpty();
  }

  /** Returns which model it is, in words. */
  public String words() {
    return model + (checksum.isEmpty() ? "" : " (CRC-32 of its weights " + checksum + ")");
  }
}
