package org.eqprop.backend.blas;

import org.bytedeco.javacpp.FloatPointer;

/**
 * A batch of rows [B × n], row-major, in two places: off the heap, where OpenBLAS reads and writes
 * it, and on the heap, where HotSpot vectorises loops over it. Copying between the two costs less
 * than a loop over off-heap memory, which HotSpot does not vectorise (ADR 5).
 */
public final class BlasMatrix {
  /** B. */
  public final int rows;

  /** n. */
  public final int columns;

  /** The values on the heap. */
  public final float[] heap;

  /** The values off the heap. */
  public final FloatPointer pointer;

  private float[] before = {};

  BlasMatrix(int rows, int columns) {
    this.rows = rows;
    this.columns = columns;
    this.heap = new float[Math.multiplyExact(rows, columns)];
    this.pointer = new FloatPointer(heap.length);
    push();
  }

  /** Copies from the heap to where OpenBLAS sees it. */
  public void push() {
    pointer.put(heap, 0, heap.length);
  }

  /** Copies what OpenBLAS has left to the heap. */
  public void pull() {
    pointer.get(heap, 0, heap.length);
  }

  /** Returns what is on the heap now: a copy, until the next call. */
  float[] rememberHeap() {
    if (before.length == 0) {
      before = new float[heap.length];
    }
    System.arraycopy(heap, 0, before, 0, heap.length);
    return before;
  }

  void close() {
    pointer.deallocate();
  }
}
