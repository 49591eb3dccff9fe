package org.eqprop.backend.blas;

import java.nio.FloatBuffer;
import java.util.Arrays;
import org.bytedeco.javacpp.FloatPointer;
import org.eqprop.dynamics.LinkKernel;
import org.eqprop.network.Convolution;
import org.eqprop.network.Link;

/**
 * A convolution. It processes a few examples at a time, so that their windows stay in the cache
 * (ADR 14).
 *
 * <pre>
 *   up         sums [windows × channels] = windows [windows × size] · Kᵀ, one product
 *   down       each window gets Σ_o s_o K_o over the channels o whose state is not zero (few)
 *   correlate  ∂/∂K_o = Σ s_o window over the windows where channel o is not zero
 * </pre>
 *
 * <p>If many states above are not zero, down is a product, too.
 */
public final class BlasConvolution implements LinkKernel<BlasMatrix, BlasWeights> {
  /** Windows per product: more are hardly faster, and no longer fit in the cache. */
  private static final int WINDOWS = 64;

  /** The share of nonzero states above from which on a product sends them down faster. */
  private static final double DENSE = 0.4;

  private final Convolution link;
  private final int k;
  private final BlasWeights own;
  private final FoldedKernel kernel;
  private final Windows windows;
  private final MaxPool pool;
  private final int channels;
  private final int inputs;
  private final int outputs;
  private final int batch;
  private final int together;

  private final FloatPointer columns;
  private final FloatBuffer columnBuffer;
  private final FloatPointer sums;
  private final BlasProduct product;

  /** Used for states above of which many are not zero: windows ← s · K. */
  private final BlasProduct productDown;

  private final float[] block;
  private final float[] spread;

  private final float[] factors;
  private final int[] which;
  private final float[] patch;
  private final float[][] patches;
  private final float[][] gradient;

  /** Creates these kernels. */
  public static final class Kind implements BlasLink {
    @Override
    public boolean supports(Link link) {
      return link instanceof Convolution;
    }

    @Override
    public LinkKernel<BlasMatrix, BlasWeights> kernel(
        int k, int batch, BlasWeights own, boolean small) {
      return new BlasConvolution((Convolution) own.network().link(k), k, batch, own, small);
    }
  }

  private BlasConvolution(Convolution link, int k, int batch, BlasWeights own, boolean small) {
    this.link = link;
    this.k = k;
    this.own = own;
    this.batch = batch;
    kernel = new FoldedKernel(link);
    pool = MaxPool.of(link, batch);
    windows =
        new Windows(
            link.input(),
            link.padding(),
            kernel.side(),
            kernel.stride(),
            pool.height(),
            pool.width());
    channels = link.channels();
    inputs = link.inputs();
    outputs = link.outputs();
    together = Math.max(1, Math.min(batch, WINDOWS / windows.count()));
    int count = together * windows.count();
    columns = new FloatPointer((long) count * kernel.size());
    columnBuffer = columns.asBuffer();
    sums = new FloatPointer((long) count * channels);
    product =
        BlasProduct.plain(small, channels, count, kernel.size(), kernel.pointer(), columns, sums);
    productDown =
        BlasProduct.transposedLeft(
            small, kernel.size(), count, channels, kernel.pointer(), sums, columns);
    block = new float[count * channels];
    spread = new float[windows.count() * channels];
    factors = new float[Math.max(channels, windows.count())];
    which = new int[factors.length];
    patch = new float[kernel.size()];
    patches = new float[windows.count()][kernel.size()];
    gradient = new float[channels][kernel.size()];
  }

  @Override
  public void refresh() {
    kernel.load(own.weight(k));
  }

  @Override
  public void start(BlasMatrix below) {
    if (!link.isLinear()) {
      for (int from = 0; from < batch; from += together) {
        computeSums(below, from, 1);
        for (int i = 0; i < Math.min(together, batch - from); i++) {
          pool.find(from + i, block, i * windows.count() * channels);
        }
      }
    }
  }

  @Override
  public void up(BlasMatrix below, double gain, BlasMatrix into, boolean add) {
    if (add) {
      into.pull();
    }
    for (int from = 0; from < batch; from += together) {
      computeSums(below, from, (float) gain);
      int here = Math.min(together, batch - from);
      if (link.isLinear() && !add) {
        System.arraycopy(block, 0, into.heap, from * outputs, here * outputs);
      } else if (link.isLinear()) {
        FusedLoops.addAt(into.heap, from * outputs, block, here * outputs);
      } else {
        for (int i = 0; i < here; i++) {
          int at = i * windows.count() * channels;
          pool.find(from + i, block, at);
          pool.pass(from + i, block, at, into.heap, (from + i) * outputs, add);
        }
      }
    }
    into.changedOnHeap();
  }

  /** Computes gain·(K ⋆ s) for the examples from {@code from} on. */
  private void computeSums(BlasMatrix below, int from, float gain) {
    int at = 0;
    for (int i = from; i < Math.min(from + together, batch); i++) {
      windows.open(below.heap, i * inputs);
      windows.copyAll(columnBuffer, at);
      at += windows.count() * kernel.size();
    }
    product.run(gain, 0);
    sums.get(block, 0, block.length);
  }

  @Override
  public void down(BlasMatrix above, double gain, BlasMatrix into, boolean add) {
    if (add) {
      into.pull();
    }
    int active = 0;
    for (float state : above.heap) {
      active += state != 0 ? 1 : 0;
    }
    boolean dense = active > DENSE * pool.share() * above.heap.length;
    for (int i = 0; i < batch; i++) {
      if (dense && i % together == 0) {
        computeWindows(above, i, (float) gain);
      }
      windows.clear();
      if (dense) {
        addWindows(i % together);
      } else {
        pool.spread(i, above.heap, i * outputs, spread);
        addRows((float) gain);
      }
      windows.close(into.heap, i * inputs, add);
    }
    into.changedOnHeap();
  }

  /** Adds to each window the rows of the kernel for the states above that are not zero. */
  private void addRows(float gain) {
    for (int window = 0; window < windows.count(); window++) {
      int count = 0;
      for (int o = 0; o < channels; o++) {
        float state = spread[window * channels + o];
        if (state != 0) {
          factors[count] = gain * state;
          which[count++] = o;
        }
      }
      if (count > 0) {
        Arrays.fill(patch, 0);
        FusedLoops.addRows(patch, count, factors, which, kernel.rows());
        windows.add(window, patch);
      }
    }
  }

  /** Computes gain·s·K for the examples from {@code from} on. */
  private void computeWindows(BlasMatrix above, int from, float gain) {
    for (int i = from; i < Math.min(from + together, batch); i++) {
      pool.spread(i, above.heap, i * outputs, spread);
      System.arraycopy(spread, 0, block, (i - from) * spread.length, spread.length);
    }
    sums.put(block, 0, block.length);
    productDown.run(gain, 0);
  }

  /** Adds the windows that were computed for an example. */
  private void addWindows(int example) {
    for (int window = 0; window < windows.count(); window++) {
      columnBuffer.get((example * windows.count() + window) * patch.length, patch);
      windows.add(window, patch);
    }
  }

  @Override
  public void correlate(BlasMatrix below, BlasMatrix above, double c, BlasWeights target) {
    clearGradient();
    addCorrelation(below, above, 1);
    kernel.addGradient(gradient, c, target.weight(k));
  }

  @Override
  public void contrast(
      BlasMatrix belowPlus,
      BlasMatrix abovePlus,
      BlasMatrix belowMinus,
      BlasMatrix aboveMinus,
      double c,
      BlasWeights target) {
    clearGradient();
    addCorrelation(belowPlus, abovePlus, 1);
    addCorrelation(belowMinus, aboveMinus, -1);
    kernel.addGradient(gradient, c, target.weight(k));
  }

  private void clearGradient() {
    for (float[] row : gradient) {
      Arrays.fill(row, 0);
    }
  }

  private void addCorrelation(BlasMatrix below, BlasMatrix above, float sign) {
    start(below);
    for (int i = 0; i < batch; i++) {
      windows.open(below.heap, i * inputs);
      pool.spread(i, above.heap, i * outputs, spread);
      for (int window = 0; window < windows.count(); window++) {
        windows.copy(window, patches[window]);
      }
      for (int o = 0; o < channels; o++) {
        int count = 0;
        for (int window = 0; window < windows.count(); window++) {
          float state = spread[window * channels + o];
          if (state != 0) {
            factors[count] = sign * state;
            which[count++] = window;
          }
        }
        FusedLoops.addRows(gradient[o], count, factors, which, patches);
      }
    }
  }

  @Override
  public void close() {
    kernel.close();
    columns.deallocate();
    sums.deallocate();
  }
}
