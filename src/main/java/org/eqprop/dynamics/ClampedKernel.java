package org.eqprop.dynamics;

/**
 * The first link's work for a batch on one backend. The lower layer is clamped, so its input to the
 * first layer is computed once for all phases, and the link learns only from x and the difference
 * of two equilibria.
 *
 * @param <V> the states of a layer for a batch, [B × n]
 * @param <W> a network's parameters
 */
public interface ClampedKernel<V, W> {
  /**
   * base ← A_1(x) + b_1.
   *
   * @param base [B × n_1]; modified
   */
  void drive(V base);

  /**
   * Adds what the first layer learns to W_1 and b_1: see {@link Relaxer#learn}.
   *
   * @param difference s_1 at plus − s_1 at minus; may be modified
   * @param weight c of W_1
   * @param bias c of b_1
   * @param target modified
   */
  void addContrast(V difference, double weight, double bias, W target);

  /** Frees its own memory. */
  default void close() {}
}
