package org.eqprop.dynamics;

import org.eqprop.network.Cost;

/**
 * One layer's step. It is affine for both schedules; a is the cost's curvature and f its force:
 *
 * <pre>
 *   s_k ← clip(keep·s_k + gain·(b_k + A_k(s_{k−1}) + A_{k+1}ᵀ(s_{k+1})) + pull·f)
 *
 *   synchronous   hidden: keep 1−ε           gain ε            pull 0
 *                 output: keep 1−ε(1+2aβ)    gain ε            pull εβ
 *   even-odd      hidden: keep 0             gain 1            pull 0
 *                 output: keep 0             gain 1/(1+2aβ)    pull β/(1+2aβ)
 * </pre>
 *
 * <p>The synchronous row is s_k − ε ∂F/∂s_k for states in their range; the even-odd row is the zero
 * of ∂F/∂s_k with the force held fixed, which is a minimum for β above {@link Cost#lowestBeta}.
 *
 * @param keep weight of the layer's own state
 * @param gain weight of the input from bias and neighbours
 * @param pull weight of the cost's force, output layer only
 */
public record LayerRule(double keep, double gain, double pull) {

  /** Returns the step of a hidden layer. */
  public static LayerRule hidden(Relaxation relaxation) {
    double epsilon = relaxation.epsilon();
    return switch (relaxation.schedule()) {
      case SYNCHRONOUS -> new LayerRule(1 - epsilon, epsilon, 0);
      case EVEN_ODD -> new LayerRule(0, 1, 0);
    };
  }

  /**
   * Returns the step of the output layer.
   *
   * @param beta β; with even-odd sweeps, greater than {@link Cost#lowestBeta}
   * @throws IllegalArgumentException if it is not
   */
  public static LayerRule output(Relaxation relaxation, Cost cost, double beta) {
    double epsilon = relaxation.epsilon();
    double stiffness = 1 + 2 * cost.curvature() * beta;
    return switch (relaxation.schedule()) {
      case SYNCHRONOUS -> new LayerRule(1 - epsilon * stiffness, epsilon, epsilon * beta);
      case EVEN_ODD -> {
        if (!(beta > cost.lowestBeta())) {
          throw new IllegalArgumentException(
              "β = " + beta + ": even-odd sweeps need β > " + cost.lowestBeta());
        }
        yield new LayerRule(0, 1 / stiffness, beta / stiffness);
      }
    };
  }
}
