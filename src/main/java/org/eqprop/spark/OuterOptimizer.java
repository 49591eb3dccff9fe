package org.eqprop.spark;

import org.eqprop.config.AveragingSettings;

/**
 * What the driver makes of a round: from θ, the weights that it began with, and θ̄, the average of
 * the replicas (see {@link Averaging}), to the weights that the next round begins with. Δ = θ̄ − θ
 * is to an outer optimizer what −αg is to an inner one; v is its velocity, 0 at first.
 *
 * <ul>
 *   <li>average: θ ← θ̄
 *   <li>momentum: v ← μv + Δ, θ ← θ + ηv (block momentum, Chen and Huo 2016; with η = 1 − μ slow
 *       momentum, Wang et al. 2020)
 *   <li>nesterov: v ← μv + Δ, θ ← θ + η(Δ + μv) (DiLoCo, Douillard et al. 2023)
 * </ul>
 *
 * <p>The state of the replicas' updaters passes by: it belongs to the gradients, and the next round
 * starts from its average whatever becomes of θ̄.
 */
@FunctionalInterface
interface OuterOptimizer {

  /**
   * Returns the state after a round.
   *
   * @param start what the round began with; not modified
   * @param mean θ̄, flat; not modified, and may become part of the result
   */
  TrainingState step(TrainingState start, float[] mean);

  /** Returns the optimizer that the settings name. */
  static OuterOptimizer of(AveragingSettings settings) {
    double rate = settings.outerRate();
    double momentum = settings.outerMomentum();
    return switch (settings.outer()) {
      case AUTO -> throw new IllegalArgumentException("not resolved: " + settings);
      case AVERAGE -> average();
      case MOMENTUM -> (start, mean) -> moved(start, mean, momentum, 0, rate);
      case NESTEROV -> (start, mean) -> moved(start, mean, momentum, rate, rate * momentum);
    };
  }

  /** Returns plain parameter averaging. */
  static OuterOptimizer average() {
    return (start, mean) -> start.moved(mean, new float[0]);
  }

  /** θ + aΔ + bv after v ← μv + Δ. */
  private static TrainingState moved(
      TrainingState start, float[] mean, double momentum, double a, double b) {
    float[] from = start.parameters();
    float[] velocity = start.velocity().length == 0 ? new float[from.length] : start.velocity();
    float[] nextVelocity = new float[from.length];
    float[] next = new float[from.length];
    for (int i = 0; i < from.length; i++) {
      double delta = (double) mean[i] - from[i];
      double v = momentum * velocity[i] + delta;
      nextVelocity[i] = (float) v;
      next[i] = (float) (from[i] + a * delta + b * v);
    }
    return start.moved(next, nextVelocity);
  }
}
