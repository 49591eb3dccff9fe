package org.eqprop.base;

/** A configuration value outside its range: «KEY = VALUE: expected RANGE». */
public final class InvalidValueException extends InputException {
  private static final long serialVersionUID = 1L;
  private final String key;

  /**
   * @param key the configuration key, such as {@code relaxation.epsilon}
   * @param value what was given
   * @param expected the allowed range, in words
   */
  public InvalidValueException(String key, Object value, String expected) {
    super(key + " = " + SafeText.value(value) + ": expected " + expected);
    this.key = key;
  }

  /** Returns the configuration key that is at fault. */
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
