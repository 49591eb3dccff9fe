package org.eqprop.learning;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import org.eqprop.backend.Backend;
import org.eqprop.base.InputException;
import org.eqprop.data.Examples;
import org.eqprop.dynamics.Equilibrium;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.dynamics.TrainingStep;
import org.eqprop.network.Network;
import org.eqprop.network.Parameters;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Checks the theorem that equilibrium propagation rests on (Scellier &amp; Bengio 2017, theorem 1):
 * as β → 0 the estimate tends to the gradient of the mean cost at the free equilibrium, one-sided
 * with an error of O(β) and centered with O(β²). Runs at float64, every phase to convergence.
 */
public final class GradientCheck {
  /** Maximum number of steps of a phase; a phase that converges ends long before. */
  static final int MAX_STEPS = 12_000;

  private static final double RESIDUAL = 4e-15;

  /**
   * A cycle in the last bits can keep the residual just above {@link #RESIDUAL}. Below this bound,
   * a phase has converged as far as float64 allows.
   */
  private static final double CONVERGED = 1e-12;

  private final Parameters parameters;
  private final INDArray x;
  private final int[] labels;
  private final Relaxation relaxation;

  /**
   * @param parameters W and b at float64; not modified
   * @param x s_0 of the batch [B × n_0] at float64, already normalised; not modified
   * @param labels [B]; not modified
   * @param relaxation schedule and ε; step counts and tolerance are replaced
   */
  public GradientCheck(Parameters parameters, INDArray x, int[] labels, Relaxation relaxation) {
    this.parameters = parameters;
    this.x = x;
    this.labels = labels.clone();
    this.relaxation = relaxation.converging(MAX_STEPS, RESIDUAL);
  }

  /**
   * Creates a check on images. The network's normalisation turns them into s_0.
   *
   * @param parameters W and b at float64; not modified
   * @param images the batch; not modified
   * @param relaxation schedule and ε; step counts and tolerance are replaced
   */
  public static GradientCheck of(Parameters parameters, Examples images, Relaxation relaxation) {
    double[][] x = InputValues.of(parameters.network(), images);
    return new GradientCheck(
        parameters, Nd4j.createFromArray(x), InputValues.labels(images), relaxation);
  }

  /**
   * One comparison of an estimate with the gradient.
   *
   * @param kind one-sided or centered
   * @param beta β
   * @param relativeErrors ‖estimate − gradient‖/‖gradient‖ for W_1, b_1, …, W_L, b_L; NaN where
   *     both are 0, which proves nothing
   */
  public record Row(EstimatorKind kind, double beta, List<Double> relativeErrors) {
    /** Returns the largest relative error; NaN if there is nothing to compare. */
    public double worst() {
      return relativeErrors.stream()
          .filter(e -> !Double.isNaN(e))
          .max(Comparator.naturalOrder())
          .orElse(Double.NaN);
    }
  }

  /**
   * Compares one-sided and centered estimates with the gradient.
   *
   * @param betas the β to try, each in (0, ½)
   * @return two rows for each β, one-sided first
   * @throws InputException if a phase, or the gradient's own iteration, does not converge
   */
  public List<Row> run(List<Double> betas) {
    try (Relaxer relaxer =
        Backend.ND4J.relaxer(parameters.network(), relaxation, DataType.DOUBLE)) {
      relaxer.load(parameters);
      relaxer.clamp(x, labels);
      requireConverged("the free phase", relaxer.relaxFree().residual());
      try (Parameters gradient = lossGradient(relaxer)) {
        List<Row> rows = new ArrayList<>();
        for (double beta : betas) {
          rows.add(
              compare(relaxer, new GradientEstimator(EstimatorKind.ONE_SIDED, beta), gradient));
          rows.add(compare(relaxer, new GradientEstimator(EstimatorKind.CENTERED, beta), gradient));
        }
        return rows;
      }
    }
  }

  private void requireConverged(String phase, double residual) {
    if (!(residual < CONVERGED)) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "%s does not converge: after %d steps units still move by %.1e; try a smaller"
                  + " relaxation.epsilon, relaxation.schedule = even-odd, or smaller weights",
              phase,
              MAX_STEPS,
              residual));
    }
  }

  private Parameters lossGradient(Relaxer relaxer) {
    int depth = parameters.network().depth();
    INDArray[] states = new INDArray[depth + 1];
    states[0] = x;
    for (int k = 1; k <= depth; k++) {
      states[k] = relaxer.state(Equilibrium.FREE, k);
    }
    return LossGradient.of(parameters, states, labels);
  }

  private Row compare(Relaxer relaxer, GradientEstimator estimator, Parameters gradient) {
    GradientEstimator.Contrast contrast = estimator.nudge(relaxer, new SplittableRandom(0));
    requireConverged("the nudged phase at β " + estimator.beta(), contrast.residual());
    try (Parameters estimate = Parameters.zeros(parameters.network(), DataType.DOUBLE)) {
      Network network = parameters.network();
      double[] coefficients =
          TrainingStep.coefficients(
              network,
              Collections.nCopies(2 * network.weightLayers(), -1.0),
              contrast.scale(),
              labels.length);
      relaxer.addContrast(contrast.plus(), contrast.minus(), coefficients, estimate);
      List<Double> errors = new ArrayList<>();
      double rounding = CONVERGED / Math.abs(contrast.scale());
      for (int k = 1; k <= network.weightLayers(); k++) {
        errors.add(relativeError(estimate.weight(k), gradient.weight(k), rounding));
        errors.add(relativeError(estimate.bias(k), gradient.bias(k), rounding));
      }
      return new Row(estimator.kind(), estimator.beta(), errors);
    }
  }

  /**
   * Returns the relative error: NaN if both are 0 (the estimate up to rounding), infinity if only
   * the gradient is 0.
   *
   * @param rounding rounding error of one element of the estimate
   */
  private static double relativeError(INDArray estimate, INDArray exact, double rounding) {
    double size = exact.norm2Number().doubleValue();
    double difference = estimate.sub(exact).norm2Number().doubleValue();
    boolean nothing = size == 0 && difference <= rounding * Math.sqrt((double) exact.length());
    return nothing ? Double.NaN : difference / size;
  }
}
