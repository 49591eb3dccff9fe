package org.eqprop.backend.nd4j;

import org.eqprop.dynamics.LinkKernel;
import org.eqprop.network.Dense;
import org.eqprop.network.Link;
import org.eqprop.network.Parameters;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** A dense link between layers that relax: three products. */
public final class Nd4jDense implements LinkKernel<Nd4jStates, Parameters> {
  private final int k;
  private final INDArray weight;

  /** Creates these kernels. */
  public static final class Kind implements Nd4jLink {
    @Override
    public boolean supports(Link link) {
      return link instanceof Dense;
    }

    @Override
    public LinkKernel<Nd4jStates, Parameters> kernel(int k, int batch, Parameters own) {
      return new Nd4jDense(k, own);
    }
  }

  private Nd4jDense(int k, Parameters own) {
    this.k = k;
    this.weight = own.weight(k);
  }

  @Override
  public void up(Nd4jStates below, double gain, Nd4jStates into, boolean add) {
    gemm(below.array(), false, weight, false, gain, add ? 1 : 0, into.array());
  }

  @Override
  public void down(Nd4jStates above, double gain, Nd4jStates into, boolean add) {
    gemm(above.array(), false, weight, true, gain, add ? 1 : 0, into.array());
  }

  @Override
  public void correlate(Nd4jStates below, Nd4jStates above, double c, Parameters target) {
    gemm(below.array(), true, above.array(), false, c, 1, target.weight(k));
  }

  /** c ← alpha·op(a)·op(b) + beta·c. */
  static void gemm(
      INDArray a,
      boolean transposeA,
      INDArray b,
      boolean transposeB,
      double alpha,
      double beta,
      INDArray c) {
    Nd4j.gemm(a, b, c, transposeA, transposeB, alpha, beta);
  }
}
