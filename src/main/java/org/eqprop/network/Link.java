package org.eqprop.network;

import java.io.Serializable;
import java.util.List;
import org.eqprop.data.Shape;

/**
 * The connection of a layer to the one above it: a map A with parameters W, which adds −⟨s_above,
 * A(s_below)⟩ to the energy. A sends states up, its adjoint Aᵀ sends them down, and ∂E/∂W =
 * −∂⟨s_above, A(s_below)⟩/∂W.
 *
 * <p>A is linear, or linear around given states below, as with max pooling. The parameter {@code
 * at} of the methods is these states; A(s) itself is A linearised at s, applied to s.
 *
 * <p>This is the definition, for one example at double precision. Checks use it; a backend has its
 * own kernel for each kind of link.
 */
public interface Link extends Serializable {
  /** Returns the number of units below, n_{k−1}. */
  int inputs();

  /** Returns the number of units above, n_k. */
  int outputs();

  /** Returns whether this link can connect layers of these shapes. */
  default boolean joins(Shape below, Shape above) {
    return below.size() == inputs() && above.size() == outputs();
  }

  /** Returns how many biases the layer above has: one per unit or one per channel. */
  default int biases() {
    return outputs();
  }

  /** Returns the shape of W, row-major. */
  List<Integer> shape();

  /** Returns how many products A(s) sums for one example, according to the definition of A. */
  long multiplyAdds();

  /**
   * Returns the bound of the uniform distribution that initial weights are drawn from, for a gain
   * of 1.
   */
  double initialBound();

  /** Returns whether A is the same map for all states below. */
  default boolean isLinear() {
    return true;
  }

  /**
   * Adds A(s) to a sum.
   *
   * @param w W, row-major; not modified
   * @param at states around which A is linear [n_{k−1}]; not modified
   * @param below s [n_{k−1}]; not modified
   * @param sum [n_k]; modified
   */
  void up(double[] w, double[] at, double[] below, double[] sum);

  /**
   * Adds Aᵀ(s) to a sum.
   *
   * @param w W, row-major; not modified
   * @param at states around which A is linear [n_{k−1}]; not modified
   * @param above s [n_k]; not modified
   * @param sum [n_{k−1}]; modified
   */
  void down(double[] w, double[] at, double[] above, double[] sum);

  /**
   * Adds c·∂⟨s_above, A(s_below)⟩/∂W to a sum.
   *
   * @param w W, row-major; not modified
   * @param at states around which A is linear [n_{k−1}]; not modified
   * @param below [n_{k−1}]; not modified
   * @param above [n_k]; not modified
   * @param sum laid out like W; modified
   */
  void correlate(double[] w, double[] at, double[] below, double[] above, double c, double[] sum);
}
