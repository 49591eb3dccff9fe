package org.eqprop.base;

/** Thrown if a configuration value is outside its range: «KEY = VALUE: expected RANGE». */
public final class InvalidValueException extends InputException {
  private static final long serialVersionUID = 1L;
  private final String key;

  /**
   * @param key the configuration key, such as {@code relaxation.epsilon}
   * @param value the given value
   * @param expected the allowed range, in words
   */
  public InvalidValueException(String key, Object value, String expected) {
    super(key + " = " + SafeText.value(value) + ": expected " + expected);
    this.key = key;
  }

  /** Returns the configuration key of the invalid value. */
  public String key() {
    return key;
  }

  /**
   * Throws unless the condition holds.
   *
   * @throws InvalidValueException if {@code holds} is false
   */
  public static void check(boolean holds, String key, Object value, String expected) {
    if (!holds) {
      throw new InvalidValueException(key, value, expected);
    }
  }
}
