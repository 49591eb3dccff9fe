package org.eqprop.spark;

import org.eqprop.config.AveragingSettings;
import org.eqprop.network.Network;
import org.eqprop.network.Weights;

/**
 * The step that the driver takes after a round: from θ, the weights that the round started with,
 * and θ̄, the average of the replicas (see {@link Averaging}), it computes the weights that the
 * next round starts with. Δ = θ̄ − θ is for an outer optimizer what −αg is for an inner one; v is
 * the velocity, initially 0.
 *
 * <ul>
 *   <li>average: θ ← θ̄
 *   <li>momentum: v ← μv + Δ, θ ← θ + ηv (block momentum, Chen and Huo 2016; with η = 1 − μ slow
 *       momentum, Wang et al. 2020)
 *   <li>nesterov: v ← μv + Δ, θ ← θ + η(Δ + μv) (DiLoCo, Douillard et al. 2023)
 * </ul>
 *
 * <p>The step leaves the state of the replicas' updaters alone: it belongs to the gradients, and
 * the next round starts from its average, whatever the outer optimizer makes of θ̄.
 */
@FunctionalInterface
interface OuterOptimizer {

  /**
   * Returns the state after a round.
   *
   * @param start state that the round started with; not modified
   * @param mean θ̄; not modified, and may become part of the result
   */
  TrainingState step(TrainingState start, Weights mean);

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
    return (start, mean) -> start.moved(mean, null);
  }

  /** θ + aΔ + bv after v ← μv + Δ. */
  private static TrainingState moved(
      TrainingState start, Weights mean, double momentum, double a, double b) {
    Network network = mean.network();
    Weights before = start.velocity();
    float[] from = start.weights().values();
    float[] to = mean.values();
    float[] velocity = before == null ? new float[from.length] : before.values();
    float[] nextVelocity = new float[from.length];
    float[] next = new float[from.length];
    for (int i = 0; i < from.length; i++) {
      double delta = (double) to[i] - from[i];
      double v = momentum * velocity[i] + delta;
      nextVelocity[i] = (float) v;
      next[i] = (float) (from[i] + a * delta + b * v);
    }
    return start.moved(new Weights(network, next), new Weights(network, nextVelocity));
  }
}
