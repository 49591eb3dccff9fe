package org.eqprop.backend.blas;

import static org.bytedeco.openblas.global.openblas_nolapack.CblasColMajor;
import static org.bytedeco.openblas.global.openblas_nolapack.CblasNoTrans;
import static org.bytedeco.openblas.global.openblas_nolapack.CblasTrans;
import static org.bytedeco.openblas.global.openblas_nolapack.cblas_sgemm;

import org.bytedeco.javacpp.FloatPointer;

/**
 * C ← α·op(A)·op(B) + βC on fixed memory, column-major, in one or more calls of {@code sgemm}.
 *
 * <p>OpenBLAS's AVX-512 kernels have a fast path for small products (M·N·K ≤ 10⁶) that reads A and
 * B in place. The usual path first copies both into its own order, which for a batch of 20 costs as
 * much as the product. So where these kernels run, a product is cut along one dimension into parts
 * that are small enough; ADR 5 has the measurements. The parts and their order depend only on the
 * shape.
 */
final class BlasProduct {
  /** The largest M·N·K on the fast path. */
  private static final long SMALL = 1_000_000;

  /** The largest M·N on the fast path if A is transposed. */
  private static final int SMALL_TRANSPOSED = 1200;

  /** Parts shorter than this along the cut are slower than the usual path. */
  private static final int SHORTEST = 24;

  private final int transA;
  private final int transB;
  private final int m;
  private final int n;
  private final int k;
  private final int lda;
  private final int ldb;
  private final int ldc;
  private final Cut cut;
  private final int length;
  private final FloatPointer[] as;
  private final FloatPointer[] bs;
  private final FloatPointer[] cs;
  private final FloatPointer a;
  private final FloatPointer b;
  private final FloatPointer c;
  private final FloatPointer movingA;
  private final FloatPointer movingB;
  private final FloatPointer movingC;
  private final long originA;
  private final long originB;
  private final long originC;

  private enum Cut {
    M,
    N,
    K
  }

  private BlasProduct(
      int transA,
      int transB,
      int[] shape,
      FloatPointer a,
      FloatPointer b,
      FloatPointer c,
      Cut cut,
      int length) {
    this.transA = transA;
    this.transB = transB;
    this.m = shape[0];
    this.n = shape[1];
    this.k = shape[2];
    this.lda = transA == CblasNoTrans ? m : k;
    this.ldb = transB == CblasNoTrans ? k : n;
    this.ldc = m;
    this.cut = cut;
    this.length = length;
    this.a = a;
    this.b = b;
    this.c = c;
    movingA = offset(a, 0);
    movingB = offset(b, 0);
    movingC = offset(c, 0);
    originA = a.position();
    originB = b.position();
    originC = c.position();
    int parts = (extent() + length - 1) / length;
    as = new FloatPointer[parts];
    bs = new FloatPointer[parts];
    cs = new FloatPointer[parts];
    for (int part = 0; part < parts; part++) {
      long at = (long) part * length;
      as[part] = offset(a, offsetA(at));
      bs[part] = offset(b, offsetB(at));
      cs[part] = offset(c, offsetC(at));
    }
  }

  /** Returns whether A, B and C are exactly these objects. */
  @SuppressWarnings("ReferenceEquality") // called in every step, always with the same objects
  boolean isOn(FloatPointer a, FloatPointer b, FloatPointer c) {
    return this.a == a && this.b == b && this.c == c;
  }

  /** Returns the offset in A of the part that starts at {@code at} along the cut. */
  private long offsetA(long at) {
    return switch (cut) {
      case M -> transA == CblasNoTrans ? at : at * lda;
      case K -> transA == CblasNoTrans ? at * lda : at;
      case N -> 0;
    };
  }

  private long offsetB(long at) {
    return switch (cut) {
      case M -> 0;
      case K -> transB == CblasNoTrans ? at : at * ldb;
      case N -> transB == CblasNoTrans ? at * ldb : at;
    };
  }

  private long offsetC(long at) {
    return switch (cut) {
      case M -> at;
      case K -> 0;
      case N -> at * ldc;
    };
  }

  private static FloatPointer offset(FloatPointer from, long elements) {
    return new FloatPointer(from).position(from.position() + elements);
  }

  private int extent() {
    return switch (cut) {
      case M -> m;
      case N -> n;
      case K -> k;
    };
  }

  /**
   * Returns the product C [m × n] ← A [m × k] · B [k × n].
   *
   * @param small whether the kernels have the fast path
   */
  static BlasProduct plain(
      boolean small, int m, int n, int k, FloatPointer a, FloatPointer b, FloatPointer c) {
    int length = small ? part(k, SMALL / ((long) m * n)) : k;
    return new BlasProduct(CblasNoTrans, CblasNoTrans, new int[] {m, n, k}, a, b, c, Cut.K, length);
  }

  /** Returns the product C [m × n] ← Aᵀ · B, with A [k × m] and B [k × n]. */
  static BlasProduct transposedLeft(
      boolean small, int m, int n, int k, FloatPointer a, FloatPointer b, FloatPointer c) {
    long most = Math.min(SMALL / ((long) n * k), SMALL_TRANSPOSED / n);
    // The kernels process 16 rows at a time.
    int length = small ? Math.min(m, (part(m, most / 16 * 16) + 15) / 16 * 16) : m;
    return new BlasProduct(CblasTrans, CblasNoTrans, new int[] {m, n, k}, a, b, c, Cut.M, length);
  }

  /** Returns the product C [m × n] ← A · Bᵀ, with A [m × k] and B [n × k]. */
  static BlasProduct transposedRight(
      boolean small, int m, int n, int k, FloatPointer a, FloatPointer b, FloatPointer c) {
    int length = small ? part(n, SMALL / ((long) m * k)) : n;
    return new BlasProduct(CblasNoTrans, CblasTrans, new int[] {m, n, k}, a, b, c, Cut.N, length);
  }

  /**
   * Returns the maximum length of runs of inputs for {@link #accumulate}; 0 if runs would be too
   * short to gain anything.
   *
   * @param units n_1
   * @param batch B
   */
  static int longestRun(int units, int batch) {
    long most = SMALL / ((long) units * batch);
    return most < SHORTEST ? 0 : (int) Math.min(most, Integer.MAX_VALUE);
  }

  /**
   * Returns a length of at most {@code most} that cuts the whole into about equal parts; the whole
   * length if no cut is needed or parts would be too short.
   */
  private static int part(int whole, long most) {
    if (most >= whole || most < SHORTEST) {
      return whole;
    }
    int parts = (int) ((whole + most - 1) / most);
    return (whole + parts - 1) / parts;
  }

  /**
   * Computes the product.
   *
   * @param alpha α
   * @param beta β; 0 overwrites C
   */
  void run(float alpha, float beta) {
    for (int part = 0; part < as.length; part++) {
      int here = Math.min(length, extent() - part * length);
      float before = cut == Cut.K && part > 0 ? 1 : beta;
      multiply(here, alpha, as[part], bs[part], before, cs[part]);
    }
  }

  /**
   * Computes C ← α·op(A)·op(B) + C, only for the given runs along the cut.
   *
   * @param runs within the cut dimension
   */
  void accumulate(float alpha, InputRuns runs) {
    for (int run = 0; run < runs.count(); run++) {
      long at = runs.from(run);
      multiply(
          runs.length(run),
          alpha,
          movingA.position(originA + offsetA(at)),
          movingB.position(originB + offsetB(at)),
          1,
          movingC.position(originC + offsetC(at)));
    }
  }

  private void multiply(
      int here, float alpha, FloatPointer a, FloatPointer b, float beta, FloatPointer c) {
    cblas_sgemm(
        CblasColMajor,
        transA,
        transB,
        cut == Cut.M ? here : m,
        cut == Cut.N ? here : n,
        cut == Cut.K ? here : k,
        alpha,
        a,
        lda,
        b,
        ldb,
        beta,
        c,
        ldc);
  }
}
