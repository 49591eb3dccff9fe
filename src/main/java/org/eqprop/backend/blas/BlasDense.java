package org.eqprop.backend.blas;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.FloatPointer;
import org.eqprop.dynamics.LinkKernel;
import org.eqprop.network.Dense;
import org.eqprop.network.Link;
import org.jspecify.annotations.Nullable;

/**
 * A dense link between layers that relax, W_k column-major: three products, each prepared once for
 * the memory that it is asked for.
 */
public final class BlasDense implements LinkKernel<BlasMatrix, BlasWeights> {
  private final int k;
  private final int batch;
  private final boolean small;
  private final FloatPointer weight;
  private final int inputs;
  private final int outputs;
  private final Prepared up = new Prepared();
  private final Prepared down = new Prepared();
  private final Prepared correlate = new Prepared();

  /** Makes these kernels. */
  public static final class Kind implements BlasLink {
    @Override
    public boolean supports(Link link) {
      return link instanceof Dense;
    }

    @Override
    public LinkKernel<BlasMatrix, BlasWeights> kernel(
        int k, int batch, BlasWeights own, boolean small) {
      return new BlasDense(k, batch, own, small);
    }
  }

  private BlasDense(int k, int batch, BlasWeights own, boolean small) {
    this.k = k;
    this.batch = batch;
    this.small = small;
    this.weight = own.weight(k);
    this.inputs = own.network().size(k - 1);
    this.outputs = own.network().size(k);
  }

  /** Products by the memory that they read and write: a handful, so that a search is short. */
  private static final class Prepared {
    private final List<BlasProduct> products = new ArrayList<>();
    private @Nullable BlasProduct last;

    /** Returns the product on this memory; null if none is prepared. */
    @Nullable BlasProduct find(FloatPointer a, FloatPointer b, FloatPointer c) {
      if (last == null || !last.isOn(a, b, c)) { // a phase asks for the same at every step
        last = null;
        for (int i = 0; i < products.size() && last == null; i++) {
          last = products.get(i).isOn(a, b, c) ? products.get(i) : null;
        }
      }
      return last;
    }

    BlasProduct add(BlasProduct product) {
      products.add(product);
      return product;
    }
  }

  @Override
  public void up(BlasMatrix below, double gain, BlasMatrix into, boolean add) {
    below.beforeRead();
    into.beforeWrite(add);
    BlasProduct product = up.find(weight, below.pointer, into.pointer);
    if (product == null) {
      product =
          up.add(
              BlasProduct.transposedLeft(
                  small, outputs, batch, inputs, weight, below.pointer, into.pointer));
    }
    product.run((float) gain, add ? 1 : 0);
  }

  @Override
  public void down(BlasMatrix above, double gain, BlasMatrix into, boolean add) {
    above.beforeRead();
    into.beforeWrite(add);
    BlasProduct product = down.find(weight, above.pointer, into.pointer);
    if (product == null) {
      product =
          down.add(
              BlasProduct.plain(
                  small, inputs, batch, outputs, weight, above.pointer, into.pointer));
    }
    product.run((float) gain, add ? 1 : 0);
  }

  @Override
  public void correlate(BlasMatrix below, BlasMatrix above, double c, BlasWeights target) {
    below.beforeRead();
    above.beforeRead();
    FloatPointer sum = target.weight(k);
    BlasProduct product = correlate.find(below.pointer, above.pointer, sum);
    if (product == null) {
      product =
          correlate.add(
              BlasProduct.transposedRight(
                  small, inputs, outputs, batch, below.pointer, above.pointer, sum));
    }
    product.run((float) c, 1);
  }
}
