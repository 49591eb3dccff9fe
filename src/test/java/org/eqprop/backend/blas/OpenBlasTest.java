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
  void onlyAmdProcessorsNeedTheSettingForAvx512() {
    String amd = "processor : 0\nvendor_id : AuthenticAMD\nflags : fpu avx2 ";
    assertThat(OpenBlas.cpuNeedsToldOfAvx512(amd + AVX512)).isTrue();
    assertThat(OpenBlas.cpuNeedsToldOfAvx512(amd + "avx512f")).isFalse();
    assertThat(OpenBlas.cpuNeedsToldOfAvx512("vendor_id : GenuineIntel\nflags : " + AVX512))
        .isFalse();
    assertThat(OpenBlas.cpuNeedsToldOfAvx512("")).isFalse();
  }
}
