package org.eqprop.data;

/**
 * Something the user gave cannot be used. The message is one line and complete: what is wrong,
 * where (file, key, value) and what was expected. The command line prints it as it stands, without
 * a stack trace.
 */
public class InputException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message the whole line
   */
  public InputException(String message) {
    super(message);
  }

  /**
   * @param message the whole line
   * @param cause what brought it to light
   */
  public InputException(String message, Throwable cause) {
    super(message, cause);
  }
}
