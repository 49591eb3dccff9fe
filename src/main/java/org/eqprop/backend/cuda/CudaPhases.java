package org.eqprop.backend.cuda;

import java.util.Arrays;
import java.util.List;
import org.eqprop.dynamics.Equilibrium;
import org.eqprop.dynamics.LayerRule;
import org.eqprop.dynamics.NudgedStart;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.dynamics.Schedule;
import org.eqprop.dynamics.TrainingStep;
import org.eqprop.network.Network;
import org.jspecify.annotations.Nullable;

/**
 * Adds phases and whole training steps to the list of operations. Nothing runs before {@link
 * CudaScript#run}.
 */
final class CudaPhases {
  private final CudaScript script;
  private final Network network;
  private final Relaxation relaxation;
  private final boolean inBlocks;
  private final LayerRule hidden;

  /**
   * @param script receives the operations
   * @param inBlocks whether a block takes an example of a training step through all its phases;
   *     otherwise, and in phases with a tolerance, all examples relax together, layer by layer
   */
  CudaPhases(CudaScript script, Network network, Relaxation relaxation, boolean inBlocks) {
    this.script = script;
    this.network = network;
    this.relaxation = relaxation;
    this.inBlocks = inBlocks;
    this.hidden = LayerRule.hidden(relaxation);
  }

  /**
   * Adds phases of the same batch that run side by side, one per β: the first sets {@code into},
   * the second the equilibrium after it.
   *
   * @param size B
   * @param row of the examples at which the batch starts
   * @param from the states to start from; null: zeros
   * @param steps the maximum number of steps or sweeps, ≥ 0
   * @throws IllegalArgumentException if a β is too low for even-odd sweeps; nothing is added then
   */
  void add(
      int size, int row, Equilibrium into, @Nullable Equilibrium from, int steps, double... betas) {
    List<LayerRule> outputs = Arrays.stream(betas).mapToObj(this::output).toList();
    for (int i = 0; i < betas.length; i++) {
      int target = CudaOp.number(into) + i;
      if (from == null || CudaOp.number(from) != target) {
        script.add(CudaOp.start(size, target, from == null ? -1 : CudaOp.number(from)));
      }
    }
    if (steps > 0) {
      script.add(CudaOp.relax(size, row, into, steps, relaxation.tolerance(), hidden, outputs));
    }
  }

  private LayerRule output(double beta) {
    return LayerRule.output(relaxation, network.cost(), beta);
  }

  /**
   * Adds a training step: the drive, the free phase and its measurement, the nudged phases and the
   * update.
   *
   * @param row of the examples and of the measurements at which the batch starts
   * @throws IllegalArgumentException if β is too low for even-odd sweeps
   */
  void addStep(TrainingStep step, int row) {
    int size = step.size();
    script.add(CudaOp.drive(size, row));
    if (inBlocks) {
      script.add(phases(step, row));
    } else {
      add(size, row, Equilibrium.FREE, null, relaxation.freeSteps(), 0);
      script.add(CudaOp.measure(size, row, Equilibrium.FREE, row));
      addNudged(step, row);
    }
    script.addLearning(size, row, Equilibrium.NUDGED, step.minus(), step.coefficients(), false);
  }

  private CudaOp phases(TrainingStep step, int row) {
    List<LayerRule> outputs =
        List.of(output(0), output(step.beta()), output(step.centered() ? -step.beta() : 0));
    return CudaOp.phases(step.size(), row, relaxation, step.centered(), hidden, outputs);
  }

  private void addNudged(TrainingStep step, int row) {
    int size = step.size();
    Equilibrium start = relaxation.nudgedStart() == NudgedStart.FREE ? Equilibrium.FREE : null;
    int steps = relaxation.nudgedSteps();
    boolean together = relaxation.schedule() == Schedule.EVEN_ODD && relaxation.tolerance() == 0;
    if (step.centered() && together) {
      add(size, row, Equilibrium.NUDGED, start, steps, step.beta(), -step.beta());
    } else {
      add(size, row, Equilibrium.NUDGED, start, steps, step.beta());
      if (step.centered()) {
        add(size, row, Equilibrium.COUNTER_NUDGED, start, steps, -step.beta());
      }
    }
  }
}
