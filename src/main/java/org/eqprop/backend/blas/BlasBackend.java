package org.eqprop.backend.blas;

import org.eqprop.backend.BackendProvider;
import org.eqprop.backend.LinkKind;
import org.eqprop.data.InputCenter;
import org.eqprop.dynamics.KernelRelaxer;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.network.Network;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;

/** OpenBLAS called directly, and fused loops: CPU, float32. Can compute on any machine. */
public final class BlasBackend implements BackendProvider {
  @Override
  public String name() {
    return "blas";
  }

  @Override
  public int preference() {
    return 0;
  }

  @Override
  public @Nullable String problem() {
    return null;
  }

  @Override
  public @Nullable String unsupported(Network network) {
    return LinkKind.missing(BlasLink.class, network, name());
  }

  @Override
  public boolean simulatesDevices() {
    return true;
  }

  @Override
  public boolean computes(DataType type) {
    return type == DataType.FLOAT;
  }

  @Override
  public String description() {
    return "OpenBLAS on the CPU, " + OpenBlas.load().description();
  }

  @Override
  public String kernels() {
    return OpenBlas.load().core();
  }

  @Override
  public Relaxer relaxer(
      Network network, Relaxation relaxation, DataType type, InputCenter center) {
    OpenBlas openBlas = OpenBlas.load(); // before ND4J loads it, so that both run the same kernels
    Relaxer relaxer = relaxer(network, relaxation, openBlas.avx512(), center);
    openBlas.useOneThread();
    return relaxer;
  }

  /**
   * Creates a relaxer.
   *
   * @param small whether the kernels have a fast path for small products
   */
  static KernelRelaxer<BlasMatrix, BlasWeights> relaxer(
      Network network, Relaxation relaxation, boolean small, InputCenter center) {
    return new KernelRelaxer<>(network, relaxation, new BlasKernels(network, small, center));
  }
}
