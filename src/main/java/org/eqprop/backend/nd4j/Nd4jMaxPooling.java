package org.eqprop.backend.nd4j;

import static org.eqprop.backend.nd4j.Nd4jDense.gemm;

import java.util.ArrayList;
import java.util.List;
import org.eqprop.dynamics.LinkKernel;
import org.eqprop.network.Convolution;
import org.eqprop.network.Parameters;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * A convolution with max pooling, computed as the maximum of pool × pool convolutions, one for each
 * place c in a square, called a corner:
 *
 * <pre>
 *   A(s) = max_c A_c(s)      Aᵀ(s') = Σ_c A_cᵀ(m_c s')      m_c = 1 where A_c(s) is the largest, the first of equals, else 0
 * </pre>
 *
 * The masks m_c are those of the states that were sent up last.
 */
final class Nd4jMaxPooling implements LinkKernel<Nd4jStates, Parameters> {
  private final int k;
  private final int channels;
  private final INDArray own;

  /** W as it was when the batch was clamped: learning must not change the masks in between. */
  private final INDArray weight;

  private final Nd4jWindows windows;
  private final Maxima sent;
  private final Maxima correlated;

  /** m_c s' of one corner. */
  private final Nd4jStates masked;

  Nd4jMaxPooling(int k, Convolution link, int batch, Parameters own) {
    this.k = k;
    this.channels = link.channels();
    this.own = Nd4jConvolution.matrix(own.weight(k));
    this.weight = Nd4j.create(own.type(), this.own.shape(), 'f');
    this.windows = new Nd4jWindows(link, batch, own.type());
    this.sent = new Maxima(own.type(), batch, link);
    this.correlated = new Maxima(own.type(), batch, link);
    this.masked = new Nd4jStates(own.type(), batch, link.outputs());
  }

  /** A_c(s) and m_c of each corner, and A(s). */
  private static final class Maxima {
    final List<Nd4jStates> sums = new ArrayList<>();
    final List<INDArray> masks = new ArrayList<>();
    final Nd4jStates largest;

    /** 1 where no corner yet has the largest sum. */
    final INDArray open;

    Maxima(DataType type, int batch, Convolution link) {
      for (int corner = 0; corner < link.pool() * link.pool(); corner++) {
        sums.add(new Nd4jStates(type, batch, link.outputs()));
        masks.add(Nd4j.create(type, new long[] {batch, link.outputs()}, 'f'));
      }
      largest = new Nd4jStates(type, batch, link.outputs());
      open = Nd4j.create(type, new long[] {batch, link.outputs()}, 'f');
    }

    void compare() {
      largest.set(sums.get(0));
      sums.forEach(sum -> Transforms.max(largest.array(), sum.array(), false));
      open.assign(1);
      for (int corner = 0; corner < masks.size(); corner++) {
        INDArray mask = masks.get(corner);
        try (INDArray equal = sums.get(corner).array().eq(largest.array())) {
          mask.assign(equal);
        }
        mask.muli(open);
        open.subi(mask);
      }
    }

    void close() {
      sums.forEach(Nd4jStates::close);
      masks.forEach(INDArray::close);
      largest.close();
      open.close();
    }
  }

  private void send(Nd4jStates below, Maxima into) {
    windows.read(below);
    for (int corner = 0; corner < into.sums.size(); corner++) {
      INDArray sum = into.sums.get(corner).columns(channels);
      gemm(windows.cut(corner), false, weight, true, 1, 0, sum);
    }
    into.compare();
  }

  private INDArray masked(Nd4jStates above, Maxima at, int corner) {
    above.array().muli(at.masks.get(corner), masked.array());
    return masked.columns(channels);
  }

  @Override
  public void refresh() {
    weight.assign(own);
  }

  @Override
  public void start(Nd4jStates below) {
    send(below, sent);
  }

  @Override
  public void up(Nd4jStates below, double gain, Nd4jStates into, boolean add) {
    send(below, sent);
    if (!add) {
      into.array().assign(0);
    }
    into.add(gain, sent.largest);
  }

  @Override
  public void down(Nd4jStates above, double gain, Nd4jStates into, boolean add) {
    windows.clear();
    for (int corner = 0; corner < sent.masks.size(); corner++) {
      gemm(masked(above, sent, corner), false, weight, false, gain, 0, windows.matrix());
      windows.join(corner);
    }
    windows.write(into, add);
  }

  @Override
  public void correlate(Nd4jStates below, Nd4jStates above, double c, Parameters target) {
    send(below, correlated);
    INDArray gradient = Nd4jConvolution.matrix(target.weight(k));
    for (int corner = 0; corner < correlated.masks.size(); corner++) {
      INDArray at = masked(above, correlated, corner);
      gemm(at, true, windows.cut(corner), false, c, 1, gradient);
    }
  }

  @Override
  public void close() {
    weight.close();
    windows.close();
    sent.close();
    correlated.close();
    masked.close();
  }
}
