package org.eqprop.dynamics;

/** The order in which the layers move. */
public enum Schedule {
  /**
   * Every layer takes one gradient step from the old states of all layers: s_k ← clip(s_k − ε
   * ∂F/∂s_k) (Scellier &amp; Bengio 2017, § 5.1).
   */
  SYNCHRONOUS,
  /**
   * One sweep sets layers 1, 3, … and then 2, 4, … each to the exact minimiser of F given its
   * neighbours (block Gauss–Seidel): F never rises.
   */
  EVEN_ODD
}
