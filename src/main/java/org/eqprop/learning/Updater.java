package org.eqprop.learning;

import java.util.List;

/**
 * An update rule: how a gradient estimate g moves the weights θ. A rule is one class. It works
 * element by element, so the arrays may have any layout as long as all have the same.
 *
 * <p>Weight decay λ pulls weights towards 0. Each rule says how it applies λ; biases never decay
 * ({@link TensorStep#decay}).
 */
public interface Updater {

  /** Returns how many values the rule keeps per parameter, ≥ 0. */
  int stateSize();

  /**
   * Moves the parameters of one tensor.
   *
   * @param weights θ [n]; elements {@code tensor.from()} … {@code tensor.to()−1} are modified
   * @param gradient g [n]; not modified
   * @param state {@link #stateSize} arrays [n], all zero before the first update; the elements of
   *     the tensor are modified
   * @param tensor which elements, and how far they move
   * @param update t, the number of this update, from 1
   */
  void step(float[] weights, float[] gradient, List<float[]> state, TensorStep tensor, long update);

  /**
   * Returns whether the mean of several replicas' states is a meaningful state. If not, every round
   * of several replicas starts with a state of zeros.
   */
  default boolean averagesState() {
    return true;
  }
}
