package org.eqprop.audit;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SplittableRandom;
import org.eqprop.audit.AgreementCurve.Compared;
import org.eqprop.audit.AgreementCurve.Over;
import org.eqprop.audit.AgreementCurve.Phases;
import org.eqprop.audit.AgreementCurve.Reference;
import org.eqprop.base.InputException;
import org.eqprop.base.RandomStream;
import org.eqprop.dynamics.Equilibrium;
import org.eqprop.dynamics.NudgedStart;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.dynamics.TrainingStep;
import org.eqprop.learning.EstimatorKind;
import org.eqprop.learning.GradientEstimator;
import org.eqprop.learning.GradientEstimator.Contrast;
import org.eqprop.learning.LossGradient;
import org.eqprop.network.Network;
import org.eqprop.network.Parameters;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Makes the comparisons on one batch. */
final class BatchAudit {
  /** β of the nudged phase that is compared step by step after a converged free phase. */
  private static final double SMALL_BETA = 1e-4;

  /** A free phase has converged if no unit moves by more than this in a step. */
  private static final double CONVERGED = 1e-12;

  /** A nudged phase has converged if no unit moves by more than this times |β| in a step. */
  private static final double CONVERGED_OF_BETA = 1e-9;

  private final AuditPlan plan;
  private final Parameters parameters;
  private final Network network;
  private final UnrolledGradient unrolled;
  private final Relaxer own;
  private final Relaxer converging;
  private final AuditCollector ledger;
  private final Set<String> notes;

  private final double[][] x;
  private final int[] labels;
  private final int number;

  /** The implicit gradient; null if there is none. */
  private double @Nullable [] exact;

  /** Backpropagation through the run's free phase. */
  private double[] whole = new double[0];

  /**
   * @param own has the run's relaxation at float64 and the parameters; its states are modified
   * @param converging the same without a tolerance, for phases that run until they converge
   * @param ledger receives the comparisons
   * @param notes receives what could not be compared
   * @param x s_0 of each example; not modified
   * @param labels of each example; not modified
   * @param number of the batch, from 0
   */
  BatchAudit(
      AuditPlan plan,
      Parameters parameters,
      Relaxer own,
      Relaxer converging,
      AuditCollector ledger,
      Set<String> notes,
      double[][] x,
      int[] labels,
      int number) {
    this.plan = plan;
    this.parameters = parameters;
    this.network = parameters.network();
    this.unrolled = new UnrolledGradient(parameters, plan.relaxation());
    this.own = own;
    this.converging = converging;
    this.ledger = ledger;
    this.notes = notes;
    this.x = x;
    this.labels = labels;
    this.number = number;
  }

  void run() {
    try (INDArray clamped = Nd4j.createFromArray(x)) {
      own.clamp(clamped, labels);
      converging.clamp(clamped, labels);
      exact = exact(clamped);
    }
    int steps = own.relaxFree().steps();
    whole = unrolled.whole(x, labels, steps);
    GradientEstimator estimator = plan.estimator();
    Compared kind = compared(estimator.kind());
    compare(Over.SETTINGS, kind, estimator.beta(), nudged(estimator), whole);
    overBeta(own, Phases.RUN);
    overNudgedSteps(kind, steps);
    if (exact != null) {
      overBeta(converging, Phases.CONVERGED);
      stepByStep(exact);
    }
    overFreeSteps(kind); // last, because it changes the free states
  }

  private SplittableRandom signs() {
    return RandomStream.SIGN.of(plan.seed(), number);
  }

  private static Compared compared(EstimatorKind kind) {
    return switch (kind) {
      case ONE_SIDED -> Compared.ONE_SIDED;
      case RANDOM_SIGN -> Compared.RANDOM_SIGN;
      case CENTERED -> Compared.CENTERED;
    };
  }

  private double @Nullable [] exact(INDArray clamped) {
    LongPhase free = new LongPhase(converging);
    if (!free.relax(Equilibrium.FREE, null, 0, CONVERGED)) {
      note(
          "no exact gradient: the free phase does not converge: after %d steps units still move by"
              + " %.1e",
          LongPhase.MOST, free.residual());
      return null;
    }
    INDArray[] states = new INDArray[network.depth() + 1];
    states[0] = clamped;
    for (int k = 1; k < states.length; k++) {
      states[k] = converging.state(Equilibrium.FREE, k);
    }
    try (Parameters gradient = LossGradient.of(parameters, states, labels)) {
      return FlatGradient.of(gradient);
    } catch (InputException e) {
      note("no exact gradient: %s", e.getMessage());
      return null;
    }
  }

  private void note(String format, @Nullable Object... values) {
    notes.add("batch " + (number + 1) + ": " + String.format(Locale.ROOT, format, values));
  }

  /** Runs the run's own nudged phases and returns their estimate. */
  private double[] nudged(GradientEstimator estimator) {
    return estimate(own, estimator.nudge(own, signs()));
  }

  private double[] estimate(Relaxer relaxer, Contrast contrast) {
    double[] coefficients =
        TrainingStep.coefficients(
            network,
            Collections.nCopies(2 * network.weightLayers(), -1.0),
            contrast.scale(),
            labels.length);
    try (Parameters estimate = Parameters.zeros(network, DataType.DOUBLE)) {
      relaxer.addContrast(contrast.plus(), contrast.minus(), coefficients, estimate);
      return FlatGradient.of(estimate);
    }
  }

  /** Compares an estimate with the run's own steps with both references. */
  private void compare(
      Over over, Compared kind, double at, double[] estimate, double[] backpropagated) {
    if (exact != null) {
      ledger.add(over, Phases.RUN, kind, Reference.EXACT, at, estimate, exact);
    }
    ledger.add(over, Phases.RUN, kind, Reference.UNROLLED, at, estimate, backpropagated);
  }

  /** Compares the estimates over β. The two nudged phases per β serve all estimators. */
  private void overBeta(Relaxer relaxer, Phases phases) {
    double sign = Math.signum(plan.estimator().beta());
    boolean plusFirst = plan.isPlus(signs());
    for (double size : plan.betas()) {
      double beta = sign * size;
      boolean plus = isNudged(relaxer, phases, Equilibrium.NUDGED, beta);
      boolean minus = isNudged(relaxer, phases, Equilibrium.COUNTER_NUDGED, -beta);
      double[] oneSided = plus ? contrast(relaxer, beta, Equilibrium.FREE) : null;
      addOver(phases, Compared.ONE_SIDED, size, oneSided);
      if (plus && minus) {
        addOver(
            phases,
            Compared.CENTERED,
            size,
            contrast(relaxer, 2 * beta, Equilibrium.COUNTER_NUDGED));
        double[] drawn =
            plusFirst
                ? oneSided
                : estimate(
                    relaxer,
                    new Contrast(Equilibrium.COUNTER_NUDGED, Equilibrium.FREE, -beta, Double.NaN));
        addOver(phases, Compared.RANDOM_SIGN, size, drawn);
      }
    }
  }

  private double[] contrast(Relaxer relaxer, double scale, Equilibrium minus) {
    return estimate(relaxer, new Contrast(Equilibrium.NUDGED, minus, scale, Double.NaN));
  }

  private void addOver(Phases phases, Compared kind, double size, double @Nullable [] estimate) {
    if (estimate == null) {
      return;
    }
    if (phases == Phases.RUN) {
      compare(Over.BETA, kind, size, estimate, whole);
    } else if (exact != null) {
      ledger.add(Over.BETA, phases, kind, Reference.EXACT, size, estimate, exact);
    }
  }

  /** Runs a nudged phase if the schedule allows its β, and returns whether it can be used. */
  private boolean isNudged(Relaxer relaxer, Phases phases, Equilibrium into, double beta) {
    if (!plan.allows(beta)) {
      return false;
    }
    if (phases == Phases.RUN) {
      relaxer.relaxNudged(into, beta);
      return true;
    }
    LongPhase nudged = new LongPhase(relaxer);
    boolean converged =
        nudged.relax(into, Equilibrium.FREE, beta, CONVERGED_OF_BETA * Math.abs(beta));
    if (!converged) {
      note("converged phases: skipped β %s: units still move by %.1e", beta, nudged.residual());
    }
    return converged;
  }

  /** Compares the nudged phases step by step with backpropagation through as many moves. */
  private void overNudgedSteps(Compared kind, int steps) {
    GradientEstimator estimator = plan.estimator();
    double beta = estimator.signedBeta(signs());
    List<Integer> counts = plan.nudgedSteps().stream().map(unrolled::matching).toList();
    List<double[]> truncated = unrolled.last(unrolled.zeros(x), labels, steps, counts);
    boolean fromFree = plan.relaxation().nudgedStart() == NudgedStart.FREE;
    Equilibrium before = fromFree ? Equilibrium.FREE : null;
    boolean centered = estimator.kind() == EstimatorKind.CENTERED;
    var walk = new Walk(own, beta, centered, before);
    for (int i = 0; i < counts.size(); i++) {
      int t = plan.nudgedSteps().get(i);
      double[] estimate = estimate(own, walk.to(t));
      compare(Over.NUDGED_STEPS, kind, t, estimate, whole);
      if (fromFree) {
        double[] last = truncated.get(i);
        add(Phases.RUN, kind, Reference.TRUNCATED, t, estimate, last);
        add(Phases.RUN, Compared.TRUNCATED, Reference.UNROLLED, t, last, whole);
      }
    }
  }

  /** Does the same from the exact free equilibrium with a small β, as the theorem assumes. */
  private void stepByStep(double[] gradient) {
    double[][][] start = unrolled.zeros(x);
    for (int k = 1; k <= network.depth(); k++) {
      try (INDArray states = converging.state(Equilibrium.FREE, k)) {
        double[][] rows = states.toDoubleMatrix();
        for (int i = 0; i < rows.length; i++) {
          start[i][k] = rows[i];
        }
      }
    }
    List<Integer> nudged = plan.nudgedSteps();
    List<Integer> counts = nudged.stream().map(unrolled::matching).toList();
    int steps = nudged.get(nudged.size() - 1) + 1; // 2t + 1 moves
    List<double[]> truncated = unrolled.last(start, labels, steps, counts);
    var walk = new Walk(converging, SMALL_BETA, true, Equilibrium.FREE);
    for (int i = 0; i < counts.size(); i++) {
      int t = nudged.get(i);
      double[] estimate = estimate(converging, walk.to(t));
      double[] last = truncated.get(i);
      add(Phases.CONVERGED, Compared.CENTERED, Reference.TRUNCATED, t, estimate, last);
      add(Phases.CONVERGED, Compared.CENTERED, Reference.EXACT, t, estimate, gradient);
      add(Phases.CONVERGED, Compared.TRUNCATED, Reference.EXACT, t, last, gradient);
    }
  }

  private void add(
      Phases phases,
      Compared compared,
      Reference reference,
      int t,
      double[] estimate,
      double[] expected) {
    ledger.add(Over.NUDGED_STEPS, phases, compared, reference, t, estimate, expected);
  }

  private void overFreeSteps(Compared kind) {
    int taken = 0;
    List<Integer> all = new ArrayList<>(plan.freeSteps());
    for (int i = 0; i < all.size(); i++) {
      int before = i == 0 ? 0 : all.get(i - 1);
      Equilibrium from = i == 0 ? null : Equilibrium.FREE;
      taken += own.relax(Equilibrium.FREE, from, 0, all.get(i) - before).steps();
      compare(
          Over.FREE_STEPS,
          kind,
          all.get(i),
          nudged(plan.estimator()),
          unrolled.whole(x, labels, taken));
    }
  }

  /** Runs the nudged phases of an estimator a few steps at a time. */
  private static final class Walk {
    private final Relaxer relaxer;
    private final double beta;
    private final boolean centered;
    private final @Nullable Equilibrium before;
    private int taken;

    /**
     * @param before the states to start from; null for zeros
     */
    Walk(Relaxer relaxer, double beta, boolean centered, @Nullable Equilibrium before) {
      this.relaxer = relaxer;
      this.beta = beta;
      this.centered = centered;
      this.before = before;
    }

    /** Continues up to this total number of steps, and returns the contrast there. */
    Contrast to(int steps) {
      go(Equilibrium.NUDGED, beta, steps - taken);
      if (centered) {
        go(Equilibrium.COUNTER_NUDGED, -beta, steps - taken);
      }
      taken = steps;
      return centered
          ? new Contrast(Equilibrium.NUDGED, Equilibrium.COUNTER_NUDGED, 2 * beta, Double.NaN)
          : new Contrast(Equilibrium.NUDGED, Equilibrium.FREE, beta, Double.NaN);
    }

    private void go(Equilibrium phase, double signed, int steps) {
      relaxer.relax(phase, taken == 0 ? before : phase, signed, steps);
    }
  }
}
