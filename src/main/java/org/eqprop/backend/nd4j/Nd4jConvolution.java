package org.eqprop.backend.nd4j;

import static org.eqprop.backend.nd4j.Nd4jDense.gemm;

import org.eqprop.dynamics.LinkKernel;
import org.eqprop.network.Convolution;
import org.eqprop.network.Link;
import org.eqprop.network.Parameters;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A convolution without pooling, computed as products with W as a matrix:
 *
 * <pre>
 *   windows(s)          [B·P × in·h·w], see {@link Nd4jWindows}      W [out × in·h·w]
 *   A(s)                windows(s) Wᵀ [B·P × out], in memory the states [B × n] themselves
 *   Aᵀ(s)               the sum of s W over all windows that a unit below is in
 *   ∂⟨s', A(s)⟩/∂W      s'ᵀ windows(s)
 * </pre>
 */
public final class Nd4jConvolution implements LinkKernel<Nd4jStates, Parameters> {
  private final int k;
  private final int channels;
  private final INDArray weight;
  private final Nd4jWindows windows;

  /** Creates the kernels of all convolutions. */
  public static final class Kind implements Nd4jLink {
    @Override
    public boolean supports(Link link) {
      return link instanceof Convolution;
    }

    @Override
    public LinkKernel<Nd4jStates, Parameters> kernel(int k, int batch, Parameters own) {
      Convolution link = (Convolution) own.network().link(k);
      return switch (link.pooling()) {
        case NONE -> new Nd4jConvolution(k, link, batch, own.weight(k));
        case AVERAGE -> new Nd4jAveragePooling(k, link, batch, own);
        case MAX -> new Nd4jMaxPooling(k, link, batch, own);
      };
    }
  }

  /**
   * @param link without pooling
   * @param weight W [out × in × h × w], column-major, set by the caller
   */
  Nd4jConvolution(int k, Convolution link, int batch, INDArray weight) {
    this.k = k;
    this.channels = link.channels();
    this.weight = matrix(weight);
    this.windows = new Nd4jWindows(link, batch, weight.dataType());
  }

  /** Returns [out × in × h × w] as [out × in·h·w], live. */
  static INDArray matrix(INDArray weight) {
    return weight.reshape('f', weight.size(0), weight.length() / weight.size(0));
  }

  @Override
  public void up(Nd4jStates below, double gain, Nd4jStates into, boolean add) {
    windows.read(below);
    gemm(windows.cut(0), false, weight, true, gain, add ? 1 : 0, into.columns(channels));
  }

  @Override
  public void down(Nd4jStates above, double gain, Nd4jStates into, boolean add) {
    gemm(above.columns(channels), false, weight, false, gain, 0, windows.matrix());
    windows.clear();
    windows.join(0);
    windows.write(into, add);
  }

  @Override
  public void correlate(Nd4jStates below, Nd4jStates above, double c, Parameters target) {
    correlate(below, above, c, target.weight(k));
  }

  /**
   * Adds c·∂⟨above, A(below)⟩/∂W.
   *
   * @param target of the shape of W; modified
   */
  void correlate(Nd4jStates below, Nd4jStates above, double c, INDArray target) {
    windows.read(below);
    gemm(above.columns(channels), true, windows.cut(0), false, c, 1, matrix(target));
  }

  @Override
  public void close() {
    windows.close();
  }
}
