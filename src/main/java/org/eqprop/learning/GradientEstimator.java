package org.eqprop.learning;

import java.io.Serializable;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.eqprop.base.InvalidValueException;
import org.eqprop.base.KeyValues;
import org.eqprop.dynamics.Convergence;
import org.eqprop.dynamics.Equilibrium;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.dynamics.Schedule;
import org.eqprop.network.Cost;

/**
 * Estimates the gradient of the mean cost from the contrast of two equilibria, with their states
 * held fixed.
 *
 * @param kind which equilibria are contrasted
 * @param beta β, not 0; the allowed range depends on kind and schedule, see {@link #checkAgainst}
 */
public record GradientEstimator(EstimatorKind kind, double beta) implements Serializable {
  private static final String KIND_KEY = "estimator.kind";
  private static final String BETA_KEY = "estimator.beta";

  /**
   * @throws InvalidValueException if |β| is not between 1e-6 and 100
   */
  public GradientEstimator {
    InvalidValueException.check(
        Math.abs(beta) >= 1e-6 && Math.abs(beta) <= 100,
        BETA_KEY,
        beta,
        "a number other than 0, with a magnitude from 1e-6 to 100");
  }

  /**
   * Reads the keys below {@code estimator}.
   *
   * @throws InvalidValueException if a value is of the wrong type or out of its range
   */
  public static GradientEstimator of(KeyValues values) {
    return new GradientEstimator(
        values.choice(KIND_KEY, EstimatorKind.class), values.number(BETA_KEY));
  }

  /** Returns the keys that {@link #of} reads, with the values as written in a configuration. */
  public Map<String, String> keys() {
    Map<String, String> keys = new LinkedHashMap<>();
    keys.put(KIND_KEY, KeyValues.word(kind));
    keys.put(BETA_KEY, String.valueOf(beta));
    return keys;
  }

  /**
   * Checks β against the schedule: in even-odd sweeps the output layer minimises F only for β above
   * a limit, −½ for the squared error.
   *
   * @throws InvalidValueException if even-odd sweeps would use a β at or below {@link
   *     Cost#lowestBeta}
   */
  public void checkAgainst(Schedule schedule, Cost cost) {
    double lowest = cost.lowestBeta();
    if (schedule != Schedule.EVEN_ODD) {
      return;
    }
    if (kind == EstimatorKind.ONE_SIDED) {
      InvalidValueException.check(
          beta > lowest,
          BETA_KEY,
          beta,
          "more than "
              + lowest
              + " with "
              + Relaxation.SCHEDULE_KEY
              + " = even-odd (F has no minimum below)");
    } else {
      InvalidValueException.check(
          Math.abs(beta) < -lowest,
          BETA_KEY,
          beta,
          "between "
              + lowest
              + " and "
              + -lowest
              + " with "
              + Relaxation.SCHEDULE_KEY
              + " = even-odd and nudges of both signs (F has no minimum below "
              + lowest
              + ")");
    }
  }

  /**
   * The two equilibria whose contrast, divided by {@code scale}, is the estimate.
   *
   * @param residual how far the nudged phases ended from equilibrium, the larger one of two: see
   *     {@link Convergence#residual}
   */
  public record Contrast(Equilibrium plus, Equilibrium minus, double scale, double residual) {}

  /**
   * Returns the β of a batch's nudged phase, including its sign.
   *
   * @param signs one value is drawn if the kind is random-sign, otherwise none
   */
  public double signedBeta(SplittableRandom signs) {
    return kind == EstimatorKind.RANDOM_SIGN && !signs.nextBoolean() ? -beta : beta;
  }

  /** Returns the divisor of the contrast for a nudge of β. */
  public double scale(double signedBeta) {
    return kind == EstimatorKind.CENTERED ? 2 * signedBeta : signedBeta;
  }

  /**
   * Runs the nudged phases for the batch whose free equilibrium the relaxer holds.
   *
   * @param relaxer its nudged states are modified
   * @param signs one value is drawn if the kind is random-sign, otherwise none
   */
  public Contrast nudge(Relaxer relaxer, SplittableRandom signs) {
    double signed = signedBeta(signs);
    double plus = relaxer.relaxNudged(Equilibrium.NUDGED, signed).residual();
    if (kind != EstimatorKind.CENTERED) {
      return new Contrast(Equilibrium.NUDGED, Equilibrium.FREE, scale(signed), plus);
    }
    double minus = relaxer.relaxNudged(Equilibrium.COUNTER_NUDGED, -signed).residual();
    return new Contrast(
        Equilibrium.NUDGED, Equilibrium.COUNTER_NUDGED, scale(signed), Math.max(plus, minus));
  }
}
