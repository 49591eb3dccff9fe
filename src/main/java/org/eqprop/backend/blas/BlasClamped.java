package org.eqprop.backend.blas;

import org.eqprop.dynamics.ClampedKernel;
import org.eqprop.dynamics.Kernels;
import org.eqprop.network.Network;
import org.jspecify.annotations.Nullable;

/**
 * A dense link above the clamped input, with W_1 row-major. Skips inputs that are zero throughout
 * the batch.
 */
final class BlasClamped implements ClampedKernel<BlasMatrix, BlasWeights> {
  private final Network network;
  private final Kernels<BlasMatrix, BlasWeights> kernels;
  private final boolean small;
  private final int batch;
  private final BlasMatrix x;
  private final BlasWeights own;

  /** m, as in {@link org.eqprop.dynamics.Relaxer#learn}; empty for none. */
  private final float[] center;

  /** x − m, from which W_1 learns; x itself without a center. */
  private final BlasMatrix centered;

  /** 1 − m·(x − m) per example, its weight in the update of b_1; unused without a center. */
  private final float[] biasWeights;

  /** c' − c m·(x − m) per example, used if W_1 and b_1 learn at different rates. */
  private final float[] factors;

  private final @Nullable InputRuns runs;
  private final @Nullable InputRuns centeredRuns;
  private @Nullable BlasMatrix driven;
  private @Nullable BlasProduct drive;
  private @Nullable BlasWeights learning;
  private @Nullable BlasProduct learn;

  /**
   * @param center m: the first layer learns from x − m; empty for none
   * @param x [B × n_0], filled by the caller
   */
  BlasClamped(
      Network network,
      Kernels<BlasMatrix, BlasWeights> kernels,
      boolean small,
      float[] center,
      int batch,
      BlasMatrix x,
      BlasWeights own) {
    this.network = network;
    this.kernels = kernels;
    this.small = small;
    this.center = center;
    this.batch = batch;
    this.x = x;
    this.own = own;
    int inputs = network.inputs();
    centered = center.length == 0 ? x : kernels.states(batch, 0);
    biasWeights = new float[batch];
    factors = new float[batch];
    int longest = BlasProduct.longestRun(network.size(1), batch);
    runs = longest == 0 ? null : new InputRuns(inputs, longest);
    // x − m is not 0 where x is 0, so it needs all inputs.
    centeredRuns = center.length == 0 || longest == 0 ? runs : InputRuns.all(inputs, longest);
  }

  @Override
  public void drive(BlasMatrix base) {
    if (center.length > 0) {
      subtractCenter();
    }
    kernels.spreadBias(own, 1, base);
    BlasProduct product = drive;
    if (product == null || driven != base) {
      product =
          BlasProduct.plain(
              small,
              network.size(1),
              batch,
              network.inputs(),
              own.weight(1),
              x.pointer,
              base.pointer);
      drive = product;
      driven = base;
    }
    if (runs == null) {
      product.run(1, 1);
    } else {
      runs.find(x.heap);
      product.accumulate(1, runs);
    }
    base.pull();
  }

  private void subtractCenter() {
    for (int i = 0; i < batch; i++) {
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

  @Override
  public void addContrast(BlasMatrix difference, double weight, double bias, BlasWeights target) {
    if (center.length == 0) {
      kernels.addToBias(target, 1, bias, difference);
    } else if (weight == bias) {
      FusedLoops.addRows(target.bias(1), (float) bias, biasWeights, difference.heap);
    } else {
      for (int i = 0; i < batch; i++) {
        factors[i] = (float) (bias + weight * (biasWeights[i] - 1.0));
      }
      FusedLoops.addRows(target.bias(1), 1, factors, difference.heap);
    }
    // W_1's gradient is xᵀ(s_1 at plus − s_1 at minus), with x − m in place of x if there is a
    // center: one product, since x is clamped.
    BlasProduct product = learn;
    if (product == null || learning != target) {
      product =
          BlasProduct.transposedRight(
              small,
              network.size(1),
              network.inputs(),
              batch,
              difference.pointer,
              centered.pointer,
              target.weight(1));
      learn = product;
      learning = target;
    }
    if (centeredRuns == null) {
      product.run((float) weight, 1);
    } else {
      product.accumulate((float) weight, centeredRuns);
    }
  }

  @Override
  public void close() {
    if (centered != x) {
      kernels.closeStates(centered);
    }
  }
}
