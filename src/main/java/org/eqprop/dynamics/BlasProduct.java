package org.eqprop.dynamics;

import static org.bytedeco.openblas.global.openblas_nolapack.CblasColMajor;
import static org.bytedeco.openblas.global.openblas_nolapack.CblasNoTrans;
import static org.bytedeco.openblas.global.openblas_nolapack.CblasTrans;
import static org.bytedeco.openblas.global.openblas_nolapack.cblas_sgemm;

import org.bytedeco.javacpp.FloatPointer;

/**
 * C ← α·op(A)·op(B) + βC on fixed memory, column-major, as one call of {@code sgemm} or several.
 *
 * <p>OpenBLAS's AVX-512 kernels have a second way for small products (M·N·K ≤ 10⁶) that reads A and
 * B where they are. The usual way first copies both into its own order, which for a batch of 20
 * costs as much as the product. So where these kernels run, a product is cut along one dimension
 * into parts that are small enough; ADR 5 has the measurements. The parts and their order depend on
 * the shape alone.
 */
final class BlasProduct {
  /** The largest M·N·K that the small way takes. */
  private static final long SMALL = 1_000_000;

  /** The largest M·N that the small way takes where A is transposed. */
  private static final int SMALL_TRANSPOSED = 1200;

  /** Parts shorter than this along the cut are slower than the usual way. */
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
    int parts = (extent() + length - 1) / length;
    as = new FloatPointer[parts];
    bs = new FloatPointer[parts];
    cs = new FloatPointer[parts];
    for (int part = 0; part < parts; part++) {
      long at = (long) part * length;
      as[part] =
          switch (cut) {
            case M -> offset(a, transA == CblasNoTrans ? at : at * lda);
            case K -> offset(a, transA == CblasNoTrans ? at * lda : at);
            case N -> a;
          };
      bs[part] =
          switch (cut) {
            case N -> offset(b, transB == CblasNoTrans ? at * ldb : at);
            case K -> offset(b, transB == CblasNoTrans ? at : at * ldb);
            case M -> b;
          };
      cs[part] =
          switch (cut) {
            case M -> offset(c, at);
            case N -> offset(c, at * ldc);
            case K -> c;
          };
    }
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
   * C [m × n] ← A [m × k] · B [k × n].
   *
   * @param small whether the kernels have the second way
   */
  static BlasProduct plain(
      boolean small, int m, int n, int k, FloatPointer a, FloatPointer b, FloatPointer c) {
    int length = small ? part(k, SMALL / ((long) m * n)) : k;
    return new BlasProduct(CblasNoTrans, CblasNoTrans, new int[] {m, n, k}, a, b, c, Cut.K, length);
  }

  /** C [m × n] ← Aᵀ · B, A [k × m], B [k × n]. */
  static BlasProduct transposedLeft(
      boolean small, int m, int n, int k, FloatPointer a, FloatPointer b, FloatPointer c) {
    long most = Math.min(SMALL / ((long) n * k), SMALL_TRANSPOSED / n);
    int length = small ? part(m, most / 16 * 16) : m;
    return new BlasProduct(CblasTrans, CblasNoTrans, new int[] {m, n, k}, a, b, c, Cut.M, length);
  }

  /** C [m × n] ← A · Bᵀ, A [m × k], B [n × k]. */
  static BlasProduct transposedRight(
      boolean small, int m, int n, int k, FloatPointer a, FloatPointer b, FloatPointer c) {
    int length = small ? part(n, SMALL / ((long) m * k)) : n;
    return new BlasProduct(CblasNoTrans, CblasTrans, new int[] {m, n, k}, a, b, c, Cut.N, length);
  }

  /** Returns parts of about equal length, none longer than {@code most}; the whole if too short. */
  private static int part(int whole, long most) {
    if (most >= whole || most < SHORTEST) {
      return whole;
    }
    int parts = (int) ((whole + most - 1) / most);
    return (whole + parts - 1) / parts;
  }

  /**
   * Computes.
   *
   * @param alpha α
   * @param beta β; 0 overwrites C
   */
  void run(float alpha, float beta) {
    for (int part = 0; part < as.length; part++) {
      int here = Math.min(length, extent() - part * length);
      cblas_sgemm(
          CblasColMajor,
          transA,
          transB,
          cut == Cut.M ? here : m,
          cut == Cut.N ? here : n,
          cut == Cut.K ? here : k,
          alpha,
          as[part],
          lda,
          bs[part],
          ldb,
          cut == Cut.K && part > 0 ? 1 : beta,
          cs[part],
          ldc);
    }
  }
}
