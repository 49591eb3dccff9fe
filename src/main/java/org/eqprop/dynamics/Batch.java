package org.eqprop.dynamics;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.IntFunction;
import org.eqprop.network.Network;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * One batch of B examples: all memory for batches of this size, and the relaxation, written once
 * for the kernels of every backend.
 *
 * @param <V> the states of a layer for a batch, [B × n]
 * @param <W> a network's parameters
 */
final class Batch<V, W> {
  /** The smallest batch worth moving examples to: smaller ones cost nearly as much. */
  private static final int FEWEST = 4;

  private final Network network;
  private final Relaxation relaxation;
  private final Kernels<V, W> kernels;
  private final int depth;
  private final int size;
  private final W own;
  private final IntFunction<Batch<V, W>> others;
  private final LayerRule hidden;
  private LayerRule output;

  private final V x;
  private final Outputs<V, W> outputs;
  private final ClampedKernel<V, W> clamped;

  /** The kernel of link k, at index k−2. */
  private final List<LinkKernel<V, W>> links = new ArrayList<>();

  /** b_k, or A_1(x) + b_1 for k = 1: the part of a layer's input that is constant in a phase. */
  private final List<V> base;

  /** gain·base + pull·force. */
  private final List<V> drive;

  /** The input of a layer from its links; also scratch memory. */
  private final List<V> input;

  /** The examples' weights w [B]; null if all are 1. */
  private float @Nullable [] weights;

  private final Map<Equilibrium, List<V>> equilibria = new EnumMap<>(Equilibrium.class);

  /**
   * @param own the relaxer's parameters
   * @param size B
   * @param others the relaxer's batches by size
   */
  Batch(
      Network network,
      Relaxation relaxation,
      Kernels<V, W> kernels,
      W own,
      int size,
      IntFunction<Batch<V, W>> others) {
    this.network = network;
    this.relaxation = relaxation;
    this.kernels = kernels;
    this.depth = network.depth();
    this.size = size;
    this.own = own;
    this.others = others;
    this.hidden = LayerRule.hidden(relaxation);
    this.output = hidden;
    x = kernels.states(size, 0);
    clamped = kernels.clamped(size, x, own);
    for (int k = 2; k <= depth; k++) {
      links.add(kernels.link(k, size, own));
    }
    base = layers();
    drive = layers();
    input = layers();
    outputs = new Outputs<>(network, kernels, own, size);
    for (Equilibrium equilibrium : Equilibrium.values()) {
      equilibria.put(equilibrium, layers());
    }
  }

  private List<V> layers() {
    List<V> layers = new ArrayList<>();
    for (int k = 1; k <= depth; k++) {
      layers.add(kernels.states(size, k));
    }
    return layers;
  }

  int size() {
    return size;
  }

  /** Returns x [B × n_0], to be filled before {@link #clamp}. */
  V x() {
    return x;
  }

  /** Returns s_k of an equilibrium: live, not a copy. */
  V state(Equilibrium at, int k) {
    return states(at).get(k - 1);
  }

  private List<V> states(Equilibrium at) {
    return Objects.requireNonNull(equilibria.get(at));
  }

  private LinkKernel<V, W> link(int k) {
    return links.get(k - 2);
  }

  /**
   * Computes from x and the labels what all phases have in common.
   *
   * @param classes [B]; not modified
   * @param exampleWeights w [B], used by {@link #addContrast}; null: all 1; not copied
   */
  void clamp(int[] classes, float @Nullable [] exampleWeights) {
    weights = exampleWeights;
    clamped.drive(base.get(0));
    links.forEach(LinkKernel::refresh);
    for (int k = 2; k <= depth; k++) {
      kernels.spreadBias(own, k, base.get(k - 1));
    }
    outputs.clamp(classes);
  }

  /**
   * @param noise added to every layer in every step; null: none
   */
  Convergence relax(
      Equilibrium into,
      @Nullable Equilibrium from,
      double beta,
      int steps,
      @Nullable StateNoise noise) {
    start(into, from);
    nudge(beta);
    if (relaxation.tolerance() > 0) {
      return settle(into, beta, steps, noise);
    }
    for (int step = 1; step <= steps; step++) {
      step(states(into), noise, null);
    }
    return new Convergence(steps, Double.NaN);
  }

  /**
   * Relaxes until every example has settled, that is, none of its units moves by more than the
   * tolerance in a step. Settled examples are dropped once the others fit into a batch whose size
   * is a power of two and at most 4/5 of this one's. Examples do not influence each other, so
   * dropping some changes equilibria only within the tolerance. With noise none are dropped: noise
   * keeps examples from settling and is drawn for whole batches.
   */
  private Convergence settle(Equilibrium into, double beta, int steps, @Nullable StateNoise noise) {
    Moves moves = new Moves(size, relaxation.tolerance());
    double residual = Double.NaN;
    for (int step = 1; step <= steps; step++) {
      step(states(into), noise, moves.cleared());
      residual = moves.most();
      if (residual <= relaxation.tolerance()) {
        return new Convergence(step, residual);
      }
      // A nudge reaches the lowest layer after as many steps as there are layers.
      boolean reached = step >= depth;
      int fewer = noise == null && reached && step < steps ? sizeOf(moves.moving()) : size;
      if (fewer < size) {
        Convergence rest = relaxFewer(moves.movingFirst(fewer), into, beta, steps - step);
        return new Convergence(step + rest.steps(), rest.residual());
      }
    }
    return new Convergence(steps, residual);
  }

  /** Returns the smallest power of two that holds the examples, or B if that saves little. */
  private int sizeOf(int examples) {
    int power = Math.max(FEWEST, Integer.highestOneBit(2 * examples - 1));
    return power <= 0.8 * size ? power : size;
  }

  /** Relaxes only these examples, in a smaller batch. */
  private Convergence relaxFewer(int[] rows, Equilibrium into, double beta, int steps) {
    Batch<V, W> rest = others.apply(rows.length);
    for (int k = 1; k <= depth; k++) {
      kernels.gather(state(into, k), rows, rest.state(into, k));
      kernels.gather(base.get(k - 1), rows, rest.base.get(k - 1));
    }
    rest.links.forEach(LinkKernel::refresh);
    rest.outputs.clamp(outputs.labels(rows));
    rest.start(into, into);
    rest.nudge(beta);
    Convergence ended = rest.settle(into, beta, steps, null);
    for (int k = 1; k <= depth; k++) {
      kernels.scatter(rest.state(into, k), rows, state(into, k));
    }
    return ended;
  }

  private void start(Equilibrium into, @Nullable Equilibrium from) {
    for (int k = 1; k <= depth; k++) {
      if (from == null) {
        kernels.clear(state(into, k));
      } else if (from != into) {
        kernels.copy(state(from, k), state(into, k));
      }
      if (from != null && k > 1) {
        link(k).start(state(into, k - 1));
      }
    }
  }

  private void nudge(double beta) {
    output = LayerRule.output(relaxation, network.cost(), beta);
    for (int k = 1; k <= depth; k++) {
      kernels.scale(drive.get(k - 1), rule(k).gain(), base.get(k - 1));
    }
    if (output.pull() != 0 && outputs.isForceConstant()) {
      kernels.add(drive.get(depth - 1), output.pull(), outputs.force());
    }
  }

  private LayerRule rule(int k) {
    return k == depth ? output : hidden;
  }

  /**
   * @param moves [B]: each is raised to its example's largest move; null: not needed
   */
  private void step(List<V> states, @Nullable StateNoise noise, double @Nullable [] moves) {
    switch (relaxation.schedule()) {
      case SYNCHRONOUS -> {
        for (int k = depth; k >= 1; k--) { // from the top: a link sends up before it sends down
          receive(states, k); // all from the old states
        }
        for (int k = 1; k <= depth; k++) {
          move(states, k, noise, moves);
        }
      }
      case EVEN_ODD -> {
        for (int first = 1; first <= 2; first++) {
          for (int k = first; k <= depth; k += 2) {
            receive(states, k);
            move(states, k, noise, moves);
          }
        }
      }
    }
  }

  /** Computes layer k's input gain·(A_k(s_{k−1}) + A_{k+1}ᵀ(s_{k+1})), without the clamped part. */
  private void receive(List<V> states, int k) {
    V into = input.get(k - 1);
    double gain = rule(k).gain();
    boolean forced = k == depth && output.pull() != 0 && !outputs.isForceConstant();
    if (forced) {
      outputs.computeForce(states.get(k - 1));
    }
    if (forced && !outputs.hasReadout()) {
      kernels.scale(drive.get(k - 1), gain, base.get(k - 1));
      kernels.add(drive.get(k - 1), output.pull(), outputs.force());
    }
    boolean add = kernels.receive(into, drive.get(k - 1), states.get(k - 1), rule(k).keep());
    if (k > 1) {
      link(k).up(states.get(k - 2), gain, into, add);
      add = true;
    }
    if (k < depth) {
      link(k + 1).down(states.get(k), gain, into, add);
      add = true;
    }
    if (forced && outputs.hasReadout()) {
      outputs.send(output.pull(), into, add);
      add = true;
    }
    if (!add) {
      kernels.clear(into); // the only layer; its only neighbour is x
    }
  }

  private void move(List<V> states, int k, @Nullable StateNoise noise, double @Nullable [] moves) {
    if (noise != null) {
      float[] drawn = new float[size * network.size(k)];
      noise.add(drawn);
      kernels.disturb(input.get(k - 1), drawn);
    }
    kernels.move(
        states.get(k - 1),
        input.get(k - 1),
        drive.get(k - 1),
        rule(k).keep(),
        network.layer(k).range(),
        moves);
  }

  Measurement measure(Equilibrium at) {
    List<Double> activity = new ArrayList<>(depth);
    double energy = 0.5 * kernels.dot(x, x);
    for (int k = 1; k <= depth; k++) {
      V s = state(at, k);
      double squares = kernels.dot(s, s);
      activity.add(squares);
      energy += 0.5 * squares - kernels.dot(base.get(k - 1), s);
      if (k > 1) {
        link(k).up(state(at, k - 1), 1, input.get(k - 1), false);
        energy -= kernels.dot(input.get(k - 1), s);
      }
    }
    return outputs.measure(state(at, depth), energy, activity);
  }

  /** Returns the outputs, [B × classes]: a copy. */
  INDArray outputs(Equilibrium at) {
    return outputs.array(state(at, depth));
  }

  int[] predict(Equilibrium at) {
    return outputs.predict(state(at, depth));
  }

  /**
   * Adds the contrast of two equilibria to parameters, and for a readout the descent at the free
   * equilibrium. Both are linear in the states above a link, so those states are multiplied by the
   * examples' weights.
   *
   * @param coefficients c of W_1, b_1, W_2, …
   * @param target modified
   */
  void addContrast(Equilibrium plus, Equilibrium minus, double[] coefficients, W target) {
    for (int k = 1; k <= depth; k++) {
      double weight = coefficients[2 * k - 2];
      double bias = coefficients[2 * k - 1];
      V difference = input.get(k - 1);
      kernels.subtract(difference, state(plus, k), state(minus, k));
      if (weights != null) {
        kernels.scaleRows(difference, difference, weights);
      }
      if (k == 1) {
        clamped.addContrast(difference, weight, bias, target);
      } else {
        kernels.addToBias(target, k, bias, difference);
        link(k)
            .contrast(
                state(plus, k - 1),
                weighted(state(plus, k), drive.get(k - 1)),
                state(minus, k - 1),
                weighted(state(minus, k), difference),
                weight,
                target);
      }
    }
    if (outputs.hasReadout()) {
      outputs.addDescent(
          state(Equilibrium.FREE, depth),
          coefficients[2 * depth],
          coefficients[2 * depth + 1],
          weights,
          target);
    }
  }

  /**
   * Returns states times the examples' weights.
   *
   * @param scratch where the product is stored; the next phase overwrites it
   */
  private V weighted(V states, V scratch) {
    if (weights == null) {
      return states;
    }
    kernels.scaleRows(scratch, states, weights);
    return scratch;
  }

  void close() {
    clamped.close();
    links.forEach(LinkKernel::close);
    outputs.close();
    kernels.closeStates(x);
    for (List<V> layers : equilibria.values()) {
      layers.forEach(kernels::closeStates);
    }
    base.forEach(kernels::closeStates);
    drive.forEach(kernels::closeStates);
    input.forEach(kernels::closeStates);
  }
}
