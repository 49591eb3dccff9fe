package org.eqprop.backend.blas;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.bytedeco.javacpp.FloatPointer;
import org.eqprop.dynamics.LinkKernel;
import org.eqprop.network.Dense;
import org.eqprop.network.Link;

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
    private record Entry(FloatPointer a, FloatPointer b, FloatPointer c, BlasProduct product) {}

    private final List<Entry> entries = new ArrayList<>();

    @SuppressWarnings("ReferenceEquality") // asked for at every step, always with the same objects
    BlasProduct get(
        FloatPointer a, FloatPointer b, FloatPointer c, Supplier<BlasProduct> otherwise) {
      for (int i = 0; i < entries.size(); i++) {
        Entry entry = entries.get(i);
        if (entry.a == a && entry.b == b && entry.c == c) {
          return entry.product;
        }
      }
      BlasProduct product = otherwise.get();
      entries.add(new Entry(a, b, c, product));
      return product;
    }
  }

  @Override
  public void up(BlasMatrix below, double gain, BlasMatrix into, boolean add) {
    below.beforeRead();
    into.beforeWrite(add);
    up.get(
            weight,
            below.pointer,
            into.pointer,
            () ->
                BlasProduct.transposedLeft(
                    small, outputs, batch, inputs, weight, below.pointer, into.pointer))
        .run((float) gain, add ? 1 : 0);
  }

  @Override
  public void down(BlasMatrix above, double gain, BlasMatrix into, boolean add) {
    above.beforeRead();
    into.beforeWrite(add);
    down.get(
            weight,
            above.pointer,
            into.pointer,
            () ->
                BlasProduct.plain(
                    small, inputs, batch, outputs, weight, above.pointer, into.pointer))
        .run((float) gain, add ? 1 : 0);
  }

  @Override
  public void correlate(BlasMatrix below, BlasMatrix above, double c, BlasWeights target) {
    below.beforeRead();
    above.beforeRead();
    FloatPointer sum = target.weight(k);
    correlate
        .get(
            below.pointer,
            above.pointer,
            sum,
            () ->
                BlasProduct.transposedRight(
                    small, inputs, outputs, batch, below.pointer, above.pointer, sum))
        .run((float) c, 1);
  }
}
