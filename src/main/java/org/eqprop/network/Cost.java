package org.eqprop.network;

import java.io.Serializable;
import java.util.Optional;

/**
 * The cost that training lowers: C(s_L, y), a function of the outputs and the class. A nudge adds
 * βC to the energy. The purely quadratic part of C, a‖s_L‖², can be separated, so that a relaxation
 * can treat it implicitly and is stable for larger β:
 *
 * <pre>
 *   C = a‖s_L‖² + C'      force f = −∂C'/∂s_L      −∂C/∂s_L = f − 2a s_L
 * </pre>
 *
 * <p>A cost can have a readout, its own link outside the energy. Then the cost is a function of z =
 * A(s_L) + c instead of s_L, a nudge's force on s_L is β Aᵀ(f), and the readout's W and c follow
 * the exact gradient at the free equilibrium: −∂C/∂W = ∂⟨f, A(s_L)⟩/∂W and −∂C/∂c = f.
 */
public interface Cost extends Serializable {
  /** Returns the readout, whose upper units are the outputs; empty if the outputs are s_L. */
  default Optional<Link> readoutLink() {
    return Optional.empty();
  }

  /** Returns a ≥ 0; 0 if the force is all of −∂C/∂s_L, and for costs with a readout. */
  double curvature();

  /**
   * Returns whether the force depends only on y: if so, it is computed once per batch, otherwise
   * before every step.
   */
  boolean isForceConstant();

  /**
   * Sets f of one example.
   *
   * @param outputs s_L, or z, at {@code at} … {@code at}+n−1; not modified
   * @param label y, the class
   * @param n number of outputs
   * @param force f, at the same indices; modified
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
   * Returns the β above which E + βC has a minimum in the outputs: −1/(2a), or −∞ if nothing is
   * treated implicitly.
   */
  default double lowestBeta() {
    return curvature() > 0 ? -1 / (2 * curvature()) : Double.NEGATIVE_INFINITY;
  }
}
