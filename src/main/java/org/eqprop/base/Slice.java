package org.eqprop.base;

import java.io.Serializable;

/**
 * A contiguous run of examples {@code [from, to)} of a file.
 *
 * @param from first example, ≥ 0
 * @param to the index after the last example, ≥ from
 */
public record Slice(int from, int to) implements Serializable {

  /**
   * @throws IllegalArgumentException if the bounds are out of order
   */
  public Slice {
    if (from < 0 || to < from) {
      throw new IllegalArgumentException("slice from " + from + " to " + to);
    }
  }

  /** Returns the number of examples. */
  public int size() {
    return to - from;
  }

  /**
   * Returns part {@code part} of {@code parts}. The parts' sizes differ by at most one, and
   * together, in order, they make up this slice.
   *
   * @param part 0 … parts−1
   * @param parts ≥ 1
   */
  public Slice part(int part, int parts) {
    return new Slice(from + bound(part, parts), from + bound(part + 1, parts));
  }

  private int bound(int part, int parts) {
    return (int) ((long) size() * part / parts);
  }
}
