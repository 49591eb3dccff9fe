package org.eqprop.backend.nd4j;

import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import org.eqprop.data.InputCenter;
import org.eqprop.dynamics.Equilibrium;
import org.eqprop.dynamics.LayerRule;
import org.eqprop.dynamics.Measurement;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.network.Floats;
import org.eqprop.network.Network;
import org.eqprop.network.Parameters;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * One batch of B examples for {@link Nd4jRelaxer}, and all memory that batches of this size need:
 * input, target, the three equilibria. Column-major throughout.
 */
final class Nd4jBatch {
  private final Network topology;
  private final Relaxation relaxation;
  private final Parameters parameters;
  private final DataType type;
  private final int depth;
  final Matrix x;
  final Matrix y;
  final INDArray ones;

  /** m [1 × n_0], as in {@link Relaxer#learn}; null for none. */
  private final @Nullable INDArray center;

  /** x − m [B × n_0], from which W_1 learns; x itself without a center. */
  private final Matrix centered;

  /** 1 − m·(x − m) [B × 1], by which the examples count for b_1; ones without a center. */
  private final INDArray biasWeights;

  final Map<Equilibrium, Matrix[]> equilibria = new EnumMap<>(Equilibrium.class);

  /** b_k, and for k = 1 x·W_1 + b_1: the part of a layer's input that does not move in a phase. */
  final Matrix[] base;

  /** gain·base + pull·y. */
  final Matrix[] drive;

  Matrix[] scratch;
  int[] labels = {};
  private final LayerRule hidden;
  private LayerRule output;

  /**
   * @param parameters the relaxer's own, read and never modified but as a target of {@link
   *     #addContrast}
   * @param size B
   * @param center m: the first layer learns from x − m
   */
  Nd4jBatch(
      Network topology,
      Relaxation relaxation,
      Parameters parameters,
      int size,
      InputCenter center) {
    this.topology = topology;
    this.relaxation = relaxation;
    this.parameters = parameters;
    this.type = parameters.type();
    this.depth = topology.depth();
    this.hidden = LayerRule.hidden(relaxation);
    this.output = hidden;
    x = new Matrix(type, size, topology.inputs());
    y = new Matrix(type, size, topology.outputs());
    ones = Nd4j.ones(type, size, 1);
    this.center = center.isNone() ? null : row(center.values());
    centered = center.isNone() ? x : new Matrix(type, size, topology.inputs());
    biasWeights = center.isNone() ? ones : Nd4j.create(type, new long[] {size, 1}, 'f');
    base = layers(size);
    drive = layers(size);
    scratch = layers(size);
    for (Equilibrium equilibrium : Equilibrium.values()) {
      equilibria.put(equilibrium, layers(size));
    }
  }

  private INDArray row(float[] values) {
    INDArray row = Nd4j.create(type, new long[] {1, values.length}, 'f');
    try (INDArray floats = Floats.array(values, 1, values.length)) {
      row.assign(floats);
    }
    return row;
  }

  private Matrix[] layers(int size) {
    Matrix[] layers = new Matrix[depth];
    for (int k = 1; k <= depth; k++) {
      layers[k - 1] = new Matrix(type, size, topology.size(k));
    }
    return layers;
  }

  Matrix[] states(Equilibrium at) {
    return Objects.requireNonNull(equilibria.get(at));
  }

  void computeInputDrive() {
    INDArray m = center;
    if (m != null) {
      centered.set(x);
      gemm(ones, false, m, false, -1, 1, centered.array);
      biasWeights.assign(1);
      gemm(centered.array, false, m, true, -1, 1, biasWeights);
    }
    gemm(x.array, false, parameters.weight(1), false, 1, 0, base[0].array);
    gemm(ones, false, parameters.bias(1), false, 1, 1, base[0].array);
    for (int k = 2; k <= depth; k++) {
      gemm(ones, false, parameters.bias(k), false, 1, 0, base[k - 1].array);
    }
  }

  void start(Equilibrium into, @Nullable Equilibrium from) {
    for (int k = 1; k <= depth; k++) {
      if (from == null) {
        states(into)[k - 1].array.assign(0);
      } else if (from != into) {
        states(into)[k - 1].set(states(from)[k - 1]);
      }
    }
  }

  void nudge(double beta) {
    output = LayerRule.output(relaxation, beta);
    for (int k = 1; k <= depth; k++) {
      Matrix target = drive[k - 1];
      target.array.assign(0);
      target.add(rule(k).gain(), base[k - 1]);
      if (rule(k).pull() != 0) {
        target.add(rule(k).pull(), y);
      }
    }
  }

  LayerRule rule(int k) {
    return k == depth ? output : hidden;
  }

  /** Returns the largest move, or NaN where no tolerance asks for it. */
  double step(Equilibrium at) {
    return switch (relaxation.schedule()) {
      case SYNCHRONOUS -> synchronousStep(at);
      case EVEN_ODD -> evenOddSweep(at);
    };
  }

  private double synchronousStep(Equilibrium at) {
    Matrix[] old = states(at);
    for (int k = 1; k <= depth; k++) {
      move(old, k, scratch[k - 1]);
    }
    Matrix[] moved = scratch;
    equilibria.put(at, moved);
    scratch = old;
    return residual(moved, old);
  }

  private double evenOddSweep(Equilibrium at) {
    Matrix[] states = states(at);
    if (relaxation.tolerance() > 0) {
      for (int k = 1; k <= depth; k++) {
        scratch[k - 1].set(states[k - 1]);
      }
    }
    for (int first = 1; first <= 2; first++) {
      for (int k = first; k <= depth; k += 2) {
        move(states, k, states[k - 1]);
      }
    }
    return residual(states, scratch);
  }

  private void move(Matrix[] states, int k, Matrix into) {
    LayerRule rule = rule(k);
    into.set(drive[k - 1]);
    if (rule.keep() != 0) {
      into.add(rule.keep(), states[k - 1]);
    }
    if (k > 1) {
      gemm(states[k - 2].array, false, parameters.weight(k), false, rule.gain(), 1, into.array);
    }
    if (k < depth) {
      gemm(states[k].array, false, parameters.weight(k + 1), true, rule.gain(), 1, into.array);
    }
    Transforms.max(into.array, 0, false);
    Transforms.min(into.array, 1, false);
  }

  private double residual(Matrix[] moved, Matrix[] old) {
    if (relaxation.tolerance() <= 0) {
      return Double.NaN;
    }
    double largest = 0;
    for (int k = 0; k < depth; k++) {
      old[k].add(-1, moved[k]);
      largest = Math.max(largest, old[k].array.amaxNumber().doubleValue());
    }
    return largest;
  }

  Measurement measure(Equilibrium at) {
    Matrix[] states = states(at);
    double[] activity = new double[depth];
    double energy = 0.5 * x.dot(x);
    for (int k = 1; k <= depth; k++) {
      Matrix s = states[k - 1];
      activity[k - 1] = s.dot(s);
      energy += 0.5 * activity[k - 1] - base[k - 1].dot(s);
      if (k > 1) {
        gemm(states[k - 2].array, false, parameters.weight(k), false, 1, 0, scratch[k - 1].array);
        energy -= scratch[k - 1].dot(s);
      }
    }
    Matrix difference = scratch[depth - 1];
    difference.set(states[depth - 1]);
    difference.add(-1, y);
    return new Measurement(
        labels.length,
        energy,
        difference.dot(difference),
        errors(at),
        java.util.Arrays.stream(activity).boxed().toList());
  }

  private long errors(Equilibrium at) {
    int[] predicted = predict(at);
    long errors = 0;
    for (int i = 0; i < labels.length; i++) {
      if (predicted[i] != labels[i]) {
        errors++;
      }
    }
    return errors;
  }

  int[] predict(Equilibrium at) {
    double[] scores = states(at)[depth - 1].array.data().asDouble();
    int size = labels.length;
    int[] best = new int[size];
    for (int j = 1; j < topology.outputs(); j++) {
      for (int i = 0; i < size; i++) {
        if (scores[j * size + i] > scores[best[i] * size + i]) {
          best[i] = j;
        }
      }
    }
    return best;
  }

  void addContrast(Equilibrium plus, Equilibrium minus, double[] coefficients, Parameters target) {
    Matrix[] p = states(plus);
    Matrix[] m = states(minus);
    for (int k = 1; k <= depth; k++) {
      double c = coefficients[k - 1];
      Matrix difference = scratch[k - 1];
      difference.set(p[k - 1]);
      difference.add(-1, m[k - 1]);
      gemm(k == 1 ? biasWeights : ones, true, difference.array, false, c, 1, target.bias(k));
      if (k == 1) {
        gemm(centered.array, true, difference.array, false, c, 1, target.weight(1));
      } else {
        gemm(p[k - 2].array, true, p[k - 1].array, false, c, 1, target.weight(k));
        gemm(m[k - 2].array, true, m[k - 1].array, false, -c, 1, target.weight(k));
      }
    }
  }

  void close() {
    if (center != null) {
      center.close();
      centered.array.close();
      biasWeights.close();
    }
    x.array.close();
    y.array.close();
    ones.close();
    closeAll(base);
    closeAll(drive);
    closeAll(scratch);
    equilibria.values().forEach(this::closeAll);
  }

  private void closeAll(Matrix[] layers) {
    for (Matrix layer : layers) {
      layer.array.close();
    }
  }

  /** A matrix and the same memory as a vector, which ND4J's level-1 BLAS wants. */
  static final class Matrix {
    final INDArray array;
    final INDArray vector;

    Matrix(DataType type, long rows, long columns) {
      array = Nd4j.create(type, new long[] {rows, columns}, 'f');
      vector = array.reshape('f', new long[] {rows * columns});
    }

    void set(Matrix other) {
      array.assign(other.array);
    }

    void add(double factor, Matrix other) {
      Nd4j.getBlasWrapper().level1().axpy(vector.length(), factor, other.vector, vector);
    }

    double dot(Matrix other) {
      return Nd4j.getBlasWrapper().dot(vector, other.vector);
    }
  }

  private static void gemm(
      INDArray a,
      boolean transposeA,
      INDArray b,
      boolean transposeB,
      double alpha,
      double beta,
      INDArray c) {
    Nd4j.gemm(a, b, c, transposeA, transposeB, alpha, beta);
  }
}
