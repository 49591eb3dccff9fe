package org.eqprop.backend.nd4j;

import org.eqprop.dynamics.LinkKernel;
import org.eqprop.network.Network;
import org.eqprop.network.Parameters;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Computes A_1ᵀ, which a relaxation does not need since s_0 is clamped. It passes the gradient with
 * respect to s_0 to whatever computed s_0, since ∂E/∂s_0 = s_0 − A_1ᵀ(s_1).
 */
public final class Nd4jFirstLink implements AutoCloseable {
  private final Network network;
  private final DataType type;

  /** Only W_1 is set. */
  private final Parameters parameters;

  private @Nullable Batch batch;

  /**
   * @param type {@link DataType#FLOAT} or {@link DataType#DOUBLE}
   */
  public Nd4jFirstLink(Network network, DataType type) {
    this.network = network;
    this.type = type;
    this.parameters = Parameters.zeros(network, type);
  }

  /** The kernel and the states for batches of one size. */
  private record Batch(
      int size, LinkKernel<Nd4jStates, Parameters> kernel, Nd4jStates below, Nd4jStates above) {
    void close() {
      kernel.close();
      below.close();
      above.close();
    }
  }

  private Batch ofSize(int size) {
    Batch known = batch;
    if (known == null || known.size() != size) {
      close(known);
      known =
          new Batch(
              size,
              Nd4jLink.of(network.link(1)).kernel(1, size, parameters),
              new Nd4jStates(type, size, network.size(0)),
              new Nd4jStates(type, size, network.size(1)));
      batch = known;
    }
    return known;
  }

  private static void close(@Nullable Batch known) {
    if (known != null) {
      known.close();
    }
  }

  /**
   * Returns A_1ᵀ(s), with A_1 linearised around s_0: [B × n_0], a copy.
   *
   * @param weight W_1, of the link's shape; not modified
   * @param x s_0 [B × n_0]; not modified
   * @param s [B × n_1]; not modified
   */
  public INDArray down(INDArray weight, INDArray x, INDArray s) {
    parameters.weight(1).assign(weight);
    Batch all = ofSize((int) x.size(0));
    all.below().array().assign(x);
    all.above().array().assign(s);
    all.kernel().refresh();
    all.kernel().start(all.below());
    all.kernel().down(all.above(), 1, all.below(), false);
    return all.below().array().dup('f');
  }

  @Override
  public void close() {
    close(batch);
    batch = null;
    parameters.close();
  }
}
