package org.eqprop.backend.blas;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.nd4j.linalg.factory.Nd4j;

class OpenBlasTest {
  private static final String AVX512 = "avx512f avx512dq avx512ifma avx512cd avx512bw avx512vl";

  @Test
  void reportsItsKernelsAndOneThread() {
    OpenBlas blas = OpenBlas.load();
    var unused = Nd4j.zeros(1); // initialises ND4J, which sets a number of threads
    blas.useOneThread();
    assertThat(blas.core()).isNotBlank().isNotEqualTo("unknown");
    assertThat(blas.threads()).hasValue(1);
    assertThat(blas.description()).isEqualTo(blas.core() + " kernels, 1 thread per task");
    String asked = System.getenv("OPENBLAS_CORETYPE");
    if (asked != null) {
      assertThat(blas.core()).isEqualToIgnoringCase(asked);
    }
  }

  @Test
  void choosesOtherKernelsThanOpenBlasOnlyOnAmdProcessors() {
    String amd = "processor : 0\nvendor_id : AuthenticAMD\nflags : fpu ";
    assertThat(OpenBlas.betterCore(amd + "fma avx2 " + AVX512)).hasValue("SKYLAKEX");
    assertThat(OpenBlas.betterCore(amd + "fma avx2 avx512f")).hasValue("HASWELL");
    assertThat(OpenBlas.betterCore(amd + "fma avx")).isEmpty();
    assertThat(OpenBlas.betterCore("vendor_id : GenuineIntel\nflags : fma avx2 " + AVX512))
        .isEmpty();
    assertThat(OpenBlas.betterCore("")).isEmpty();
  }
}
