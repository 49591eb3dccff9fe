package org.eqprop.learning;

/** How the gradient is estimated from equilibria. */
public enum EstimatorKind {
  /** (∂E/∂θ(s^β) − ∂E/∂θ(s⁰)) / β: biased by O(β) (Scellier &amp; Bengio 2017, eq. 10). */
  ONE_SIDED,
  /** One-sided with a random sign of β per batch: the bias averages out over batches. */
  RANDOM_SIGN,
  /**
   * (∂E/∂θ(s^β) − ∂E/∂θ(s^−β)) / 2β: biased by O(β²) (Laborieux et al. 2021, eq. 9). Needs a second
   * nudged phase.
   */
  CENTERED
}
