package org.eqprop.spark;

/**
 * Training cannot continue: it diverged, or a layer died. The message is one line and names the
 * epoch.
 */
public final class TrainingFailedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message the whole line
   */
  public TrainingFailedException(String message) {
    super(message);
  }
}
