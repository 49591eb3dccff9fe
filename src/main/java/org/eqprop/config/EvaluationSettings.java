package org.eqprop.config;

import org.eqprop.base.InvalidValueException;
import org.eqprop.base.KeyValues;

/**
 * How the network is evaluated.
 *
 * @param batch images relaxed at a time, ≥ 1
 * @param testEachEpoch whether the test error is reported after each epoch too
 */
public record EvaluationSettings(int batch, boolean testEachEpoch) {
  private static final String BATCH_KEY = "evaluation.batch";

  /** The key of {@link #testEachEpoch}. */
  public static final String TEST_EACH_EPOCH_KEY = "evaluation.test-each-epoch";

  /**
   * @throws InvalidValueException if a value is out of its range
   */
  public EvaluationSettings {
    InvalidValueException.check(
        batch >= 1 && batch <= 100_000, BATCH_KEY, batch, "a whole number from 1 to 100000");
  }

  /**
   * Reads the keys below {@code evaluation}.
   *
   * @throws InvalidValueException if a value is of the wrong type or out of its range
   */
  static EvaluationSettings of(KeyValues values) {
    return new EvaluationSettings(values.whole(BATCH_KEY), values.flag(TEST_EACH_EPOCH_KEY));
  }
}
