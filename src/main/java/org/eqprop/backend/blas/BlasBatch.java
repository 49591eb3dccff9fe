package org.eqprop.backend.blas;

import static org.bytedeco.openblas.global.openblas_nolapack.cblas_sdot;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.eqprop.dynamics.Equilibrium;
import org.eqprop.dynamics.LayerRule;
import org.eqprop.dynamics.Measurement;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.network.Network;
import org.jspecify.annotations.Nullable;

/**
 * One batch of B examples for {@link BlasRelaxer}: all memory that batches of this size need, and
 * the products on it, so that training allocates nothing but what it reports.
 */
final class BlasBatch {
  private final Network topology;
  private final Relaxation relaxation;
  private final boolean small;
  private final int depth;
  private final int size;
  private final LayerRule hidden;
  private LayerRule output;

  final BlasMatrix x;

  /** m, as in {@link Relaxer#learn}; empty for none. */
  private final float[] center;

  /** x − m, from which W_1 learns; x itself without a center. */
  private final BlasMatrix centered;

  /** 1 − m·(x − m) of each example, by which it counts for b_1; unused without a center. */
  private final float[] biasWeights;

  final float[] y;
  final int[] labels;

  /** b_k, and for k = 1 x·W_1 + b_1: the part of a layer's input that does not move in a phase. */
  private final BlasMatrix[] base;

  /** gain·base + pull·y. */
  private final float[][] drive;

  /** What a layer's neighbours send it; also scratch. */
  private final BlasMatrix[] input;

  private final float[][] before;
  private final Map<Equilibrium, BlasMatrix[]> equilibria = new EnumMap<>(Equilibrium.class);
  private final BlasProduct clampedInput;
  private final @Nullable InputRuns runs;
  private final @Nullable InputRuns centeredRuns;
  private final Map<Equilibrium, BlasProduct[]> fromBelow = new EnumMap<>(Equilibrium.class);
  private final Map<Equilibrium, BlasProduct[]> fromAbove = new EnumMap<>(Equilibrium.class);
  private final Contrasts own;
  private final BlasWeights weights;

  /**
   * @param weights the relaxer's own
   * @param size B
   * @param small whether the kernels have a way for small products
   * @param center m: the first layer learns from x − m; empty for none
   */
  BlasBatch(
      Network topology,
      Relaxation relaxation,
      BlasWeights weights,
      int size,
      boolean small,
      float[] center) {
    this.topology = topology;
    this.relaxation = relaxation;
    this.weights = weights;
    this.small = small;
    this.depth = topology.depth();
    this.size = size;
    this.hidden = LayerRule.hidden(relaxation);
    this.output = hidden;
    this.center = center;
    x = new BlasMatrix(size, topology.inputs());
    centered = center.length == 0 ? x : new BlasMatrix(size, topology.inputs());
    biasWeights = new float[size];
    y = new float[size * topology.outputs()];
    labels = new int[size];
    base = layers();
    input = layers();
    drive = onHeap();
    before = relaxation.tolerance() > 0 ? onHeap() : new float[0][];
    for (Equilibrium equilibrium : Equilibrium.values()) {
      equilibria.put(equilibrium, layers());
    }
    int n1 = topology.size(1);
    int longest = BlasProduct.longestRun(n1, size);
    runs = longest == 0 ? null : new InputRuns(topology.inputs(), longest);
    // Where x is 0, x − m is not.
    centeredRuns =
        center.length == 0 || longest == 0 ? runs : InputRuns.all(topology.inputs(), longest);
    clampedInput =
        BlasProduct.plain(
            small, n1, size, topology.inputs(), weights.weight(1), x.pointer, base[0].pointer);
    for (Equilibrium equilibrium : Equilibrium.values()) {
      fromBelow.put(equilibrium, new BlasProduct[depth]);
      fromAbove.put(equilibrium, new BlasProduct[depth]);
      connect(equilibrium);
    }
    own = new Contrasts(weights);
  }

  private BlasMatrix[] layers() {
    BlasMatrix[] layers = new BlasMatrix[depth];
    for (int k = 1; k <= depth; k++) {
      layers[k - 1] = new BlasMatrix(size, topology.size(k));
    }
    return layers;
  }

  private float[][] onHeap() {
    float[][] layers = new float[depth][];
    for (int k = 1; k <= depth; k++) {
      layers[k - 1] = new float[size * topology.size(k)];
    }
    return layers;
  }

  private void connect(Equilibrium at) {
    BlasMatrix[] states = states(at);
    for (int k = 1; k <= depth; k++) {
      int n = topology.size(k);
      if (k > 1) {
        Objects.requireNonNull(fromBelow.get(at))[k - 1] =
            BlasProduct.transposedLeft(
                small,
                n,
                size,
                topology.size(k - 1),
                weights.weight(k),
                states[k - 2].pointer,
                input[k - 1].pointer);
      }
      if (k < depth) {
        Objects.requireNonNull(fromAbove.get(at))[k - 1] =
            BlasProduct.plain(
                small,
                n,
                size,
                topology.size(k + 1),
                weights.weight(k + 1),
                states[k].pointer,
                input[k - 1].pointer);
      }
    }
  }

  BlasMatrix[] states(Equilibrium at) {
    return Objects.requireNonNull(equilibria.get(at));
  }

  int size() {
    return size;
  }

  /** Computes y and x·W_1 + b_1 from {@code x} on the heap and {@code labels}. */
  void computeInputDrive() {
    x.push();
    if (center.length > 0) {
      subtractCenter();
    }
    Arrays.fill(y, 0);
    for (int i = 0; i < size; i++) {
      y[i * topology.outputs() + labels[i]] = 1;
    }
    for (int k = 1; k <= depth; k++) {
      float[] bias = weights.bias(k);
      for (int i = 0; i < size; i++) {
        System.arraycopy(bias, 0, base[k - 1].heap, i * bias.length, bias.length);
      }
      base[k - 1].push();
    }
    if (runs == null) {
      clampedInput.run(1, 1);
    } else {
      runs.find(x.heap);
      clampedInput.accumulate(1, runs);
    }
    base[0].pull();
  }

  private void subtractCenter() {
    for (int i = 0; i < size; i++) {
      double weight = 1;
      int at = i * center.length;
      for (int j = 0; j < center.length; j++) {
        float difference = x.heap[at + j] - center[j];
        centered.heap[at + j] = difference;
        weight -= (double) center[j] * difference;
      }
      biasWeights[i] = (float) weight;
    }
    centered.push();
  }

  void start(Equilibrium into, @Nullable Equilibrium from) {
    for (int k = 0; k < depth; k++) {
      BlasMatrix target = states(into)[k];
      if (from == null) {
        Arrays.fill(target.heap, 0);
      } else if (from != into) {
        float[] source = states(from)[k].heap;
        System.arraycopy(source, 0, target.heap, 0, source.length);
      }
      target.push();
    }
  }

  void nudge(double beta) {
    output = LayerRule.output(relaxation, beta);
    for (int k = 1; k <= depth; k++) {
      FusedLoops.scale(drive[k - 1], (float) rule(k).gain(), base[k - 1].heap);
    }
    if (output.pull() != 0) {
      FusedLoops.add(drive[depth - 1], (float) output.pull(), y);
    }
  }

  private LayerRule rule(int k) {
    return k == depth ? output : hidden;
  }

  /** Returns the largest move, or NaN where no tolerance asks for it. */
  double step(Equilibrium at) {
    BlasMatrix[] states = states(at);
    boolean watched = relaxation.tolerance() > 0;
    if (watched) {
      for (int k = 0; k < depth; k++) {
        System.arraycopy(states[k].heap, 0, before[k], 0, before[k].length);
      }
    }
    switch (relaxation.schedule()) {
      case SYNCHRONOUS -> synchronousStep(at, states);
      case EVEN_ODD -> evenOddSweep(at, states);
    }
    if (!watched) {
      return Double.NaN;
    }
    float largest = 0;
    for (int k = 0; k < depth; k++) {
      largest = Math.max(largest, FusedLoops.largestDifference(states[k].heap, before[k]));
    }
    return largest;
  }

  private void synchronousStep(Equilibrium at, BlasMatrix[] states) {
    for (int k = 1; k <= depth; k++) {
      gather(at, k); // all from the old states
    }
    for (int k = 1; k <= depth; k++) {
      BlasMatrix s = states[k - 1];
      FusedLoops.step(s.heap, (float) rule(k).keep(), drive[k - 1], input[k - 1].heap);
      s.push();
    }
  }

  private void evenOddSweep(Equilibrium at, BlasMatrix[] states) {
    for (int first = 1; first <= 2; first++) {
      for (int k = first; k <= depth; k += 2) {
        gather(at, k);
        FusedLoops.minimise(states[k - 1].heap, drive[k - 1], input[k - 1].heap);
        states[k - 1].push();
      }
    }
  }

  /** input_k ← gain·(s_{k−1}W_k + s_{k+1}W_{k+1}ᵀ), without the clamped layer's part. */
  private void gather(Equilibrium at, int k) {
    float gain = (float) rule(k).gain();
    if (k > 1) {
      Objects.requireNonNull(fromBelow.get(at))[k - 1].run(gain, 0);
    }
    if (k < depth) {
      Objects.requireNonNull(fromAbove.get(at))[k - 1].run(gain, k > 1 ? 1 : 0);
    }
    if (depth > 1) {
      input[k - 1].pull();
    } else {
      Arrays.fill(input[0].heap, 0); // no neighbours; a contrast may have used it as scratch
    }
  }

  Measurement measure(Equilibrium at) {
    BlasMatrix[] states = states(at);
    List<Double> activity = new ArrayList<>(depth);
    double energy = 0.5 * dot(x, x);
    for (int k = 1; k <= depth; k++) {
      BlasMatrix s = states[k - 1];
      double squares = dot(s, s);
      activity.add(squares);
      energy += 0.5 * squares - dot(base[k - 1], s);
      if (k > 1) {
        Objects.requireNonNull(fromBelow.get(at))[k - 1].run(1, 0);
        energy -= dot(input[k - 1], s);
      }
    }
    return new Measurement(size, energy, cost(at), errors(at), activity);
  }

  private static double dot(BlasMatrix a, BlasMatrix b) {
    return cblas_sdot(a.heap.length, a.pointer, 1, b.pointer, 1);
  }

  private double cost(Equilibrium at) {
    float[] s = states(at)[depth - 1].heap;
    double cost = 0;
    for (int i = 0; i < s.length; i++) {
      double difference = s[i] - y[i];
      cost += difference * difference;
    }
    return cost;
  }

  private long errors(Equilibrium at) {
    long errors = 0;
    for (int i = 0; i < size; i++) {
      if (largest(at, i) != labels[i]) {
        errors++;
      }
    }
    return errors;
  }

  /** Returns the index of example {@code i}'s largest output, the first of equals. */
  int largest(Equilibrium at, int i) {
    float[] scores = states(at)[depth - 1].heap;
    int from = i * topology.outputs();
    int best = 0;
    for (int j = 1; j < topology.outputs(); j++) {
      if (scores[from + j] > scores[from + best]) {
        best = j;
      }
    }
    return best;
  }

  void learn(Equilibrium plus, Equilibrium minus, double[] coefficients) {
    own.add(plus, minus, coefficients);
  }

  /**
   * Adds the contrast to other weights.
   *
   * @param target modified
   */
  void addContrast(Equilibrium plus, Equilibrium minus, double[] coefficients, BlasWeights target) {
    new Contrasts(target).add(plus, minus, coefficients);
  }

  /** The products that add to weights what two equilibria differ in. */
  private final class Contrasts {
    private final BlasWeights target;
    private final BlasProduct first;
    private final Map<Equilibrium, BlasProduct[]> higher = new EnumMap<>(Equilibrium.class);

    Contrasts(BlasWeights target) {
      this.target = target;
      // W_1's gradient is xᵀ(s_1 at plus − s_1 at minus), or of x − m: one product, since x is
      // clamped.
      first =
          BlasProduct.transposedRight(
              small,
              topology.size(1),
              topology.inputs(),
              size,
              input[0].pointer,
              centered.pointer,
              target.weight(1));
      for (Equilibrium at : Equilibrium.values()) {
        BlasProduct[] products = new BlasProduct[depth];
        for (int k = 2; k <= depth; k++) {
          products[k - 1] =
              BlasProduct.transposedRight(
                  small,
                  topology.size(k - 1),
                  topology.size(k),
                  size,
                  states(at)[k - 2].pointer,
                  states(at)[k - 1].pointer,
                  target.weight(k));
        }
        higher.put(at, products);
      }
    }

    void add(Equilibrium plus, Equilibrium minus, double[] coefficients) {
      for (int k = 1; k <= depth; k++) {
        float c = (float) coefficients[k - 1];
        BlasMatrix difference = input[k - 1];
        FusedLoops.subtract(difference.heap, states(plus)[k - 1].heap, states(minus)[k - 1].heap);
        if (k > 1 || center.length == 0) {
          FusedLoops.addRows(target.bias(k), c, difference.heap);
        } else {
          FusedLoops.addRows(target.bias(k), c, biasWeights, difference.heap);
        }
        if (k == 1) {
          difference.push();
          if (centeredRuns == null) {
            first.run(c, 1);
          } else {
            first.accumulate(c, centeredRuns);
          }
        } else {
          Objects.requireNonNull(higher.get(plus))[k - 1].run(c, 1);
          Objects.requireNonNull(higher.get(minus))[k - 1].run(-c, 1);
        }
      }
    }
  }

  void close() {
    if (center.length > 0) {
      centered.close();
    }
    x.close();
    for (BlasMatrix[] layers : equilibria.values()) {
      closeAll(layers);
    }
    closeAll(base);
    closeAll(input);
  }

  private static void closeAll(BlasMatrix[] layers) {
    for (BlasMatrix layer : layers) {
      layer.close();
    }
  }
}
