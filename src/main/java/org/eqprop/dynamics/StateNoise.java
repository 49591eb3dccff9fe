package org.eqprop.dynamics;

/**
 * Noise on states while they relax: in every step, before the states are clipped, a layer's get
 * numbers of their own.
 */
@FunctionalInterface
public interface StateNoise {
  /**
   * Adds one number to each element; called for each layer in each step, in their order.
   *
   * @param noise [B × n_k], row-major; modified
   */
  void add(float[] noise);
}
