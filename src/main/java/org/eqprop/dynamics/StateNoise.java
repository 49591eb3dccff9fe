package org.eqprop.dynamics;

/**
 * Noise on states while they relax: every step adds new random numbers to each layer's states
 * before they are clipped.
 */
@FunctionalInterface
public interface StateNoise {
  /**
   * Adds one number to each element. Called for each layer in each step, in order.
   *
   * @param noise [B × n_k], row-major; modified
   */
  void add(float[] noise);
}
