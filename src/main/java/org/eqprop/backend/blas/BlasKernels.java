package org.eqprop.backend.blas;

import static org.bytedeco.openblas.global.openblas_nolapack.cblas_sdot;

import java.util.Arrays;
import org.eqprop.data.InputCenter;
import org.eqprop.dynamics.ClampedKernel;
import org.eqprop.dynamics.ClampedLink;
import org.eqprop.dynamics.Kernels;
import org.eqprop.dynamics.LinkKernel;
import org.eqprop.network.Dense;
import org.eqprop.network.Floats;
import org.eqprop.network.Network;
import org.eqprop.network.Parameters;
import org.eqprop.network.Range;
import org.eqprop.network.Weights;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Fast kernels for CPUs, float32: direct calls of OpenBLAS on memory that is allocated once, with
 * fused loops between the calls. In every batch, each row is an example.
 */
final class BlasKernels implements Kernels<BlasMatrix, BlasWeights> {
  private final Network network;
  private final boolean small;
  private final InputCenter center;

  /**
   * @param small whether OpenBLAS's kernels have a fast path for small products
   * @param center m: the first layer learns from x − m
   */
  BlasKernels(Network network, boolean small, InputCenter center) {
    this.network = network;
    this.small = small;
    this.center = center;
  }

  @Override
  public BlasMatrix states(int batch, int k) {
    return new BlasMatrix(batch, BlasWeights.shape(network, k));
  }

  @Override
  public void closeStates(BlasMatrix states) {
    states.close();
  }

  @Override
  public void clear(BlasMatrix states) {
    Arrays.fill(states.heap, 0);
    states.push();
  }

  @Override
  public void copy(BlasMatrix from, BlasMatrix into) {
    System.arraycopy(from.heap, 0, into.heap, 0, from.heap.length);
    into.push();
  }

  @Override
  public void gather(BlasMatrix from, int[] rows, BlasMatrix into) {
    for (int i = 0; i < rows.length; i++) {
      from.copyRow(rows[i], into, i);
    }
    into.push();
  }

  @Override
  public void scatter(BlasMatrix from, int[] rows, BlasMatrix into) {
    for (int i = 0; i < rows.length; i++) {
      from.copyRow(i, into, rows[i]);
    }
    into.push();
  }

  @Override
  public void assign(INDArray values, BlasMatrix into) {
    into.setByChannel(Floats.of(values));
  }

  @Override
  public float[] rows(BlasMatrix states) {
    return states.byChannel();
  }

  @Override
  public void filled(BlasMatrix states, float[] rows) {
    states.setByChannel(rows);
  }

  @Override
  public void set(BlasMatrix states, double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      floats[i] = (float) values[i];
    }
    states.setByChannel(floats);
  }

  @Override
  public void values(BlasMatrix states, double[] into) {
    float[] values = states.byChannel();
    for (int i = 0; i < into.length; i++) {
      into[i] = values[i];
    }
  }

  @Override
  public INDArray array(BlasMatrix states) {
    try (INDArray rowMajor = Floats.array(states.byChannel(), states.rows, states.columns)) {
      return rowMajor.dup('f');
    }
  }

  @Override
  public void settle(BlasMatrix states) {
    states.settle();
  }

  @Override
  public void scale(BlasMatrix target, double factor, BlasMatrix a) {
    FusedLoops.scale(target.heap, (float) factor, a.heap);
  }

  @Override
  public void add(BlasMatrix target, double factor, BlasMatrix a) {
    FusedLoops.add(target.heap, (float) factor, a.heap);
  }

  @Override
  public void subtract(BlasMatrix target, BlasMatrix a, BlasMatrix b) {
    FusedLoops.subtract(target.heap, a.heap, b.heap);
    target.push();
  }

  @Override
  public void scaleRows(BlasMatrix target, BlasMatrix a, float[] weights) {
    FusedLoops.scaleRows(target.heap, weights, a.heap);
    target.push();
  }

  @Override
  public double dot(BlasMatrix a, BlasMatrix b) {
    a.beforeRead();
    b.beforeRead();
    return cblas_sdot(a.heap.length, a.pointer, 1, b.pointer, 1);
  }

  @Override
  public boolean receive(BlasMatrix input, BlasMatrix drive, BlasMatrix s, double keep) {
    return false;
  }

  @Override
  public void disturb(BlasMatrix input, float[] noise) {
    input.pull();
    input.addByChannel(noise);
  }

  @Override
  public void move(
      BlasMatrix s,
      BlasMatrix input,
      BlasMatrix drive,
      double keep,
      Range range,
      double @Nullable [] moves) {
    input.pull();
    float[] before = moves != null ? s.rememberHeap() : s.heap;
    float low = (float) range.low();
    float high = (float) range.high();
    if (keep == 0) {
      FusedLoops.minimise(s.heap, drive.heap, input.heap, low, high);
    } else {
      FusedLoops.step(s.heap, (float) keep, drive.heap, input.heap, low, high);
    }
    s.push();
    if (moves != null) {
      FusedLoops.raiseToDifferences(s.heap, before, moves);
    }
  }

  @Override
  public BlasWeights parameters() {
    return new BlasWeights(network);
  }

  @Override
  public void closeParameters(BlasWeights parameters) {
    parameters.close();
  }

  @Override
  public void clearParameters(BlasWeights parameters) {
    parameters.clear();
  }

  @Override
  public void load(Weights from, BlasWeights into) {
    into.load(from);
  }

  @Override
  public void load(Parameters from, BlasWeights into) {
    into.load(from.toWeights());
  }

  @Override
  public Weights toWeights(BlasWeights parameters) {
    return parameters.toWeights();
  }

  @Override
  public void spreadBias(BlasWeights parameters, int k, BlasMatrix rows) {
    float[] bias = parameters.bias(k);
    for (int at = 0; at < rows.heap.length; at += bias.length) {
      System.arraycopy(bias, 0, rows.heap, at, bias.length);
    }
    rows.push();
  }

  @Override
  public void addToBias(BlasWeights parameters, int k, double c, BlasMatrix rows) {
    FusedLoops.addRows(parameters.bias(k), (float) c, rows.heap);
  }

  @Override
  public LinkKernel<BlasMatrix, BlasWeights> link(int k, int batch, BlasWeights own) {
    return BlasLink.of(network.link(k)).kernel(k, batch, own, small);
  }

  @Override
  public ClampedKernel<BlasMatrix, BlasWeights> clamped(int batch, BlasMatrix x, BlasWeights own) {
    return network.link(1) instanceof Dense
        ? new BlasClamped(network, this, small, center.values(), batch, x, own)
        : new ClampedLink<>(this, batch, x, own);
  }
}
