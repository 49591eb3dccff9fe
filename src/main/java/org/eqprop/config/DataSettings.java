package org.eqprop.config;

import org.eqprop.base.InvalidValueException;
import org.eqprop.data.LabelledFiles;

/**
 * Which examples.
 *
 * @param training the training files
 * @param test the test files
 * @param validation how many of the last training examples are held out, ≥ 0
 */
public record DataSettings(LabelledFiles training, LabelledFiles test, int validation) {

  /**
   * @throws InvalidValueException if a value is out of its range
   */
  public DataSettings {
    InvalidValueException.check(
        validation >= 0, "data.validation", validation, "a whole number from 0 (train on all) up");
  }
}
