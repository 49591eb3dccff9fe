package org.eqprop.dynamics;

import java.util.Arrays;
import java.util.List;
import org.eqprop.network.Cost;
import org.eqprop.network.Network;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The cost's view of a batch: the outputs (s_L, or a readout's z = A(s_L) + c) and the classes.
 *
 * @param <V> the states of a layer for a batch, [B × n]
 * @param <W> a network's parameters
 */
final class Outputs<V, W> {
  private final Kernels<V, W> kernels;
  private final Cost cost;
  private final W own;
  private final int batch;
  private final int count;
  private final int[] labels;

  /** The readout: its index among the layers of weights, its kernel, and z. */
  private final int k;

  private final @Nullable LinkKernel<V, W> readout;
  private final @Nullable V logits;

  /** f, [B × classes]. */
  private final V force;

  /** The outputs and f, row-major. */
  private final double[] values;

  private final double[] forces;

  /**
   * @param own the relaxer's parameters
   * @param batch B
   */
  Outputs(Network network, Kernels<V, W> kernels, W own, int batch) {
    this.kernels = kernels;
    this.cost = network.cost();
    this.own = own;
    this.batch = batch;
    this.count = network.outputs();
    this.labels = new int[batch];
    this.k = network.weightLayers();
    this.readout = network.hasReadout() ? kernels.link(k, batch, own) : null;
    this.logits = network.hasReadout() ? kernels.states(batch, k) : null;
    this.force = kernels.states(batch, k);
    this.values = new double[batch * count];
    this.forces = new double[values.length];
  }

  /** Returns whether f acts on s_L through a readout. */
  boolean hasReadout() {
    return readout != null;
  }

  /** Returns whether f is the same for all states of a batch. */
  boolean isForceConstant() {
    return cost.isForceConstant() && !hasReadout();
  }

  /** Returns f as last computed. */
  V force() {
    return force;
  }

  /**
   * Sets the batch's classes.
   *
   * @param classes [B]; not modified
   */
  void clamp(int[] classes) {
    System.arraycopy(classes, 0, labels, 0, batch);
    if (readout != null) {
      readout.refresh();
    }
    if (isForceConstant()) {
      computeForce();
    }
  }

  /** Returns the classes of some examples. */
  int[] labels(int[] rows) {
    return Arrays.stream(rows).map(row -> labels[row]).toArray();
  }

  /**
   * Computes f.
   *
   * @param top s_L; not modified
   */
  void computeForce(V top) {
    read(top);
    computeForce();
  }

  private void computeForce() {
    for (int i = 0; i < batch; i++) {
      cost.force(values, labels[i], i * count, count, forces);
    }
    kernels.set(force, forces);
  }

  /** Copies the outputs for these states to {@link #values}, where the cost reads them. */
  private void read(V top) {
    if (readout == null || logits == null) {
      kernels.values(top, values);
      return;
    }
    kernels.spreadBias(own, k, logits);
    readout.up(top, 1, logits, true);
    kernels.settle(logits);
    kernels.values(logits, values);
  }

  /** into ← factor·Aᵀ(f), or into + factor·Aᵀ(f) if {@code add}: a readout's force on s_L. */
  void send(double factor, V into, boolean add) {
    if (readout != null) {
      readout.down(force, factor, into, add);
    }
  }

  /**
   * Adds to a readout's parameters: W += c Σ ∂⟨f, A(s_L)⟩/∂W, b += c' Σ f.
   *
   * @param top s_L at the free equilibrium; not modified
   * @param weights w [B], factors of the examples' f; null: all 1
   * @param target modified
   */
  void addDescent(V top, double weight, double bias, float @Nullable [] weights, W target) {
    if (readout != null) {
      computeForce(top);
      if (weights != null) {
        kernels.scaleRows(force, force, weights);
      }
      kernels.addToBias(target, k, bias, force);
      readout.correlate(top, force, weight, target);
    }
  }

  /**
   * Returns the measurement of the batch at an equilibrium.
   *
   * @param top s_L; not modified
   * @param energy Σ E
   * @param activity Σ ‖s_k‖², [L]
   */
  Measurement measure(V top, double energy, List<Double> activity) {
    read(top);
    int[] classes = largest();
    double sum = 0;
    long errors = 0;
    for (int i = 0; i < batch; i++) {
      sum += cost.value(values, labels[i], i * count, count);
      errors += classes[i] == labels[i] ? 0 : 1;
    }
    return new Measurement(batch, energy, sum, errors, activity);
  }

  /**
   * Returns the index of each example's largest output, [B]; the first one if several are equal.
   */
  int[] predict(V top) {
    read(top);
    return largest();
  }

  private int[] largest() {
    int[] classes = new int[batch];
    for (int i = 0; i < batch; i++) {
      for (int j = 1; j < count; j++) {
        if (values[i * count + j] > values[i * count + classes[i]]) {
          classes[i] = j;
        }
      }
    }
    return classes;
  }

  /** Returns the outputs, [B × classes]: a copy. */
  INDArray array(V top) {
    if (logits == null) {
      return kernels.array(top);
    }
    read(top);
    return kernels.array(logits);
  }

  void close() {
    kernels.closeStates(force);
    if (readout != null && logits != null) {
      readout.close();
      kernels.closeStates(logits);
    }
  }
}
