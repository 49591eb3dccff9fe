package org.eqprop.config;

import org.eqprop.base.InvalidValueException;
import org.eqprop.base.KeyValues;

/**
 * When and where checkpoints are saved, from which a training can be resumed.
 *
 * @param every number of epochs between checkpoints; 0: only when the run is interrupted
 * @param folder where they are saved: a local path or the URI of a Hadoop file system; empty: the
 *     run folder's own {@code checkpoints}
 * @param keep how many of the newest checkpoints are kept, ≥ 1
 */
public record CheckpointSettings(int every, String folder, int keep) {

  /** The key of {@link #folder}. */
  public static final String FOLDER_KEY = "checkpoint.dir";

  private static final String EVERY_KEY = "checkpoint.every";
  private static final String KEEP_KEY = "checkpoint.keep";

  /**
   * @throws InvalidValueException if a value is out of its range
   */
  public CheckpointSettings {
    InvalidValueException.check(
        every >= 0 && every <= 100_000,
        EVERY_KEY,
        every,
        "a whole number from 0 (only when interrupted) to 100000");
    InvalidValueException.check(
        keep >= 1 && keep <= 1000, KEEP_KEY, keep, "a whole number from 1 to 1000");
  }

  /**
   * Reads the keys below {@code checkpoint}.
   *
   * @throws InvalidValueException if a value is of the wrong type or out of its range
   */
  static CheckpointSettings of(KeyValues values) {
    return new CheckpointSettings(
        values.whole(EVERY_KEY), values.location(FOLDER_KEY), values.whole(KEEP_KEY));
  }
}
