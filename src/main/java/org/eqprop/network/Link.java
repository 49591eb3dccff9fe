package org.eqprop.network;

import java.io.Serializable;
import java.util.List;

/**
 * What joins a layer to the one above it: a linear map A with parameters W, which adds −⟨s_above,
 * A(s_below)⟩ to the energy. So A sends states up, its adjoint Aᵀ sends them down, and ∂E/∂W =
 * −∂⟨s_above, A(s_below)⟩/∂W.
 *
 * <p>This is the definition, for one example at double precision. Checks compute with it; a backend
 * computes with a kernel of its own for each kind of link.
 */
public interface Link extends Serializable {
  /** Returns the number of units below, n_{k−1}. */
  int inputs();

  /** Returns the number of units above, n_k. */
  int outputs();

  /** Returns the shape of W, row-major. */
  List<Integer> shape();

  /**
   * Returns the bound of the uniform distribution that initial weights are drawn from, for a gain
   * of 1.
   */
  double initialBound();

  /**
   * Adds A(s).
   *
   * @param w W, row-major; not modified
   * @param below s [n_{k−1}]; not modified
   * @param sum [n_k]; modified
   */
  void up(double[] w, double[] below, double[] sum);

  /**
   * Adds Aᵀ(s).
   *
   * @param w W, row-major; not modified
   * @param above s [n_k]; not modified
   * @param sum [n_{k−1}]; modified
   */
  void down(double[] w, double[] above, double[] sum);

  /**
   * Adds c·∂⟨s_above, A(s_below)⟩/∂W.
   *
   * @param below [n_{k−1}]; not modified
   * @param above [n_k]; not modified
   * @param sum as W; modified
   */
  void correlate(double[] below, double[] above, double c, double[] sum);
}
