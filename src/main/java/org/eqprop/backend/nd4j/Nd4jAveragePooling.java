package org.eqprop.backend.nd4j;

import static org.eqprop.backend.nd4j.Nd4jDense.gemm;

import org.eqprop.dynamics.LinkKernel;
import org.eqprop.network.Convolution;
import org.eqprop.network.Parameters;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A convolution with average pooling, folded into one convolution with a larger window, which is
 * exactly the same map and needs fewer products:
 *
 * <pre>
 *   window kernel + (pool − 1)·stride,   stride·pool,   W' = the mean of W at all pool × pool shifts by multiples of stride
 * </pre>
 *
 * W' = W·fold is linear in W, so that ∂/∂W = ∂/∂W'·foldᵀ.
 */
final class Nd4jAveragePooling implements LinkKernel<Nd4jStates, Parameters> {
  private final int k;
  private final INDArray weight;

  /** Where each place of W goes in W', [h·w × h'·w']. */
  private final INDArray fold;

  /** W' [out × in × h' × w'], and a gradient with respect to it. */
  private final INDArray folded;

  private final INDArray gradient;
  private final Nd4jConvolution convolution;

  Nd4jAveragePooling(int k, Convolution link, int batch, Parameters own) {
    this.k = k;
    this.weight = byPlace(own.weight(k));
    Convolution whole = link.folded();
    int side = whole.kernel();
    fold = fold(link, side, own);
    long[] shape = {link.channels(), link.input().channels(), side, side};
    folded = Nd4j.create(own.type(), shape, 'f');
    gradient = Nd4j.create(own.type(), shape, 'f');
    convolution = new Nd4jConvolution(k, whole, batch, folded);
  }

  private static INDArray fold(Convolution link, int side, Parameters own) {
    int kernel = link.kernel();
    int pool = link.pool();
    double[][] fold = new double[kernel * kernel][side * side]; // column-major: y + side·x
    for (int i = 0; i < kernel * kernel; i++) {
      for (int shift = 0; shift < pool * pool; shift++) {
        int y = i % kernel + shift % pool * link.stride();
        int x = i / kernel + shift / pool * link.stride();
        fold[i][y + side * x] = 1.0 / (pool * pool);
      }
    }
    try (INDArray rows = Nd4j.createFromArray(fold)) {
      return Nd4j.create(own.type(), rows.shape(), 'f').assign(rows);
    }
  }

  /** Returns [out × in × h × w] as [out·in × h·w], live. */
  private static INDArray byPlace(INDArray weight) {
    long places = weight.size(2) * weight.size(3);
    return weight.reshape('f', weight.length() / places, places);
  }

  @Override
  public void refresh() {
    gemm(weight, false, fold, false, 1, 0, byPlace(folded));
  }

  @Override
  public void up(Nd4jStates below, double gain, Nd4jStates into, boolean add) {
    convolution.up(below, gain, into, add);
  }

  @Override
  public void down(Nd4jStates above, double gain, Nd4jStates into, boolean add) {
    convolution.down(above, gain, into, add);
  }

  @Override
  public void correlate(Nd4jStates below, Nd4jStates above, double c, Parameters target) {
    gradient.assign(0);
    convolution.correlate(below, above, c, gradient);
    gemm(byPlace(gradient), false, fold, true, 1, 1, byPlace(target.weight(k)));
  }

  @Override
  public void close() {
    convolution.close();
    fold.close();
    folded.close();
    gradient.close();
  }
}
