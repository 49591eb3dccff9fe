package org.eqprop.backend.cuda;

import org.eqprop.backend.BackendProvider;
import org.eqprop.data.InputCenter;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.network.Network;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;

/**
 * One kernel on an NVIDIA GPU, float32. All answers are about the GPU of the calling thread's
 * {@link CudaPlace}. Supports dense layers with states in [0, 1] and the squared error, for inputs
 * that are not normalised.
 */
public final class CudaBackend implements BackendProvider {
  @Override
  public String name() {
    return "cuda";
  }

  @Override
  public int preference() {
    return -1;
  }

  @Override
  public @Nullable String problem() {
    if (Cuda.problem() != null) {
      return Cuda.problem();
    }
    try {
      var unused = device();
      return null;
    } catch (CudaException e) {
      return e.getMessage();
    }
  }

  private static CudaDevice device() {
    return CudaDevice.of(CudaPlace.current().device());
  }

  @Override
  public @Nullable String unsupported(Network network) {
    return network.isPlain()
        ? null
        : "cuda only computes dense layers of range [0, 1] with the squared error, without normalised"
            + " inputs";
  }

  @Override
  public boolean computes(DataType type) {
    return type == DataType.FLOAT;
  }

  @Override
  public String description() {
    return device().description();
  }

  @Override
  public String kernels() {
    return device().description() + " with NVRTC " + Cuda.compilerVersion();
  }

  @Override
  public Relaxer relaxer(
      Network network, Relaxation relaxation, DataType type, InputCenter center) {
    return new CudaRelaxer(network, relaxation, CudaPlace.current(), center);
  }
}
