package org.eqprop.config;

import org.eqprop.base.InvalidValueException;

/**
 * When a training is written down so that it can be resumed.
 *
 * @param every after how many epochs; 0: only when the run is interrupted
 * @param folder where to: a local path or the URI of a Hadoop file system; empty: the run folder's
 *     own {@code checkpoints}
 * @param keep how many of the newest are kept, ≥ 1
 */
public record CheckpointSettings(int every, String folder, int keep) {

  /**
   * @throws InvalidValueException if a value is out of its range
   */
  public CheckpointSettings {
    InvalidValueException.check(
        every >= 0 && every <= 100_000,
        "checkpoint.every",
        every,
        "a whole number from 0 (only when interrupted) to 100000");
    InvalidValueException.check(
        keep >= 1 && keep <= 1000, "checkpoint.keep", keep, "a whole number from 1 to 1000");
  }
}
