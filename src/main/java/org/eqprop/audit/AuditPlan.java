package org.eqprop.audit;

import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.dynamics.Schedule;
import org.eqprop.learning.EstimatorKind;
import org.eqprop.learning.GradientEstimator;
import org.eqprop.learning.ReplicaSpec;

/**
 * The plan of an audit: the run's own settings, and the other values to try.
 *
 * @param relaxation the run's
 * @param estimator the run's
 * @param seed the run's, for the signs of random-sign estimates
 * @param lowestBeta every nudged phase needs a β above this
 * @param betas values of |β|, ascending
 * @param freeSteps numbers of steps of the free phase, ascending
 * @param nudgedSteps numbers of steps of the nudged phases, ascending
 */
public record AuditPlan(
    Relaxation relaxation,
    GradientEstimator estimator,
    long seed,
    double lowestBeta,
    List<Double> betas,
    List<Integer> freeSteps,
    List<Integer> nudgedSteps) {
  private static final List<Double> BETAS = List.of(1e-3, 0.01, 0.1, 0.45, 1.0);
  private static final int[] MANTISSAS = {1, 2, 3, 5, 7};
  private static final int EACH = 6;

  public AuditPlan {
    betas = List.copyOf(betas);
    freeSteps = List.copyOf(freeSteps);
    nudgedSteps = List.copyOf(nudgedSteps);
  }

  /** Returns the plan for a run: β from 0.001 to 1, and up to twice its steps. */
  public static AuditPlan of(ReplicaSpec spec) {
    Relaxation relaxation = spec.relaxation();
    TreeSet<Double> betas = new TreeSet<>(BETAS);
    betas.add(Math.abs(spec.estimator().beta()));
    TreeSet<Integer> free = grid(relaxation.freeSteps());
    TreeSet<Integer> nudged = grid(relaxation.nudgedSteps());
    for (int t = 1; t <= EACH; t++) {
      nudged.add(t);
    }
    boolean limited = relaxation.schedule() == Schedule.EVEN_ODD;
    return new AuditPlan(
        relaxation,
        spec.estimator(),
        spec.hyperparameters().seed(),
        limited ? spec.network().cost().lowestBeta() : Double.NEGATIVE_INFINITY,
        List.copyOf(betas),
        List.copyOf(free),
        List.copyOf(nudged));
  }

  /** Returns 1, 2, 3, 5, 7, 10, 20, … up to twice a number, and the number itself. */
  private static TreeSet<Integer> grid(int own) {
    TreeSet<Integer> grid = new TreeSet<>();
    grid.add(own);
    for (long decade = 1; decade <= 2L * own; decade *= 10) {
      for (int mantissa : MANTISSAS) {
        if (mantissa * decade <= 2L * own) {
          grid.add((int) (mantissa * decade));
        }
      }
    }
    return grid;
  }

  /** Returns whether the schedule can relax with a nudge of this β. */
  boolean allows(double beta) {
    return beta > lowestBeta;
  }

  /** Draws a sign; returns whether a random-sign estimate of this batch keeps the sign of β. */
  boolean isPlus(SplittableRandom signs) {
    return new GradientEstimator(EstimatorKind.RANDOM_SIGN, 1).signedBeta(signs) > 0;
  }
}
