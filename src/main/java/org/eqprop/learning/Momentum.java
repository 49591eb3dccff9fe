package org.eqprop.learning;

import java.util.List;

/**
 * Gradient descent with momentum and L2 regularization (coupled weight decay). The state is the
 * velocity v:
 *
 * <pre>
 *   d = g + λθ,   v ← μv + d
 *   classical   θ ← θ − αv             (Polyak 1964)
 *   Nesterov    θ ← θ − α(d + μv)      (Sutskever et al. 2013, in PyTorch's form)
 * </pre>
 *
 * The rate is not part of v, so a schedule of the rate acts on the whole step at once. With μ = 0
 * both equal {@link Sgd}, bit for bit.
 */
final class Momentum implements Updater {
  private final float momentum;
  private final boolean nesterov;

  /**
   * @param momentum μ, in [0, 1)
   * @param nesterov whether the step looks ahead along the velocity
   */
  Momentum(double momentum, boolean nesterov) {
    this.momentum = (float) momentum;
    this.nesterov = nesterov;
  }

  @Override
  public int stateSize() {
    return 1;
  }

  @Override
  public void step(
      float[] weights, float[] gradient, List<float[]> state, TensorStep tensor, long update) {
    if (nesterov) {
      stepAhead(weights, gradient, state.get(0), tensor);
    } else {
      stepAlong(weights, gradient, state.get(0), tensor);
    }
  }

  private void stepAlong(float[] weights, float[] gradient, float[] velocity, TensorStep tensor) {
    float rate = (float) tensor.rate();
    float decay = (float) tensor.decay();
    for (int i = tensor.from(); i < tensor.to(); i++) {
      float v = momentum * velocity[i] + (gradient[i] + decay * weights[i]);
      velocity[i] = v;
      weights[i] -= rate * v;
    }
  }

  private void stepAhead(float[] weights, float[] gradient, float[] velocity, TensorStep tensor) {
    float rate = (float) tensor.rate();
    float decay = (float) tensor.decay();
    for (int i = tensor.from(); i < tensor.to(); i++) {
      float d = gradient[i] + decay * weights[i];
      float v = momentum * velocity[i] + d;
      velocity[i] = v;
      weights[i] -= rate * (d + momentum * v);
    }
  }
}
