package org.eqprop.dynamics;

import java.util.HashMap;
import java.util.Map;
import org.eqprop.data.Examples;
import org.eqprop.network.Network;
import org.eqprop.network.Parameters;
import org.eqprop.network.Weights;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The relaxer that runs on a backend's {@link Kernels}. Memory is allocated once per batch size.
 *
 * @param <V> the states of a layer for a batch, [B × n]
 * @param <W> a network's parameters
 */
public class KernelRelaxer<V, W> implements Relaxer {
  private final Network network;
  private final Relaxation relaxation;
  private final Kernels<V, W> kernels;
  private final W parameters;
  private final Map<Integer, Batch<V, W>> batches = new HashMap<>();
  private @Nullable Batch<V, W> clamped;
  private @Nullable W contrast;
  private @Nullable StateNoise noise;

  /**
   * Creates a relaxer with all parameters zero.
   *
   * @param kernels kernels for the network
   */
  public KernelRelaxer(Network network, Relaxation relaxation, Kernels<V, W> kernels) {
    this.network = network;
    this.relaxation = relaxation;
    this.kernels = kernels;
    this.parameters = kernels.parameters();
  }

  @Override
  public final Network network() {
    return network;
  }

  @Override
  public final Relaxation relaxation() {
    return relaxation;
  }

  @Override
  public final void load(Weights weights) {
    kernels.load(weights, parameters);
  }

  @Override
  public final void load(Parameters source) {
    source.requireFor(network);
    kernels.load(source, parameters);
  }

  @Override
  public final Weights weights() {
    return kernels.toWeights(parameters);
  }

  @Override
  public final void clamp(Examples images, int[] order, int from, int to) {
    network.requireExamples(images.shape().size(), to - from, to - from);
    Batch<V, W> batch = ofSize(to - from);
    int[] labels = new int[to - from];
    float[] weights = images.isWeighted() ? new float[labels.length] : null;
    float[] rows = kernels.rows(batch.x());
    for (int i = from; i < to; i++) {
      int at = (i - from) * network.inputs();
      images.copyTo(order[i], rows, at);
      network.normalisation().apply(rows, at, network.input());
      labels[i - from] = images.label(order[i]);
      if (weights != null) {
        weights[i - from] = images.weight(order[i]);
      }
    }
    kernels.filled(batch.x(), rows);
    batch.clamp(labels, weights);
    clamped = batch;
  }

  @Override
  public final void clamp(INDArray x, int[] labels) {
    network.requireExamples(x.columns(), x.rows(), labels.length);
    Batch<V, W> batch = ofSize(labels.length);
    kernels.assign(x, batch.x());
    batch.clamp(labels, null);
    clamped = batch;
  }

  private Batch<V, W> ofSize(int size) {
    Batch<V, W> known = batches.get(size);
    if (known == null) {
      known = new Batch<>(network, relaxation, kernels, parameters, size, this::ofSize);
      batches.put(size, known);
    }
    return known;
  }

  /** Returns the clamped batch; its states are live. */
  private Batch<V, W> batch() {
    if (clamped == null) {
      throw new IllegalStateException("no batch is clamped");
    }
    return clamped;
  }

  @Override
  public final Convergence relax(
      Equilibrium into, @Nullable Equilibrium from, double beta, int steps) {
    return batch().relax(into, from, beta, steps, noise);
  }

  @Override
  public final void disturb(@Nullable StateNoise source) {
    noise = source;
  }

  @Override
  public final Measurement measure(Equilibrium at) {
    return batch().measure(at);
  }

  @Override
  public final void learn(Equilibrium plus, Equilibrium minus, double[] coefficients) {
    batch().addContrast(plus, minus, coefficients, parameters);
  }

  @Override
  public void addContrast(
      Equilibrium plus, Equilibrium minus, double[] coefficients, Parameters target) {
    target.add(contrast(plus, minus, coefficients));
  }

  @Override
  public final Weights contrast(Equilibrium plus, Equilibrium minus, double[] coefficients) {
    W sum = contrast;
    if (sum == null) {
      sum = kernels.parameters();
      contrast = sum;
    } else {
      kernels.clearParameters(sum);
    }
    addContrastTo(plus, minus, coefficients, sum);
    return kernels.toWeights(sum);
  }

  /**
   * Adds the contrast of two equilibria to parameters; see {@link Relaxer#learn}.
   *
   * @param target modified
   */
  protected final void addContrastTo(
      Equilibrium plus, Equilibrium minus, double[] coefficients, W target) {
    batch().addContrast(plus, minus, coefficients, target);
  }

  @Override
  public final INDArray state(Equilibrium at, int k) {
    return kernels.array(batch().state(at, k));
  }

  /**
   * Sets s_k of an equilibrium.
   *
   * @param values [B × n_k]; not modified
   */
  public final void setState(Equilibrium at, int k, INDArray values) {
    kernels.assign(values, batch().state(at, k));
  }

  @Override
  public final INDArray outputs(Equilibrium at) {
    return batch().outputs(at);
  }

  @Override
  public final int[] predict(Equilibrium at) {
    return batch().predict(at);
  }

  @Override
  public final void close() {
    batches.values().forEach(Batch::close);
    batches.clear();
    clamped = null;
    kernels.closeParameters(parameters);
    if (contrast != null) {
      kernels.closeParameters(contrast);
      contrast = null;
    }
  }
}
