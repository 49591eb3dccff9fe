package org.eqprop.backend.blas;

/**
 * The element-wise operations of a relaxation, each in one pass over {@code float[]}. The loops
 * have the form that HotSpot compiles to vector instructions (no calls, one index, arrays of equal
 * length).
 */
final class FusedLoops {
  private FusedLoops() {}

  /**
   * s ← clip(keep·s + drive + u) to [low, high].
   *
   * @param s modified
   */
  static void step(float[] s, float keep, float[] drive, float[] u, float low, float high) {
    for (int i = 0; i < s.length; i++) {
      s[i] = Math.max(low, Math.min(high, keep * s[i] + drive[i] + u[i]));
    }
  }

  /**
   * s ← clip(drive + u) to [low, high].
   *
   * @param s modified
   */
  static void minimise(float[] s, float[] drive, float[] u, float low, float high) {
    for (int i = 0; i < s.length; i++) {
      s[i] = Math.max(low, Math.min(high, drive[i] + u[i]));
    }
  }

  /**
   * target ← factor·a.
   *
   * @param target modified
   */
  static void scale(float[] target, float factor, float[] a) {
    for (int i = 0; i < target.length; i++) {
      target[i] = factor * a[i];
    }
  }

  /**
   * target ← target + factor·a.
   *
   * @param target modified
   */
  static void add(float[] target, float factor, float[] a) {
    for (int i = 0; i < target.length; i++) {
      target[i] += factor * a[i];
    }
  }

  /**
   * target ← target + a, from one index to another.
   *
   * @param target modified
   */
  static void add(float[] target, float[] a, int from, int to) {
    for (int i = from; i < to; i++) {
      target[i] += a[i];
    }
  }

  /**
   * Adds values to {@code target}, starting at an index.
   *
   * @param target modified
   */
  static void addAt(float[] target, int at, float[] values, int count) {
    for (int i = 0; i < count; i++) {
      target[at + i] += values[i];
    }
  }

  /**
   * target ← target + Σ f·row over all rows given.
   *
   * @param target modified
   * @param count how many
   * @param factors f
   * @param which the indices of the rows
   * @param rows each as long as {@code target}; not modified
   */
  static void addRows(float[] target, int count, float[] factors, int[] which, float[][] rows) {
    int i = 0;
    for (; i + 4 <= count; i += 4) {
      addFour(
          target,
          rows[which[i]],
          rows[which[i + 1]],
          rows[which[i + 2]],
          rows[which[i + 3]],
          factors[i],
          factors[i + 1],
          factors[i + 2],
          factors[i + 3]);
    }
    for (; i < count; i++) {
      add(target, factors[i], rows[which[i]]);
    }
  }

  private static void addFour(
      float[] target,
      float[] a,
      float[] b,
      float[] c,
      float[] d,
      float fa,
      float fb,
      float fc,
      float fd) {
    for (int i = 0; i < target.length; i++) {
      target[i] += fa * a[i] + fb * b[i] + fc * c[i] + fd * d[i];
    }
  }

  /**
   * target ← a − b.
   *
   * @param target modified
   */
  static void subtract(float[] target, float[] a, float[] b) {
    for (int i = 0; i < target.length; i++) {
      target[i] = a[i] - b[i];
    }
  }

  /**
   * target ← diag(w)·rows.
   *
   * @param target [B × n], may be {@code rows}; modified
   * @param w [B]
   */
  static void scaleRows(float[] target, float[] w, float[] rows) {
    int n = rows.length / w.length;
    for (int b = 0; b < w.length; b++) {
      for (int i = b * n; i < (b + 1) * n; i++) {
        target[i] = w[b] * rows[i];
      }
    }
  }

  /**
   * Adds factor times each row of {@code rows} [B × n] to {@code sum} [n].
   *
   * @param sum modified
   */
  static void addRows(float[] sum, float factor, float[] rows) {
    int n = sum.length;
    for (int at = 0; at < rows.length; at += n) {
      for (int j = 0; j < n; j++) {
        sum[j] += factor * rows[at + j];
      }
    }
  }

  /**
   * Adds factor·w_b times each row b of {@code rows} [B × n] to {@code sum} [n].
   *
   * @param sum modified
   * @param w [B]
   */
  static void addRows(float[] sum, float factor, float[] w, float[] rows) {
    int n = sum.length;
    for (int b = 0; b < w.length; b++) {
      float weight = factor * w[b];
      int at = b * n;
      for (int j = 0; j < n; j++) {
        sum[j] += weight * rows[at + j];
      }
    }
  }

  /**
   * Transposes a block.
   *
   * @param from [rows × columns], row-major, from {@code at} on
   * @param to [columns × rows], row-major, from {@code start} on; modified
   */
  static void transpose(float[] from, int at, int rows, int columns, float[] to, int start) {
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        to[start + j * rows + i] = from[at + i * columns + j];
      }
    }
  }

  /**
   * Raises the moves to each row's largest |a − b|.
   *
   * @param a [rows × n]; not modified
   * @param b [rows × n]; not modified
   * @param moves [rows]; modified
   */
  static void raiseToDifferences(float[] a, float[] b, double[] moves) {
    int columns = a.length / moves.length;
    for (int row = 0; row < moves.length; row++) {
      float largest = 0;
      for (int i = row * columns; i < (row + 1) * columns; i++) {
        largest = Math.max(largest, Math.abs(a[i] - b[i]));
      }
      moves[row] = Math.max(moves[row], largest);
    }
  }
}
