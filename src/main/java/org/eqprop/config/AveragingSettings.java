package org.eqprop.config;

import org.eqprop.data.InvalidValueException;

/**
 * How the replicas are spread and merged.
 *
 * @param replicas how many; 0: as many as Spark has cores
 * @param roundsPerEpoch how often in an epoch they are averaged, ≥ 1
 */
public record AveragingSettings(int replicas, int roundsPerEpoch) {

  /**
   * @throws InvalidValueException if a value is out of its range
   */
  public AveragingSettings {
    InvalidValueException.check(
        replicas >= 0 && replicas <= 100_000,
        "averaging.replicas",
        replicas,
        "a whole number from 0 (as many as Spark has cores) to 100000");
    InvalidValueException.check(
        roundsPerEpoch >= 1 && roundsPerEpoch <= 100_000,
        "averaging.rounds-per-epoch",
        roundsPerEpoch,
        "a whole number from 1 to 100000");
  }
}
