package org.eqprop.backend.blas;

import java.util.HashMap;
import java.util.Map;
import org.eqprop.data.ImageSet;
import org.eqprop.data.InputCenter;
import org.eqprop.dynamics.Convergence;
import org.eqprop.dynamics.Equilibrium;
import org.eqprop.dynamics.Measurement;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.network.Floats;
import org.eqprop.network.Network;
import org.eqprop.network.Parameters;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The fast relaxer for CPUs, float32: OpenBLAS called directly on memory that is allocated once for
 * each batch size, and fused loops between the calls. A batch is rows of examples throughout.
 */
public final class BlasRelaxer implements Relaxer {
  private final Network topology;
  private final Relaxation relaxation;
  private final boolean small;
  private final float[] center;
  private final BlasWeights weights;
  private final Map<Integer, BlasBatch> batches = new HashMap<>();
  private @Nullable BlasBatch clamped;
  private @Nullable BlasWeights contrast;

  public BlasRelaxer(Network topology, Relaxation relaxation, InputCenter center) {
    this(topology, relaxation, OpenBlas.load().avx512(), center);
  }

  /**
   * @param small whether the kernels have a way for small products
   * @param center m: the first layer learns from x − m
   */
  public BlasRelaxer(Network topology, Relaxation relaxation, boolean small, InputCenter center) {
    this.topology = topology;
    this.relaxation = relaxation;
    this.small = small;
    this.center = center.values();
    this.weights = new BlasWeights(topology);
  }

  @Override
  public Network topology() {
    return topology;
  }

  @Override
  public Relaxation relaxation() {
    return relaxation;
  }

  @Override
  public void load(float[] flat) {
    weights.load(flat);
  }

  @Override
  public void load(Parameters parameters) {
    parameters.requireFor(topology);
    weights.load(parameters.toFloats());
  }

  @Override
  public float[] parameters() {
    return weights.toFloats();
  }

  @Override
  public void clamp(ImageSet images, int[] order, int from, int to) {
    topology.requireExamples(images.pixelsPerImage(), to - from, to - from);
    BlasBatch batch = batch(to - from);
    for (int i = from; i < to; i++) {
      images.copyIntensities(order[i], batch.x.heap, (i - from) * topology.inputs());
      batch.labels[i - from] = images.label(order[i]);
    }
    batch.computeInputDrive();
    clamped = batch;
  }

  @Override
  public void clamp(INDArray x, int[] labels) {
    topology.requireExamples(x.columns(), x.rows(), labels.length);
    BlasBatch batch = batch(labels.length);
    copyIn(x, batch.x.heap);
    System.arraycopy(labels, 0, batch.labels, 0, labels.length);
    batch.computeInputDrive();
    clamped = batch;
  }

  private BlasBatch batch(int size) {
    return batches.computeIfAbsent(
        size, s -> new BlasBatch(topology, relaxation, weights, s, small, center));
  }

  private static void copyIn(INDArray from, float[] to) {
    float[] values = Floats.of(from);
    System.arraycopy(values, 0, to, 0, to.length);
  }

  @Override
  public Convergence relax(Equilibrium into, @Nullable Equilibrium from, double beta, int steps) {
    BlasBatch batch = batch();
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
    batch().learn(plus, minus, coefficients);
  }

  @Override
  public void addContrast(
      Equilibrium plus, Equilibrium minus, double[] coefficients, Parameters target) {
    target.add(contrast(plus, minus, coefficients));
  }

  @Override
  public float[] contrast(Equilibrium plus, Equilibrium minus, double[] coefficients) {
    BlasWeights sum = contrast;
    if (sum == null) {
      sum = new BlasWeights(topology);
      contrast = sum;
    } else {
      sum.clear();
    }
    batch().addContrast(plus, minus, coefficients, sum);
    return sum.toFloats();
  }

  @Override
  public INDArray state(Equilibrium at, int k) {
    BlasBatch batch = batch();
    return Floats.array(batch.states(at)[k - 1].heap, batch.size(), topology.size(k)).dup('f');
  }

  @Override
  public int[] predict(Equilibrium at) {
    BlasBatch batch = batch();
    int[] classes = new int[batch.size()];
    for (int i = 0; i < classes.length; i++) {
      classes[i] = batch.largest(at, i);
    }
    return classes;
  }

  @Override
  public void close() {
    batches.values().forEach(BlasBatch::close);
    batches.clear();
    clamped = null;
    weights.close();
    if (contrast != null) {
      contrast.close();
      contrast = null;
    }
  }

  /** Returns what is clamped; its states are live. */
  BlasBatch batch() {
    if (clamped == null) {
      throw new IllegalStateException("no batch is clamped");
    }
    return clamped;
  }
}
