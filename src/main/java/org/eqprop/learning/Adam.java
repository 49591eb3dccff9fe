package org.eqprop.learning;

import java.util.List;

/**
 * Adam (Kingma &amp; Ba 2015, algorithm 1) with decoupled weight decay, i.e. AdamW (Loshchilov
 * &amp; Hutter 2019, algorithm 2, with the decay multiplied by the rate as in PyTorch). The state
 * consists of m and v, the means of the gradient and of its square:
 *
 * <pre>
 *   m ← β₁m + (1 − β₁)g,   v ← β₂v + (1 − β₂)g²
 *   m̂ = m/(1 − β₁ᵗ),   v̂ = v/(1 − β₂ᵗ)
 *   θ ← (1 − αλ)θ − α m̂/(√v̂ + ε)
 * </pre>
 *
 * The decay does not enter m and v. With λ = 0 it is Adam.
 */
final class Adam implements Updater {
  private final double beta1;
  private final double beta2;
  private final float epsilon;

  /**
   * @param beta1 β₁, in [0, 1)
   * @param beta2 β₂, in [0, 1)
   * @param epsilon ε, &gt; 0
   */
  Adam(double beta1, double beta2, double epsilon) {
    this.beta1 = beta1;
    this.beta2 = beta2;
    this.epsilon = (float) epsilon;
  }

  @Override
  public int stateSize() {
    return 2;
  }

  @Override
  public void step(
      float[] weights, float[] gradient, List<float[]> state, TensorStep tensor, long update) {
    float b1 = (float) beta1;
    float c1 = (float) (1 - beta1);
    float b2 = (float) beta2;
    float c2 = (float) (1 - beta2);
    float keep = (float) (1 - tensor.rate() * tensor.decay());
    float size = (float) (tensor.rate() / (1 - Math.pow(beta1, (double) update)));
    float correction = (float) (1 / Math.sqrt(1 - Math.pow(beta2, (double) update)));
    float[] means = state.get(0);
    float[] squares = state.get(1);
    for (int i = tensor.from(); i < tensor.to(); i++) {
      float g = gradient[i];
      float m = b1 * means[i] + c1 * g;
      float v = b2 * squares[i] + c2 * (g * g);
      means[i] = m;
      squares[i] = v;
      weights[i] = keep * weights[i] - size * m / ((float) Math.sqrt(v) * correction + epsilon);
    }
  }
}
