package org.eqprop.config;

import org.eqprop.base.InvalidValueException;

/**
 * How the network is evaluated.
 *
 * @param batch images relaxed at a time, ≥ 1
 * @param testEachEpoch whether the test error is reported after each epoch too
 */
public record EvaluationSettings(int batch, boolean testEachEpoch) {

  /**
   * @throws InvalidValueException if a value is out of its range
   */
  public EvaluationSettings {
    InvalidValueException.check(
        batch >= 1 && batch <= 100_000,
        "evaluation.batch",
        batch,
        "a whole number from 1 to 100000");
  }
}
