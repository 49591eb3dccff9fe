package org.eqprop.audit;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.eqprop.dynamics.LayerRule;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.dynamics.Schedule;
import org.eqprop.learning.CostGradient;
import org.eqprop.network.Link;
import org.eqprop.network.Network;
import org.eqprop.network.Parameters;
import org.eqprop.network.Range;

/**
 * Backpropagation through time: the gradient of the mean cost after a free phase with a given
 * number of steps, through those steps. A step consists of one or more moves; a move updates some
 * layers from the states before it:
 *
 * <pre>
 *   p_k = keep·s_k + gain·(b_k + A_k(s_{k−1}) + A_{k+1}ᵀ(s_{k+1})),   s_k ← clip(p_k)
 *
 *   synchronous   one move of all layers          keep 1−ε, gain ε
 *   even-odd      layers 1, 3, …, then 2, 4, …    keep 0, gain 1
 * </pre>
 *
 * <p>Backwards through a move, with δ_k = ∂C/∂s_k after the move, e_k = gain·D_k δ_k for the layers
 * that move, and D_k = 1 where p_k is inside the layer's range and 0 elsewhere:
 *
 * <pre>
 *   δ_k     ← keep·D_k δ_k, for the layers that move
 *   δ_{k−1} += A_kᵀ(e_k),   δ_{k+1} += A_{k+1}(e_k)
 *   ∂C/∂W_k     += ∂⟨e_k, A_k(s_{k−1})⟩/∂W_k,   ∂C/∂b_k += e_k, summed over the units that share a bias
 *   ∂C/∂W_{k+1} += ∂⟨s_{k+1}, A_{k+1}(e_k)⟩/∂W_{k+1}
 * </pre>
 *
 * <p>A is linearized at the states below it before the move, where the phase itself also takes the
 * largest sums of max pooling. Computes at float64 from the links' definitions, example by example,
 * and shares no code with a relaxer.
 *
 * <p><b>Relation to the nudged phase</b> (Ernoult et al. 2019, theorem 1). Assume that the free
 * phase has converged. Then, as β → 0, the change of −∂E/∂θ/β in the t-th move of the nudged phase
 * is minus the part of the gradient that comes through the t-th last move of the free phase, and
 * what the nudged phase has collected after t moves is the gradient through the last t moves. For
 * synchronous steps this is exact step by step: a step's Jacobian is D M with M symmetric and D a
 * projection, so that D M D, which propagates both the states' differences and the adjoints, is its
 * own transpose. An even-odd sweep has no symmetric Jacobian, but its two halves are each other's
 * transposes: odd layers move by D B, even layers by D Bᵀ. So the equality holds half sweep by half
 * sweep, counted forwards from the first half sweep that moves layer L in the nudged phase and
 * backwards from the last one that moved it in the free phase. If L is even, the first half of the
 * nudged phase moves nothing; if L is odd, the last half of the free phase does not reach the cost.
 * Hence, after t ≥ 1 sweeps or steps, the estimate equals the gradient through this number of last
 * moves ({@link #matching}):
 *
 * <pre>
 *   synchronous   t
 *   even-odd      2t − 1 if L is even,   2t + 1 if L is odd
 * </pre>
 *
 * <p>Whole sweeps do not match: the gradient through the last 2t moves is a different one. The
 * error is O(β) for one-sided and O(β²) for centered estimates, as long as no unit crosses an end
 * of its range.
 */
public final class UnrolledGradient {
  private final Network network;
  private final double[][] weights;
  private final double[][] biases;
  private final CostGradient cost;
  private final LayerRule rule;

  /** The layers of each move of a step. */
  private final List<List<Integer>> moves;

  private final boolean sweeps;

  /**
   * @param parameters W and b; copied
   * @param relaxation determines schedule and ε
   */
  public UnrolledGradient(Parameters parameters, Relaxation relaxation) {
    network = parameters.network();
    int count = network.weightLayers();
    weights = new double[count + 1][];
    biases = new double[count + 1][];
    for (int k = 1; k <= count; k++) {
      weights[k] = FlatGradient.values(parameters.weight(k));
      biases[k] = FlatGradient.values(parameters.bias(k));
    }
    cost = new CostGradient(network, weights, biases);
    rule = LayerRule.hidden(relaxation);
    sweeps = relaxation.schedule() == Schedule.EVEN_ODD;
    moves = sweeps ? List.of(layersFrom(1, 2), layersFrom(2, 2)) : List.of(layersFrom(1, 1));
  }

  private List<Integer> layersFrom(int first, int stride) {
    return IntStream.iterate(first, k -> k <= network.depth(), k -> k + stride).boxed().toList();
  }

  /** Returns how many moves a step or sweep has. */
  public int movesPerStep() {
    return moves.size();
  }

  /**
   * Returns how many of the free phase's last moves correspond to the first steps or sweeps of a
   * nudged phase.
   *
   * @param nudgedSteps t ≥ 1
   */
  public int matching(int nudgedSteps) {
    if (!sweeps) {
      return nudgedSteps;
    }
    return network.depth() % 2 == 0 ? 2 * nudgedSteps - 1 : 2 * nudgedSteps + 1;
  }

  /**
   * Returns the gradient through a whole free phase from zeros, in the order of the layout.
   *
   * @param x s_0 of each example; not modified
   * @param labels of each example; not modified
   * @param steps of the free phase, ≥ 1
   */
  public double[] whole(double[][] x, int[] labels, int steps) {
    return last(zeros(x), labels, steps, List.of(steps * movesPerStep())).get(0);
  }

  /** Returns the states that a free phase starts from, [examples][layer][unit]. */
  double[][][] zeros(double[][] x) {
    double[][][] states = new double[x.length][network.depth() + 1][];
    for (int i = 0; i < x.length; i++) {
      states[i][0] = x[i];
      for (int k = 1; k <= network.depth(); k++) {
        states[i][k] = new double[network.size(k)];
      }
    }
    return states;
  }

  /**
   * Returns gradients through only the last moves of a phase, each in the order of the layout.
   *
   * @param start s_0 … s_L of each example before the phase; not modified
   * @param labels of each example; not modified
   * @param steps of the phase, ≥ 1
   * @param counts numbers of moves, ascending; a number beyond the phase means all its moves
   */
  public List<double[]> last(double[][][] start, int[] labels, int steps, List<Integer> counts) {
    List<double[][]> sums = new ArrayList<>();
    for (int n = 0; n < counts.size(); n++) {
      sums.add(zeroTensors());
    }
    for (int i = 0; i < labels.length; i++) {
      new Example(start[i], labels[i], 1.0 / labels.length).add(steps, counts, sums);
    }
    List<double[]> gradients = new ArrayList<>();
    double[] sum = new double[network.parameterCount()];
    while (!sums.isEmpty()) {
      FlatGradient.add(sums.remove(0), sum); // removed, so that it can be freed
      gradients.add(sum.clone());
    }
    return gradients;
  }

  /** Returns zero tensors of the shapes of W_1, b_1, W_2, …. */
  private double[][] zeroTensors() {
    double[][] tensors = new double[2 * network.weightLayers()][];
    for (int k = 1; k <= network.weightLayers(); k++) {
      tensors[2 * k - 2] = new double[weights[k].length];
      tensors[2 * k - 1] = new double[biases[k].length];
    }
    return tensors;
  }

  /** A move of the forward pass, recorded for the backward pass. */
  private static final class Made {
    private final List<Integer> layers;
    private final double[][] before;
    private final boolean[][] inside;

    Made(List<Integer> layers, double[][] before) {
      this.layers = layers;
      this.before = before.clone(); // states are replaced, never modified
      this.inside = new boolean[before.length][];
    }
  }

  /** The forward and backward passes of one example. */
  private final class Example {
    private final double[][] s;
    private final int label;
    private final double factor;

    /** b_k; for k = 1, A_1(x) + b_1. */
    private final double[][] base;

    /** The sum of e_1 since the last addition to W_1's gradient; valid because s_0 is constant. */
    private double[] first;

    Example(double[][] start, int label, double factor) {
      this.s = start.clone();
      this.label = label;
      this.factor = factor;
      this.base = new double[s.length][];
      this.first = new double[s[1].length];
      for (int k = 1; k < s.length; k++) {
        base[k] = new double[s[k].length];
        for (int j = 0; j < s[k].length; j++) {
          base[k][j] = biases[k][bias(k, j)];
        }
      }
      network.link(1).up(weights[1], s[0], s[0], base[1]);
    }

    /** Returns the index of the bias of unit j of layer k. */
    private int bias(int k, int j) {
      return j / (network.size(k) / biases[k].length);
    }

    /**
     * Adds the gradients.
     *
     * @param sums tensors per count, which receive what comes through the moves since the previous
     *     count; modified
     */
    void add(int steps, List<Integer> counts, List<double[][]> sums) {
      List<Made> made = new ArrayList<>();
      for (int step = 0; step < steps; step++) {
        for (List<Integer> layers : moves) {
          made.add(forwards(layers));
        }
      }
      Collections.reverse(made);
      int top = network.depth();
      int readout = network.weightLayers();
      double[][] tensors = sums.get(0);
      cost.addReadout(s[top], label, factor, tensors[2 * readout - 2], tensors[2 * readout - 1]);
      double[][] delta = new double[s.length][];
      for (int k = 0; k < top; k++) {
        delta[k] = new double[s[k].length];
      }
      delta[top] = cost.at(s[top], label);
      int back = 0;
      for (int n = 0; n < counts.size(); n++) {
        for (; back < Math.min(counts.get(n), made.size()); back++) {
          backwards(made.get(back), delta, sums.get(n));
        }
        network.link(1).correlate(weights[1], s[0], s[0], first, factor, sums.get(n)[0]);
        first = new double[first.length];
      }
    }

    private Made forwards(List<Integer> layers) {
      Made move = new Made(layers, s);
      for (int k : layers) {
        double[] u = base[k].clone();
        if (k > 1) {
          network.link(k).up(weights[k], move.before[k - 1], move.before[k - 1], u);
        }
        if (k < network.depth()) {
          network.link(k + 1).down(weights[k + 1], move.before[k], move.before[k + 1], u);
        }
        Range range = network.layer(k).range();
        move.inside[k] = new boolean[u.length];
        for (int j = 0; j < u.length; j++) {
          double p = rule.keep() * move.before[k][j] + rule.gain() * u[j];
          move.inside[k][j] = range.isInside(p);
          u[j] = range.clip(p);
        }
        s[k] = u;
      }
      return move;
    }

    private void backwards(Made move, double[][] delta, double[][] tensors) {
      double[][] errors = new double[s.length][];
      for (int k : move.layers) {
        errors[k] = new double[s[k].length];
        for (int j = 0; j < errors[k].length; j++) {
          double passed = move.inside[k][j] ? delta[k][j] : 0;
          errors[k][j] = rule.gain() * passed;
          delta[k][j] = rule.keep() * passed;
        }
      }
      for (int k : move.layers) {
        if (!isZero(errors[k])) {
          spread(k, errors[k], move.before, delta, tensors);
        }
      }
    }

    private void spread(
        int k, double[] error, double[][] before, double[][] delta, double[][] tensors) {
      for (int j = 0; j < error.length; j++) {
        tensors[2 * k - 1][bias(k, j)] += factor * error[j];
      }
      if (k == 1) {
        for (int j = 0; j < error.length; j++) {
          first[j] += error[j];
        }
      } else {
        Link below = network.link(k);
        below.down(weights[k], before[k - 1], error, delta[k - 1]);
        below.correlate(
            weights[k], before[k - 1], before[k - 1], error, factor, tensors[2 * k - 2]);
      }
      if (k < network.depth()) {
        Link above = network.link(k + 1);
        above.up(weights[k + 1], before[k], error, delta[k + 1]);
        above.correlate(weights[k + 1], before[k], error, before[k + 1], factor, tensors[2 * k]);
      }
    }
  }

  private static boolean isZero(double[] values) {
    for (double value : values) {
      if (value != 0) {
        return false;
      }
    }
    return true;
  }
}
