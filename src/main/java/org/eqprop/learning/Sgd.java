package org.eqprop.learning;

import java.util.List;

/**
 * Stochastic gradient descent with L2 regularization (coupled weight decay):
 *
 * <pre>
 *   θ ← θ − α (g + λθ)
 * </pre>
 */
public final class Sgd implements Updater {

  @Override
  public int stateSize() {
    return 0;
  }

  @Override
  public void step(
      float[] weights, float[] gradient, List<float[]> state, TensorStep tensor, long update) {
    float rate = (float) tensor.rate();
    float decay = (float) tensor.decay();
    for (int i = tensor.from(); i < tensor.to(); i++) {
      weights[i] -= rate * (gradient[i] + decay * weights[i]);
    }
  }
}
