package org.eqprop.dynamics;

/**
 * What a link does for a batch on one backend: A, Aᵀ and ∂⟨s_above, A(s_below)⟩/∂W; see {@link
 * org.eqprop.network.Link}.
 *
 * @param <V> the states of a layer for a batch, [B × n]
 * @param <W> a network's parameters
 */
public interface LinkKernel<V, W> {
  /**
   * Takes over the weights, which may have changed since. Called for each clamped batch, and when a
   * smaller batch takes over examples. With max pooling all that follows goes by these weights,
   * even while {@link #correlate} changes them.
   */
  default void refresh() {}

  /**
   * Takes over the states that a phase starts from, where what is sent down depends on them as with
   * max pooling; {@link #up} takes over those that it is given.
   *
   * @param below not modified
   */
  default void start(V below) {}

  /** Frees the memory outside the Java heap. */
  default void close() {}

  /**
   * into ← gain·A(below), plus what was there if {@code add}.
   *
   * @param below not modified
   */
  void up(V below, double gain, V into, boolean add);

  /**
   * into ← gain·Aᵀ(above), A linear around the states below that were taken over last, plus what
   * was there if {@code add}.
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
