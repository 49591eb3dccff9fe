package org.eqprop.learning;

import java.io.Serializable;
import org.eqprop.base.InvalidValueException;
import org.eqprop.base.KeyValues;

/**
 * The energy that each operation costs, in pJ, ≥ 0. The defaults are from Horowitz (2014,
 * "Computing's energy problem") for 45 nm: 3.7 for a multiplication and 0.9 for an addition at
 * float32, and 5 for 32 bits of a small memory.
 *
 * @param multiplyAdd cost of multiplying and adding
 * @param stateUpdate cost of writing a state
 * @param weightRead cost of reading a weight
 * @param weightWrite cost of writing a weight or a bias
 */
public record OperationCosts(
    double multiplyAdd, double stateUpdate, double weightRead, double weightWrite)
    implements Serializable {
  private static final String MULTIPLY_ADD_KEY = "energy.multiply-add";
  private static final String STATE_UPDATE_KEY = "energy.state-update";
  private static final String WEIGHT_READ_KEY = "energy.weight-read";
  private static final String WEIGHT_WRITE_KEY = "energy.weight-write";

  /**
   * @throws InvalidValueException if a cost is negative or not finite
   */
  public OperationCosts {
    check(MULTIPLY_ADD_KEY, multiplyAdd);
    check(STATE_UPDATE_KEY, stateUpdate);
    check(WEIGHT_READ_KEY, weightRead);
    check(WEIGHT_WRITE_KEY, weightWrite);
  }

  private static void check(String key, double cost) {
    InvalidValueException.check(
        cost >= 0 && Double.isFinite(cost), key, cost, "a finite number from 0, in pJ");
  }

  /**
   * Reads the keys below {@code energy}.
   *
   * @throws InvalidValueException if a value is of the wrong type or out of its range
   */
  public static OperationCosts of(KeyValues values) {
    return new OperationCosts(
        values.number(MULTIPLY_ADD_KEY),
        values.number(STATE_UPDATE_KEY),
        values.number(WEIGHT_READ_KEY),
        values.number(WEIGHT_WRITE_KEY));
  }
}
