package org.eqprop.config;

import org.eqprop.base.InvalidValueException;
import org.eqprop.data.ExampleSource;

/**
 * Which examples.
 *
 * @param training where the training examples come from
 * @param test where the test examples come from
 * @param validation how many of the last training examples are held out, ≥ 0
 */
public record DataSettings(ExampleSource training, ExampleSource test, int validation) {

  /**
   * @throws InvalidValueException if a value is out of its range
   */
  public DataSettings {
    InvalidValueException.check(
        validation >= 0, "data.validation", validation, "a whole number from 0 (train on all) up");
  }
}
