package org.eqprop.network;

import java.io.Serializable;
import java.util.Optional;

/**
 * What training lowers: C(s_L, y), a function of the outputs and the class. A nudge adds βC to the
 * energy. The part of C that is quadratic alone, a‖s_L‖², may be told apart, so that a relaxation
 * can take it implicitly and is stable for larger β:
 *
 * <pre>
 *   C = a‖s_L‖² + C'      force f = −∂C'/∂s_L      −∂C/∂s_L = f − 2a s_L
 * </pre>
 *
 * <p>A cost can have a readout, a link of its own outside the energy: then what it is a function of
 * is z = A(s_L) + c in place of s_L, a nudge's force on s_L is β Aᵀ(f), and the readout's W and c
 * follow the exact gradient at the free equilibrium, −∂C/∂W = ∂⟨f, A(s_L)⟩/∂W and −∂C/∂c = f.
 */
public interface Cost extends Serializable {
  /** Returns the readout, whose upper units are the outputs; empty if the outputs are s_L. */
  default Optional<Link> readoutLink() {
    return Optional.empty();
  }

  /** Returns a ≥ 0; 0 if the force is all of −∂C/∂s_L, and with a readout. */
  double curvature();

  /**
   * Returns whether the force depends on y alone: then it is computed once a batch, and otherwise
   * before every step.
   */
  boolean isForceConstant();

  /**
   * Sets f of one example.
   *
   * @param outputs s_L, or z, at {@code at} … {@code at}+n−1; not modified
   * @param label y, the class
   * @param n number of outputs
   * @param force f, at the same places; modified
   */
  void force(double[] outputs, int label, int at, int n, double[] force);

  /**
   * Returns C of one example.
   *
   * @param outputs s_L, or z, at {@code at} … {@code at}+n−1; not modified
   * @param label y, the class
   * @param n number of outputs
   */
  double value(double[] outputs, int label, int at, int n);

  /**
   * Returns the β above which E + βC has a minimum in the outputs: −1/(2a), and without limit where
   * nothing is taken implicitly.
   */
  default double lowestBeta() {
    return curvature() > 0 ? -1 / (2 * curvature()) : Double.NEGATIVE_INFINITY;
  }
}
