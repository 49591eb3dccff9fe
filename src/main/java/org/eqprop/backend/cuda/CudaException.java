package org.eqprop.backend.cuda;

import org.eqprop.base.InputException;

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
