package org.eqprop.spark;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.eqprop.data.Examples;
import org.eqprop.dynamics.Equilibrium;
import org.eqprop.dynamics.Measurement;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.learning.Evaluator;
import org.eqprop.network.Floats;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Records how the free phases of a set of examples settle, step by step from zeros, and how many
 * examples are misclassified after each step. All values are sums, so that two records are merged
 * by addition.
 *
 * @param examples number of examples, ≥ 0
 * @param tolerance an example has settled as soon as none of its units moves by more than this in a
 *     step
 * @param steps the sums after 1, 2, … steps or sweeps
 */
public record Settling(int examples, double tolerance, List<Step> steps) implements Serializable {
  private static final long serialVersionUID = 1L;

  /** The tolerance if the relaxation has none. */
  private static final double USUAL = 1e-3;

  private static final int FEWEST_BEHIND = 10;

  /** The maximum number of steps that are measured. */
  static final int MOST = 400;

  /** Fails if the steps are null, as they are if a damaged file lacks them. */
  public Settling {
    steps = List.copyOf(steps);
  }

  /**
   * Sums over the examples after a step.
   *
   * @param errors number of examples whose largest output is not that of their class
   * @param energy Σ E
   * @param moves Σ of the distances that the fastest unit of each example moved in the step
   * @param settled number of examples that settled in this step
   */
  public record Step(long errors, double energy, double moves, long settled)
      implements Serializable {
    private static final long serialVersionUID = 1L;

    private static final Step NONE = new Step(0, 0, 0, 0);

    private Step plus(Step other) {
      return new Step(
          errors + other.errors,
          energy + other.energy,
          moves + other.moves,
          settled + other.settled);
    }
  }

  /**
   * Returns the tolerance by which examples count as settled: the relaxation's, or 0.001 if it has
   * none.
   */
  public static double tolerance(Relaxation relaxation) {
    return relaxation.tolerance() > 0 ? relaxation.tolerance() : USUAL;
  }

  /**
   * Returns how many steps to measure: twice as many as the free phase has, at least ten more than
   * it has, and at most 400.
   */
  public static int span(Relaxation relaxation) {
    int free = Math.min(MOST, relaxation.freeSteps());
    return Math.min(MOST, free + Math.max(FEWEST_BEHIND, free));
  }

  /** Returns the settling of no examples, the neutral element of {@link #plus}. */
  static Settling none(double tolerance, int steps) {
    return new Settling(0, tolerance, Collections.nCopies(steps, Step.NONE));
  }

  /**
   * Relaxes the first examples and measures how they settle.
   *
   * @param relaxer holds the parameters; its states are modified
   * @param images not modified
   * @param count how many images to relax
   * @param batch images relaxed at a time
   * @param steps number of steps per image
   */
  public static Settling of(Relaxer relaxer, Examples images, int count, int batch, int steps) {
    double tolerance = tolerance(relaxer.relaxation());
    Settling[] total = {none(tolerance, steps)};
    new Evaluator(relaxer, batch)
        .clampEach(
            images,
            count,
            (from, to) -> total[0] = total[0].plus(of(relaxer, to - from, steps, tolerance)));
    return total[0];
  }

  private static Settling of(Relaxer relaxer, int size, int most, double tolerance) {
    boolean[] settled = new boolean[size];
    List<Step> steps = new ArrayList<>();
    relaxer.relax(Equilibrium.FREE, null, 0, 0);
    List<float[]> before = states(relaxer);
    for (int step = 1; step <= most; step++) {
      relaxer.relax(Equilibrium.FREE, Equilibrium.FREE, 0, 1);
      List<float[]> after = states(relaxer);
      double[] moves = moves(before, after, size);
      double sum = 0;
      long now = 0;
      for (int i = 0; i < size; i++) {
        sum += moves[i];
        if (!settled[i] && moves[i] <= tolerance) {
          settled[i] = true;
          now++;
        }
      }
      Measurement measured = relaxer.measure(Equilibrium.FREE);
      steps.add(new Step(measured.errors(), measured.energy(), sum, now));
      before = after;
    }
    return new Settling(size, tolerance, steps);
  }

  /** Returns s_1 … s_L, each [B · n_k], row-major. */
  private static List<float[]> states(Relaxer relaxer) {
    List<float[]> states = new ArrayList<>();
    for (int k = 1; k <= relaxer.network().depth(); k++) {
      try (INDArray layer = relaxer.state(Equilibrium.FREE, k)) {
        states.add(Floats.of(layer));
      }
    }
    return states;
  }

  /** Returns max |Δs| of each example, [B]; NaN where a state is NaN. */
  private static double[] moves(List<float[]> before, List<float[]> after, int size) {
    double[] moves = new double[size];
    for (int k = 0; k < after.size(); k++) {
      float[] from = before.get(k);
      float[] to = after.get(k);
      int units = to.length / size;
      for (int i = 0; i < to.length; i++) {
        moves[i / units] = Math.max(moves[i / units], Math.abs(to[i] - from[i]));
      }
    }
    return moves;
  }

  /**
   * Returns the settling of both sets of examples.
   *
   * @param other with the same tolerance and number of steps
   */
  Settling plus(Settling other) {
    return new Settling(
        examples + other.examples,
        tolerance,
        IntStream.range(0, steps.size())
            .mapToObj(i -> steps.get(i).plus(other.steps.get(i)))
            .toList());
  }

  /** Returns the error rate after a step, 0 … 1; steps count from 1. */
  public double errorRate(int step) {
    return (double) steps.get(step - 1).errors / examples;
  }

  /** Returns the mean of E after a step. */
  public double meanEnergy(int step) {
    return steps.get(step - 1).energy / examples;
  }

  /** Returns the mean over examples of how far the fastest unit moved in a step. */
  public double meanMove(int step) {
    return steps.get(step - 1).moves / examples;
  }

  /** Returns how many examples have settled after a step, 0 … all of them. */
  public long settled(int step) {
    return steps.stream().limit(step).mapToLong(Step::settled).sum();
  }

  /**
   * Returns the first step after which this share of the examples has settled; empty if there is
   * none.
   *
   * @param share in (0, 1]
   */
  public OptionalInt stepOf(double share) {
    return IntStream.rangeClosed(1, steps.size())
        .filter(step -> settled(step) >= share * examples)
        .findFirst();
  }
}
