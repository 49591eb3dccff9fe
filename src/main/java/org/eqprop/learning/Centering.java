package org.eqprop.learning;

/** What the first layer learns relative to. */
public enum Centering {
  /** Chosen when the training images are measured; before that it learns from x as it is. */
  AUTO,
  /** It learns from x as it is. */
  NONE,
  /** It learns from x − m, m the mean of the training images. */
  MEAN
}
