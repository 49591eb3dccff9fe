package org.eqprop.dynamics;

import org.eqprop.data.InputCenter;
import org.eqprop.model.OpenBlas;
import org.eqprop.model.Topology;
import org.nd4j.linalg.api.buffer.DataType;

/** Which implementation relaxes. */
public enum Backend {
  /** The fastest that this machine runs. */
  AUTO,
  /** OpenBLAS called directly, and fused loops: CPU, float32. */
  BLAS,
  /** One kernel on an NVIDIA GPU: float32. */
  CUDA,
  /** ND4J operations alone: runs on whatever ND4J backend is on the class path, CPU or CUDA. */
  ND4J;

  /**
   * Returns what {@code AUTO} stands for here: {@code ND4J} where ND4J's CUDA backend is on the
   * class path, and otherwise {@code BLAS}.
   */
  public Backend resolved() {
    if (this != AUTO) {
      return this;
    }
    return Backend.class.getResource("/org/nd4j/linalg/jcublas/JCublasBackend.class") == null
        ? BLAS
        : ND4J;
  }

  /**
   * Creates a relaxer with zero parameters, whose first layer learns from x as it is.
   *
   * @param type {@link DataType#FLOAT} to train, {@link DataType#DOUBLE} to check; float64 is
   *     ND4J's alone
   */
  public Relaxer relaxer(Topology topology, Relaxation relaxation, DataType type) {
    return relaxer(topology, relaxation, type, InputCenter.NONE);
  }

  /**
   * Creates a relaxer with zero parameters.
   *
   * @param type {@link DataType#FLOAT} to train, {@link DataType#DOUBLE} to check; float64 is
   *     ND4J's alone
   * @param center m: the first layer learns from x − m; see {@link Relaxer#learn}
   */
  public Relaxer relaxer(
      Topology topology, Relaxation relaxation, DataType type, InputCenter center) {
    OpenBlas.load(); // before ND4J loads it, so that both run the same kernels
    Backend backend = type == DataType.FLOAT ? resolved() : ND4J;
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
