package org.eqprop.learning;

import java.io.Serializable;
import org.eqprop.base.InvalidValueException;
import org.eqprop.base.KeyValues;

/**
 * What an operation costs, in pJ, ≥ 0. By default what Horowitz (2014, "Computing's energy
 * problem") gives for 45 nm: a multiplication of 3.7 and an addition of 0.9 at float32, and 5 for
 * 32 bits of a small memory.
 *
 * @param multiplyAdd of one product added up
 * @param stateUpdate of writing a state
 * @param weightRead of reading a weight
 * @param weightWrite of writing a weight or a bias
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
