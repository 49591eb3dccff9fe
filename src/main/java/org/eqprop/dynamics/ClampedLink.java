package org.eqprop.dynamics;

/**
 * Runs the first link with its ordinary kernel, for links that gain nothing from a special one. It
 * learns from x as it is.
 *
 * @param <V> the states of a layer for a batch, [B × n]
 * @param <W> a network's parameters
 */
public final class ClampedLink<V, W> implements ClampedKernel<V, W> {
  private final Kernels<V, W> kernels;
  private final LinkKernel<V, W> link;
  private final V x;
  private final W own;

  /**
   * @param x [B × n_0]
   * @param own the parameters with which it sends x
   */
  public ClampedLink(Kernels<V, W> kernels, int batch, V x, W own) {
    this.kernels = kernels;
    this.link = kernels.link(1, batch, own);
    this.x = x;
    this.own = own;
  }

  @Override
  public void drive(V base) {
    link.refresh();
    kernels.spreadBias(own, 1, base);
    link.up(x, 1, base, true);
    kernels.settle(base);
  }

  @Override
  public void addContrast(V difference, double weight, double bias, W target) {
    kernels.addToBias(target, 1, bias, difference);
    link.correlate(x, difference, weight, target);
  }

  @Override
  public void close() {
    link.close();
  }
}
