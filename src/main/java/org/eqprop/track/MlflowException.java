package org.eqprop.track;

import java.io.IOException;

/** The tracking server has answered a call with an error. The message is one line. */
final class MlflowException extends IOException {
  private static final long serialVersionUID = 1L;
  private static final int BAD_REQUEST = 400;
  private static final int TIMED_OUT = 408;
  private static final int TOO_MANY = 429;
  private static final int SERVER_ERROR = 500;

  private final int status;
  private final String code;

  /**
   * @param status HTTP status code
   * @param code MLflow's {@code error_code}; empty if it gave none
   */
  MlflowException(String message, int status, String code) {
    super(message);
    this.status = status;
    this.code = code;
  }

  /** Returns whether MLflow's error has this code. */
  boolean is(String errorCode) {
    return code.equals(errorCode);
  }

  /** Returns whether repeating the call is useless. */
  boolean isFinal() {
    return status >= BAD_REQUEST
        && status < SERVER_ERROR
        && status != TIMED_OUT
        && status != TOO_MANY;
  }
}
