package org.eqprop.backend.nd4j;

import static org.eqprop.backend.nd4j.Nd4jDense.gemm;

import org.eqprop.data.InputCenter;
import org.eqprop.dynamics.ClampedKernel;
import org.eqprop.network.Floats;
import org.eqprop.network.Parameters;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** A dense link above the clamped input. */
final class Nd4jClamped implements ClampedKernel<Nd4jStates, Parameters> {
  private final Nd4jStates x;
  private final Parameters own;
  private final INDArray ones;

  /** m [1 × n_0], as in {@link org.eqprop.dynamics.Relaxer#learn}; null for none. */
  private final @Nullable INDArray center;

  /** x − m [B × n_0], from which W_1 learns; x itself without a center. */
  private final Nd4jStates centered;

  /**
   * 1 − m·(x − m) [B × 1], the weights of the examples in the update of b_1; ones without a center.
   */
  private final INDArray biasWeights;

  /**
   * @param x [B × n_0], filled by the caller
   * @param center m: the first layer learns from x − m
   */
  Nd4jClamped(int batch, Nd4jStates x, Parameters own, InputCenter center) {
    this.x = x;
    this.own = own;
    DataType type = own.type();
    ones = Nd4j.ones(type, batch, 1);
    if (center.isNone()) {
      this.center = null;
      centered = x;
      biasWeights = ones;
    } else {
      this.center = row(type, center.values());
      centered = new Nd4jStates(type, batch, center.values().length);
      biasWeights = Nd4j.create(type, new long[] {batch, 1}, 'f');
    }
  }

  private static INDArray row(DataType type, float[] values) {
    INDArray row = Nd4j.create(type, new long[] {1, values.length}, 'f');
    try (INDArray floats = Floats.array(values, 1, values.length)) {
      row.assign(floats);
    }
    return row;
  }

  @Override
  public void drive(Nd4jStates base) {
    INDArray m = center;
    if (m != null) {
      centered.set(x);
      gemm(ones, false, m, false, -1, 1, centered.array());
      biasWeights.assign(1);
      gemm(centered.array(), false, m, true, -1, 1, biasWeights);
    }
    gemm(x.array(), false, own.weight(1), false, 1, 0, base.array());
    gemm(ones, false, own.bias(1), false, 1, 1, base.array());
  }

  @Override
  public void addContrast(Nd4jStates difference, double weight, double bias, Parameters target) {
    gemm(biasWeights, true, difference.array(), false, weight, 1, target.bias(1));
    if (bias != weight) { // c' Δ − c m·(x − m) Δ
      gemm(ones, true, difference.array(), false, bias - weight, 1, target.bias(1));
    }
    gemm(centered.array(), true, difference.array(), false, weight, 1, target.weight(1));
  }

  @Override
  public void close() {
    if (center != null) {
      center.close();
      centered.close();
      biasWeights.close();
    }
    ones.close();
  }
}
