package org.eqprop.backend.nd4j;

import org.eqprop.backend.BackendProvider;
import org.eqprop.backend.LinkKind;
import org.eqprop.backend.blas.OpenBlas;
import org.eqprop.backend.cuda.Cuda;
import org.eqprop.backend.cuda.CudaDevice;
import org.eqprop.backend.cuda.CudaPlace;
import org.eqprop.data.InputCenter;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.network.Network;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;

/**
 * ND4J operations only, float32 and float64: runs on whatever ND4J backend is on the class path,
 * CPU or CUDA.
 */
public final class Nd4jBackend implements BackendProvider {
  @Override
  public String name() {
    return "nd4j";
  }

  /** It is faster than blas only on a GPU. */
  @Override
  public int preference() {
    return Nd4jCuda.isPresent() ? 1 : -1;
  }

  @Override
  public @Nullable String problem() {
    return Nd4jCuda.isPresent() ? Nd4jCuda.problem() : null;
  }

  @Override
  public @Nullable String unsupported(Network network) {
    return LinkKind.missing(Nd4jLink.class, network, name());
  }

  @Override
  public boolean simulatesDevices() {
    return true;
  }

  @Override
  public boolean computes(DataType type) {
    return true;
  }

  @Override
  public String description() {
    return Nd4jCuda.isPresent()
        ? "ND4J on " + CudaDevice.of(CudaPlace.current().device()).description()
        : "ND4J with OpenBLAS on the CPU, " + OpenBlas.load().description();
  }

  @Override
  public String kernels() {
    return Nd4jCuda.isPresent()
        ? CudaDevice.of(CudaPlace.current().device()).description()
            + " with NVRTC "
            + Cuda.compilerVersion()
        : OpenBlas.load().core();
  }

  @Override
  public Relaxer relaxer(
      Network network, Relaxation relaxation, DataType type, InputCenter center) {
    OpenBlas openBlas = OpenBlas.load(); // before ND4J loads it, so that both run the same kernels
    Relaxer relaxer = new Nd4jRelaxer(network, relaxation, type, center);
    openBlas.useOneThread();
    return relaxer;
  }
}
