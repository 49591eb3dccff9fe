package org.eqprop.cuda;

import org.eqprop.data.InputException;

/** A GPU that cannot do what is asked of it: one line that says what and what helps. */
public final class CudaException extends InputException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message one line
   */
  public CudaException(String message) {
    super(message);
  }
}
