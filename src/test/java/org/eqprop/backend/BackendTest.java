package org.eqprop.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.eqprop.backend.blas.OpenBlas;
import org.eqprop.backend.cuda.Cuda;
import org.eqprop.backend.cuda.CudaPlace;
import org.eqprop.backend.nd4j.Nd4jCuda;
import org.eqprop.base.InputException;
import org.eqprop.dynamics.NudgedStart;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.dynamics.Schedule;
import org.eqprop.network.Network;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;

class BackendTest {
  private static final Relaxation RELAXATION =
      new Relaxation(Schedule.EVEN_ODD, 0.5, 1, 1, 0, NudgedStart.FREE);

  @Test
  void autoIsBlasWithoutNd4jsCuda() {
    assertThat(Backend.AUTO.resolved()).isEqualTo(Backend.BLAS);
    assertThat(Backend.AUTO.problem()).isNull();
    assertThat(Backend.AUTO.orBlas()).isEqualTo(Backend.AUTO);
  }

  @Test
  void cpuBackendsDescribeTheCpu() {
    String kernels = OpenBlas.load().description();
    assertThat(Backend.BLAS.description()).isEqualTo("OpenBLAS on the CPU, " + kernels);
    assertThat(Backend.ND4J.description()).isEqualTo("ND4J with OpenBLAS on the CPU, " + kernels);
    assertThat(Backend.BLAS.kernels()).isEqualTo(OpenBlas.load().core());
    assertThat(Backend.ND4J.problem()).isNull();
  }

  /** No machine has a GPU of this number. */
  @Test
  void refusesAMissingGpuInOneLine() {
    CudaPlace before = CudaPlace.current();
    new CudaPlace(1000, 1).choose();
    try {
      String problem =
          Cuda.problem() == null ? "there is no GPU 1000: expected 0 to" : Cuda.problem();
      assertThat(Backend.CUDA.problem())
          .startsWith("backend = cuda: " + problem)
          .endsWith("; --backend blas computes on the CPU")
          .doesNotContain("\n");
      assertThat(Backend.CUDA.orBlas()).isEqualTo(Backend.BLAS);
      assertThatThrownBy(() -> Backend.CUDA.relaxer(Network.of(3, 2), RELAXATION, DataType.FLOAT))
          .isInstanceOf(InputException.class)
          .hasMessage(Backend.CUDA.problem());
    } finally {
      before.choose();
    }
  }

  @Test
  void nd4jHasKernelsForSomeGpus() {
    assertThat(Nd4jCuda.isPresent()).isFalse();
    assertThat(Nd4jCuda.unsupported("NVIDIA V100", "7.0")).isNull();
    assertThat(Nd4jCuda.unsupported("NVIDIA A10", "8.6")).isNull();
    assertThat(Nd4jCuda.unsupported("NVIDIA H200", "9.0"))
        .isEqualTo(
            "ND4J has no kernels for NVIDIA H200 (compute capability 9.0): expected 3.7 to 8.6, such as V100 to A100");
    assertThat(Nd4jCuda.unsupported("NVIDIA GeForce 920M", "3.5"))
        .startsWith("ND4J has no kernels");
    assertThat(Nd4jCuda.unsupported("NVIDIA later", "12.0")).startsWith("ND4J has no kernels");
  }
}
