package org.eqprop.audit;

import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.IntConsumer;
import org.eqprop.backend.Backend;
import org.eqprop.base.KeyValues;
import org.eqprop.data.Examples;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.learning.InputValues;
import org.eqprop.network.Network;
import org.eqprop.network.Parameters;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;

/**
 * Audits the gradient: compares the estimates that training would compute, at float64, with
 *
 * <ul>
 *   <li>the exact gradient of the mean cost at the free equilibrium ({@link
 *       org.eqprop.learning.LossGradient}), which assumes converged phases, and
 *   <li>backpropagation through the unrolled free phase ({@link UnrolledGradient}), which does not:
 *       its cost is that of the states after the run's own steps.
 * </ul>
 *
 * It compares them at the run's settings, over β, over the steps of the free phase, and step by
 * step along the nudged phase.
 */
public final class GradientAudit {
  private final AuditPlan plan;
  private final Parameters parameters;

  /**
   * @param plan the values to try
   * @param parameters W and b at float64; not modified, and not closed
   */
  public GradientAudit(AuditPlan plan, Parameters parameters) {
    this.plan = plan;
    this.parameters = parameters;
  }

  /**
   * Runs the audit.
   *
   * @param source describes the weights
   * @param weights checksum of the weights; null if they do not come from a model
   * @param images images of all batches; a remainder is not used
   * @param batches number of batches, from 1 to the number of images
   * @param begun called before each batch with its number, from 1
   */
  public AuditResult run(
      String source, @Nullable String weights, Examples images, int batches, IntConsumer begun) {
    Network network = parameters.network();
    double[][] x = InputValues.of(network, images);
    int[] labels = InputValues.labels(images);
    int size = images.size() / batches;
    AuditCollector ledger = new AuditCollector(network);
    Set<String> notes = new LinkedHashSet<>();
    try (Relaxer own = relaxer(plan.relaxation());
        Relaxer converging = relaxer(plan.relaxation().converging(1, 0))) {
      for (int batch = 0; batch < batches; batch++) {
        begun.accept(batch + 1);
        int from = batch * size;
        new BatchAudit(
                plan,
                parameters,
                own,
                converging,
                ledger,
                notes,
                Arrays.copyOfRange(x, from, from + size),
                Arrays.copyOfRange(labels, from, from + size),
                batch)
            .run();
      }
    }
    Relaxation relaxation = plan.relaxation();
    return new AuditResult(
        AuditResult.VERSION,
        source,
        weights,
        network.description(),
        GradientPart.layers(network),
        new AuditResult.Settings(
            KeyValues.word(relaxation.schedule()),
            relaxation.epsilon(),
            relaxation.freeSteps(),
            relaxation.nudgedSteps(),
            KeyValues.word(plan.estimator().kind()),
            plan.estimator().beta(),
            batches,
            size),
        ledger.curves(),
        List.copyOf(notes));
  }

  private Relaxer relaxer(Relaxation relaxation) {
    Relaxer relaxer = Backend.ND4J.relaxer(parameters.network(), relaxation, DataType.DOUBLE);
    relaxer.load(parameters);
    return relaxer;
  }
}
