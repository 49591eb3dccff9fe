package org.eqprop.backend;

import java.util.Locale;
import java.util.concurrent.atomic.AtomicBoolean;
import org.eqprop.backend.blas.BlasRelaxer;
import org.eqprop.backend.blas.OpenBlas;
import org.eqprop.backend.cuda.Cuda;
import org.eqprop.backend.cuda.CudaDevice;
import org.eqprop.backend.cuda.CudaException;
import org.eqprop.backend.cuda.CudaPlace;
import org.eqprop.backend.cuda.CudaRelaxer;
import org.eqprop.backend.nd4j.Nd4jCuda;
import org.eqprop.backend.nd4j.Nd4jRelaxer;
import org.eqprop.base.InputException;
import org.eqprop.data.InputCenter;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.network.Network;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which implementation relaxes. What is said about {@link #CUDA} concerns the GPU of the calling
 * thread's {@link CudaPlace}.
 */
public enum Backend {
  /** {@link #ND4J} on a GPU if it is there and can run; otherwise {@link #BLAS}. */
  AUTO,
  /** OpenBLAS called directly, and fused loops: CPU, float32. */
  BLAS,
  /** One kernel on an NVIDIA GPU: float32. */
  CUDA,
  /** ND4J operations alone: runs on whatever ND4J backend is on the class path, CPU or CUDA. */
  ND4J;

  private static final Logger LOG = LoggerFactory.getLogger(Backend.class);
  private static final AtomicBoolean FALLBACK_TOLD = new AtomicBoolean();

  /**
   * Returns what {@code AUTO} stands for here: {@code ND4J} where ND4J's CUDA backend is on the
   * class path and can run, and otherwise {@code BLAS}. If it is there and cannot run, a warning is
   * logged, once.
   */
  public Backend resolved() {
    if (this != AUTO) {
      return this;
    }
    if (!Nd4jCuda.isPresent()) {
      return BLAS;
    }
    String problem = Nd4jCuda.problem();
    if (problem != null && !FALLBACK_TOLD.getAndSet(true)) {
      LOG.warn("backend = auto: the CPU computes: {}", problem);
    }
    return problem == null ? ND4J : BLAS;
  }

  /** Returns why this backend cannot compute here, in one line; null if it can. */
  public @Nullable String problem() {
    String problem =
        switch (resolved()) {
          case CUDA -> cudaProblem();
          case ND4J -> Nd4jCuda.isPresent() ? Nd4jCuda.problem() : null;
          case AUTO, BLAS -> null;
        };
    return problem == null
        ? null
        : "backend = "
            + resolved().name().toLowerCase(Locale.ROOT)
            + ": "
            + problem
            + "; --backend blas computes on the CPU";
  }

  private static @Nullable String cudaProblem() {
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

  /**
   * Checks that this backend can compute here.
   *
   * @throws InputException if it cannot
   */
  public void check() {
    String problem = problem();
    if (problem != null) {
      throw new InputException(problem);
    }
  }

  /** Returns this backend if it can compute here, and otherwise {@link #BLAS}. */
  public Backend orBlas() {
    return problem() == null ? this : BLAS;
  }

  private static CudaDevice device() {
    return CudaDevice.of(CudaPlace.current().device());
  }

  private boolean isOnGpu() {
    return resolved() == CUDA || (resolved() == ND4J && Nd4jCuda.isPresent());
  }

  /**
   * Returns what computes, in words: the library and its kernels, or the GPU.
   *
   * @throws CudaException if it is a GPU and there is none
   */
  public String description() {
    String library =
        switch (resolved()) {
          case CUDA -> "";
          case ND4J -> isOnGpu() ? "ND4J on " : "ND4J with OpenBLAS on the CPU, ";
          case AUTO, BLAS -> "OpenBLAS on the CPU, ";
        };
    return library + (isOnGpu() ? device().description() : OpenBlas.load().description());
  }

  /**
   * Returns what decides how results are rounded: processes for which it is the same compute the
   * same bits.
   *
   * @throws CudaException if it is a GPU and there is none
   */
  public String kernels() {
    return isOnGpu()
        ? device().description() + " with NVRTC " + Cuda.compilerVersion()
        : OpenBlas.load().core();
  }

  /**
   * Creates a relaxer with zero parameters, whose first layer learns from x as it is.
   *
   * @param type {@link DataType#FLOAT} to train, {@link DataType#DOUBLE} to check; float64 is
   *     ND4J's alone
   * @throws InputException if the backend cannot compute here
   */
  public Relaxer relaxer(Network topology, Relaxation relaxation, DataType type) {
    return relaxer(topology, relaxation, type, InputCenter.NONE);
  }

  /**
   * Creates a relaxer with zero parameters.
   *
   * @param type {@link DataType#FLOAT} to train, {@link DataType#DOUBLE} to check; float64 is
   *     ND4J's alone
   * @param center m: the first layer learns from x − m; see {@link Relaxer#learn}
   * @throws InputException if the backend cannot compute here
   */
  public Relaxer relaxer(
      Network topology, Relaxation relaxation, DataType type, InputCenter center) {
    OpenBlas.load(); // before ND4J loads it, so that both run the same kernels
    Backend backend = type == DataType.FLOAT ? resolved() : ND4J;
    backend.check();
    Relaxer relaxer =
        switch (backend) {
          case BLAS -> new BlasRelaxer(topology, relaxation, center);
          case CUDA -> new CudaRelaxer(topology, relaxation, CudaPlace.current(), center);
          case AUTO, ND4J -> new Nd4jRelaxer(topology, relaxation, type, center);
        };
    OpenBlas.load().useOneThread();
    return relaxer;
  }
}
