package org.eqprop.learning;

/** The center that is subtracted from the input x when the first layer learns. */
public enum Centering {
  /**
   * Chosen when the training images are measured; until then the first layer learns from x as it
   * is.
   */
  AUTO,
  /** The first layer learns from x as it is. */
  NONE,
  /** The first layer learns from x − m, where m is the mean of the training images. */
  MEAN
}
