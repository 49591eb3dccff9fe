package org.eqprop.dynamics;

/**
 * A link's work for a batch on one backend: A, Aᵀ and ∂⟨s_above, A(s_below)⟩/∂W; see {@link
 * org.eqprop.network.Link}.
 *
 * @param <V> the states of a layer for a batch, [B × n]
 * @param <W> a network's parameters
 */
public interface LinkKernel<V, W> {
  /**
   * Reloads the weights, which may have changed. Called per clamped batch, and when a smaller batch
   * takes over examples. With max pooling, all later calls depend on these weights, even while
   * {@link #correlate} changes them.
   */
  default void refresh() {}

  /**
   * Receives the states that a phase starts from, in case {@link #down} depends on them as with max
   * pooling. {@link #up} replaces them with those that it is given.
   *
   * @param below not modified
   */
  default void start(V below) {}

  /** Frees the memory outside the Java heap. */
  default void close() {}

  /**
   * into ← gain·A(below), or into + gain·A(below) if {@code add}.
   *
   * @param below not modified
   */
  void up(V below, double gain, V into, boolean add);

  /**
   * into ← gain·Aᵀ(above), or into + gain·Aᵀ(above) if {@code add}. A is linearised around the
   * states below that {@link #start} or {@link #up} received last.
   *
   * @param above not modified
   */
  void down(V above, double gain, V into, boolean add);

  /**
   * Adds c·Σ ∂⟨above, A(below)⟩/∂W over the batch to the link's W.
   *
   * @param below not modified
   * @param above not modified
   * @param target modified
   */
  void correlate(V below, V above, double c, W target);

  /**
   * Adds c·(Σ ∂⟨above, A(below)⟩/∂W at plus − the same at minus), over the batch, to the link's W.
   *
   * @param target modified
   */
  default void contrast(V belowPlus, V abovePlus, V belowMinus, V aboveMinus, double c, W target) {
    correlate(belowPlus, abovePlus, c, target);
    correlate(belowMinus, aboveMinus, -c, target);
  }
}
