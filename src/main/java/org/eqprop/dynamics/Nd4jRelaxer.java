package org.eqprop.dynamics;

import java.util.HashMap;
import java.util.Map;
import org.eqprop.data.ImageSet;
import org.eqprop.model.Parameters;
import org.eqprop.model.Topology;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The relaxer made of ND4J operations alone. Everything is column-major and allocated once for each
 * batch size; of equivalent operations it uses the BLAS ones ({@code axpy}, {@code dot}, {@code
 * gemm}), whose overhead is the least.
 */
final class Nd4jRelaxer implements Relaxer {
  private final Topology topology;
  private final Relaxation relaxation;
  private final DataType type;
  private final int depth;
  private final Parameters parameters;
  private final Map<Integer, Batch> batches = new HashMap<>();
  private @Nullable Batch clamped;

  Nd4jRelaxer(Topology topology, Relaxation relaxation, DataType type) {
    this.topology = topology;
    this.relaxation = relaxation;
    this.type = type;
    this.depth = topology.depth();
    this.parameters = Parameters.zeros(topology, type);
  }

  @Override
  public Topology topology() {
    return topology;
  }

  @Override
  public Relaxation relaxation() {
    return relaxation;
  }

  @Override
  public void load(float[] flat) {
    parameters.set(flat);
  }

  @Override
  public void load(Parameters source) {
    parameters.assign(source);
  }

  @Override
  public float[] parameters() {
    return parameters.toFloats();
  }

  @Override
  public void clamp(ImageSet images, int[] order, int from, int to) {
    int size = to - from;
    int inputs = images.pixelsPerImage();
    float[] pixels = new float[size * inputs];
    int[] labels = new int[size];
    for (int i = 0; i < size; i++) {
      int image = order[from + i];
      labels[i] = images.label(image);
      int at = image * inputs;
      for (int j = 0; j < inputs; j++) {
        pixels[j * size + i] = (images.pixels()[at + j] & 0xff) / 255f;
      }
    }
    try (INDArray x = Nd4j.create(pixels, new long[] {size, inputs}, 'f')) {
      clamp(x, labels);
    }
  }

  @Override
  public void clamp(INDArray x, int[] labels) {
    if (x.columns() != topology.inputs() || x.rows() != labels.length) {
      throw new IllegalArgumentException(
          "x is ["
              + x.rows()
              + " × "
              + x.columns()
              + "] with "
              + labels.length
              + " labels, for a network "
              + topology);
    }
    Batch batch = batches.computeIfAbsent(labels.length, Batch::new);
    batch.x.array.assign(x);
    batch.labels = labels.clone();
    float[] oneHot = new float[labels.length * topology.outputs()];
    for (int i = 0; i < labels.length; i++) {
      oneHot[labels[i] * labels.length + i] = 1;
    }
    try (INDArray y = Nd4j.create(oneHot, batch.y.array.shape(), 'f')) {
      batch.y.array.assign(y);
    }
    batch.computeInputDrive();
    clamped = batch;
  }

  @Override
  public Convergence relax(Equilibrium into, @Nullable Equilibrium from, double beta, int steps) {
    Batch batch = batch();
    batch.start(into, from);
    batch.nudge(beta);
    double residual = Double.NaN;
    for (int step = 1; step <= steps; step++) {
      residual = batch.step(into);
      if (residual <= relaxation.tolerance()) {
        return new Convergence(step, residual);
      }
    }
    return new Convergence(steps, residual);
  }

  @Override
  public Measurement measure(Equilibrium at) {
    return batch().measure(at);
  }

  @Override
  public void learn(Equilibrium plus, Equilibrium minus, double[] coefficients) {
    addContrast(plus, minus, coefficients, parameters);
  }

  @Override
  public void addContrast(
      Equilibrium plus, Equilibrium minus, double[] coefficients, Parameters target) {
    batch().addContrast(plus, minus, coefficients, target);
  }

  @Override
  public INDArray state(Equilibrium at, int k) {
    return batch().states(at)[k - 1].array.dup('f');
  }

  @Override
  public void setState(Equilibrium at, int k, INDArray values) {
    batch().states(at)[k - 1].array.assign(values);
  }

  @Override
  public int[] predict(Equilibrium at) {
    return batch().predict(at);
  }

  @Override
  public void close() {
    batches.values().forEach(Batch::close);
    batches.clear();
    clamped = null;
    parameters.close();
  }

  private Batch batch() {
    if (clamped == null) {
      throw new IllegalStateException("no batch is clamped");
    }
    return clamped;
  }

  /** A matrix and the same memory as a vector, which ND4J's level-1 BLAS wants. */
  private final class Matrix {
    final INDArray array;
    final INDArray vector;

    Matrix(long rows, long columns) {
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

  /** All that is kept for batches of one size. */
  private final class Batch {
    final Matrix x;
    final Matrix y;
    final INDArray ones;
    final Map<Equilibrium, Matrix[]> equilibria = new java.util.EnumMap<>(Equilibrium.class);

    /**
     * b_k, and for k = 1 x·W_1 + b_1: the part of a layer's input that does not move in a phase.
     */
    final Matrix[] base;

    /** gain·base + pull·y. */
    final Matrix[] drive;

    Matrix[] scratch;
    int[] labels = {};
    LayerRule hidden = LayerRule.hidden(relaxation);
    LayerRule output = hidden;

    Batch(int size) {
      x = new Matrix(size, topology.inputs());
      y = new Matrix(size, topology.outputs());
      ones = Nd4j.ones(type, size, 1);
      base = layers(size);
      drive = layers(size);
      scratch = layers(size);
      for (Equilibrium equilibrium : Equilibrium.values()) {
        equilibria.put(equilibrium, layers(size));
      }
    }

    private Matrix[] layers(int size) {
      Matrix[] layers = new Matrix[depth];
      for (int k = 1; k <= depth; k++) {
        layers[k - 1] = new Matrix(size, topology.size(k));
      }
      return layers;
    }

    Matrix[] states(Equilibrium at) {
      return java.util.Objects.requireNonNull(equilibria.get(at));
    }

    void computeInputDrive() {
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
      org.nd4j.linalg.ops.transforms.Transforms.max(into.array, 0, false);
      org.nd4j.linalg.ops.transforms.Transforms.min(into.array, 1, false);
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

    void addContrast(
        Equilibrium plus, Equilibrium minus, double[] coefficients, Parameters target) {
      Matrix[] p = states(plus);
      Matrix[] m = states(minus);
      for (int k = 1; k <= depth; k++) {
        double c = coefficients[k - 1];
        Matrix difference = scratch[k - 1];
        difference.set(p[k - 1]);
        difference.add(-1, m[k - 1]);
        gemm(ones, true, difference.array, false, c, 1, target.bias(k));
        if (k == 1) {
          gemm(x.array, true, difference.array, false, c, 1, target.weight(1));
        } else {
          gemm(p[k - 2].array, true, p[k - 1].array, false, c, 1, target.weight(k));
          gemm(m[k - 2].array, true, m[k - 1].array, false, -c, 1, target.weight(k));
        }
      }
    }

    void close() {
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
  }
}
