package org.eqprop.backend.cuda;

import org.eqprop.base.InputException;

/**
 * Thrown if a GPU cannot do what is requested. The message is one line that states the problem and
 * the remedy.
 */
public final class CudaException extends InputException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message one line
   */
  public CudaException(String message) {
    super(message);
  }
}
