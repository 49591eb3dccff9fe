package org.eqprop.network;

/** What a convolution passes on from each square of its sums. */
public enum Pooling {
  /** All of them. */
  NONE,
  /** Their mean. */
  AVERAGE,
  /** The largest. */
  MAX
}
