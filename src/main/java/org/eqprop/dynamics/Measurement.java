package org.eqprop.dynamics;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Sums over examples at an equilibrium. Sums, not means, so that merging is addition.
 *
 * @param examples number of examples
 * @param energy Σ E
 * @param cost Σ C
 * @param errors number of examples whose largest output is not their class
 * @param activity Σ ‖s_k‖² for k = 1 … L: zero where no unit of the layer fired for any example;
 *     [L]
 */
public record Measurement(
    long examples, double energy, double cost, long errors, List<Double> activity)
    implements Serializable {

  public Measurement {
    activity = List.copyOf(activity);
  }

  /** Returns the measurement of no examples, the neutral element of {@link #plus}. */
  public static Measurement none(int depth) {
    return new Measurement(0, 0, 0, 0, Collections.nCopies(depth, 0.0));
  }

  /** Returns the measurement of both sets of examples. */
  public Measurement plus(Measurement other) {
    List<Double> sum = new ArrayList<>(activity);
    for (int k = 0; k < sum.size(); k++) {
      sum.set(k, sum.get(k) + other.activity.get(k));
    }
    return new Measurement(
        examples + other.examples,
        energy + other.energy,
        cost + other.cost,
        errors + other.errors,
        sum);
  }

  /** Returns the mean energy; NaN for no examples. */
  public double meanEnergy() {
    return energy / examples;
  }

  /** Returns the mean cost; NaN for no examples. */
  public double meanCost() {
    return cost / examples;
  }

  /** Returns the fraction of errors, 0 … 1; NaN for no examples. */
  public double errorRate() {
    return (double) errors / examples;
  }
}
