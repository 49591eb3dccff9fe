package org.eqprop.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.eqprop.data.Shape;
import org.eqprop.dynamics.Equilibrium;
import org.eqprop.dynamics.NudgedStart;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.network.Convolution;
import org.eqprop.network.Floats;
import org.eqprop.network.Network;
import org.eqprop.run.TestFindings;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Records how single examples relax, step by step. */
final class RelaxationTracer {
  private static final int NOTED = 150;

  /** Limits of the states that are kept: layers, channels per layer, and places per layer. */
  private static final int MAPPED_LAYERS = 6;

  private static final int MAPPED_CHANNELS = 64;
  private static final int PLACES = 1 << 17;

  private final Relaxer relaxer;
  private final Network network;
  private final double beta;

  /**
   * @param relaxer holds the parameters and one example; its states are modified
   * @param beta of the nudged phase
   */
  RelaxationTracer(Relaxer relaxer, double beta) {
    this.relaxer = relaxer;
    this.network = relaxer.network();
    this.beta = beta;
  }

  /**
   * Relaxes the clamped example. Each step continues from the states of the one before, as a phase
   * does in training.
   *
   * @param example the clamped example
   * @param mapped whether the states of layers with channels are kept
   */
  TestFindings.Trace trace(TestFindings.Shown example, boolean mapped) {
    Relaxation relaxation = relaxer.relaxation();
    List<TestFindings.Step> steps = new ArrayList<>();
    relaxer.relax(Equilibrium.FREE, null, 0, 0);
    float[] zeros = states();
    steps.add(step(0, 0, zeros, zeros));
    phase(0, relaxation.freeSteps(), steps);
    int free = steps.get(steps.size() - 1).step();
    List<TestFindings.FeatureMaps> maps = mapped ? maps() : List.of();
    if (relaxation.nudgedStart() != NudgedStart.FREE) {
      relaxer.relax(Equilibrium.FREE, null, beta, 0);
    }
    phase(beta, relaxation.nudgedSteps(), steps);
    return new TestFindings.Trace(example, free, beta, steps, maps);
  }

  /** Returns the first channels of the layers with channels that are not too large for a page. */
  private List<TestFindings.FeatureMaps> maps() {
    List<TestFindings.FeatureMaps> maps = new ArrayList<>();
    for (int k = 1; k <= network.depth() && maps.size() < MAPPED_LAYERS; k++) {
      Shape shape = network.shape(k);
      int count = Math.min(Math.min(MAPPED_CHANNELS, shape.channels()), PLACES / shape.area());
      if (network.link(k) instanceof Convolution && count > 0) {
        float[] shown = Arrays.copyOf(states(k), count * shape.area());
        maps.add(TestFindings.FeatureMaps.of(k, shape.height(), shape.width(), shown));
      }
    }
    return maps;
  }

  /** Records every step, or only some of many; ends where the phase would. */
  private void phase(double nudge, int most, List<TestFindings.Step> steps) {
    int first = steps.get(steps.size() - 1).step();
    int stride = (most + NOTED - 1) / NOTED;
    double tolerance = relaxer.relaxation().tolerance();
    for (int t = 0; t < most; t++) {
      boolean noted = t % stride == 0 || t + 1 == most || tolerance > 0;
      float[] before = noted ? states() : new float[0];
      relaxer.relax(Equilibrium.FREE, Equilibrium.FREE, nudge, 1);
      if (!noted) {
        continue;
      }
      TestFindings.Step step = step(first + t + 1, nudge, before, states());
      boolean ended = tolerance > 0 && step.residual() <= tolerance;
      if (t % stride == 0 || t + 1 == most || ended) {
        steps.add(step);
      }
      if (ended) {
        return;
      }
    }
  }

  /** Returns s_1 … s_L of the example, concatenated. */
  private float[] states() {
    int count = IntStream.rangeClosed(1, network.depth()).map(network::size).sum();
    float[] states = new float[count];
    int at = 0;
    for (int k = 1; k <= network.depth(); k++) {
      System.arraycopy(states(k), 0, states, at, network.size(k));
      at += network.size(k);
    }
    return states;
  }

  private float[] states(int k) {
    try (INDArray layer = relaxer.state(Equilibrium.FREE, k)) {
      return Floats.of(layer);
    }
  }

  private TestFindings.Step step(int number, double nudge, float[] before, float[] states) {
    var measured = relaxer.measure(Equilibrium.FREE);
    double residual = 0;
    for (int i = 0; i < states.length; i++) {
      residual = Math.max(residual, Math.abs(states[i] - before[i]));
    }
    List<Double> outputs = new ArrayList<>();
    try (INDArray row = relaxer.outputs(Equilibrium.FREE)) {
      for (int i = 0; i < network.outputs(); i++) {
        outputs.add(row.getDouble(0, i));
      }
    }
    return new TestFindings.Step(
        number, measured.meanEnergy() + nudge * measured.meanCost(), residual, outputs);
  }
}
