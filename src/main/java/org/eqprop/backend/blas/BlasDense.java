package org.eqprop.backend.blas;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.FloatPointer;
import org.eqprop.dynamics.LinkKernel;
import org.eqprop.network.Dense;
import org.eqprop.network.Link;
import org.jspecify.annotations.Nullable;

/**
 * A dense link between layers that relax, with W_k column-major. It has three products, each
 * prepared once per memory that it computes on.
 */
public final class BlasDense implements LinkKernel<BlasMatrix, BlasWeights> {
  private final int k;
  private final FloatPointer weight;
  private final Prepared up;
  private final Prepared down;
  private final Prepared correlate;

  /** Creates these kernels. */
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
    this.weight = own.weight(k);
    int inputs = own.network().size(k - 1);
    int outputs = own.network().size(k);
    this.up =
        new Prepared(
            (w, below, into) ->
                BlasProduct.transposedLeft(small, outputs, batch, inputs, w, below, into));
    this.down =
        new Prepared(
            (w, above, into) -> BlasProduct.plain(small, inputs, batch, outputs, w, above, into));
    this.correlate =
        new Prepared(
            (below, above, sum) ->
                BlasProduct.transposedRight(small, inputs, outputs, batch, below, above, sum));
  }

  /** Creates the product for given memory. */
  @FunctionalInterface
  private interface Maker {
    BlasProduct make(FloatPointer a, FloatPointer b, FloatPointer c);
  }

  /** Products by the memory that they read and write; there are few, so a linear search is fast. */
  private static final class Prepared {
    private final Maker maker;
    private final List<BlasProduct> products = new ArrayList<>();
    private @Nullable BlasProduct last;

    Prepared(Maker maker) {
      this.maker = maker;
    }

    BlasProduct get(FloatPointer a, FloatPointer b, FloatPointer c) {
      BlasProduct product = last;
      if (product == null || !product.isOn(a, b, c)) { // a phase uses the same one in every step
        product = found(a, b, c);
        last = product;
      }
      return product;
    }

    private BlasProduct found(FloatPointer a, FloatPointer b, FloatPointer c) {
      for (BlasProduct product : products) {
        if (product.isOn(a, b, c)) {
          return product;
        }
      }
      BlasProduct product = maker.make(a, b, c);
      products.add(product);
      return product;
    }
  }

  @Override
  public void up(BlasMatrix below, double gain, BlasMatrix into, boolean add) {
    below.beforeRead();
    into.beforeWrite(add);
    up.get(weight, below.pointer, into.pointer).run((float) gain, add ? 1 : 0);
  }

  @Override
  public void down(BlasMatrix above, double gain, BlasMatrix into, boolean add) {
    above.beforeRead();
    into.beforeWrite(add);
    down.get(weight, above.pointer, into.pointer).run((float) gain, add ? 1 : 0);
  }

  @Override
  public void correlate(BlasMatrix below, BlasMatrix above, double c, BlasWeights target) {
    below.beforeRead();
    above.beforeRead();
    correlate.get(below.pointer, above.pointer, target.weight(k)).run((float) c, 1);
  }
}
