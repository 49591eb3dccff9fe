package org.eqprop.dynamics;

/**
 * One layer's step, which is affine for both schedules:
 *
 * <pre>
 *   s_k ← ρ(keep·s_k + gain·(b_k + s_{k−1}W_k + s_{k+1}W_{k+1}ᵀ) + pull·y)
 *
 *   synchronous   hidden: keep 1−ε         gain ε           pull 0
 *                 output: keep 1−ε(1+2β)   gain ε           pull 2εβ
 *   even-odd      hidden: keep 0           gain 1           pull 0
 *                 output: keep 0           gain 1/(1+2β)    pull 2β/(1+2β)
 * </pre>
 *
 * <p>The synchronous row is s_k − ε ∂F/∂s_k for states in [0, 1], where ρ(s) = s and ρ′ = 1; the
 * even-odd row is the zero of ∂F/∂s_k, a minimum for β &gt; −½.
 *
 * @param keep weight of the layer's own state
 * @param gain weight of the input from bias and neighbours
 * @param pull weight of the target, output layer only
 */
public record LayerRule(double keep, double gain, double pull) {

  public static LayerRule hidden(Relaxation relaxation) {
    return output(relaxation, 0);
  }

  /**
   * @param beta β; with even-odd above −½
   */
  public static LayerRule output(Relaxation relaxation, double beta) {
    double epsilon = relaxation.epsilon();
    return switch (relaxation.schedule()) {
      case SYNCHRONOUS -> new LayerRule(1 - epsilon * (1 + 2 * beta), epsilon, 2 * epsilon * beta);
      case EVEN_ODD -> {
        if (!(beta > -0.5)) {
          throw new IllegalArgumentException("β = " + beta + ": even-odd sweeps need β > −½");
        }
        yield new LayerRule(0, 1 / (1 + 2 * beta), 2 * beta / (1 + 2 * beta));
      }
    };
  }
}
