package org.eqprop.backend.blas;

import org.bytedeco.javacpp.FloatPointer;

/**
 * A batch of rows [B × n], row-major, in two places: off the heap, where OpenBLAS reads and writes
 * it, and on the heap, where HotSpot vectorises loops over it. Copying between the two costs less
 * than a loop over off-heap memory, which HotSpot does not vectorise (ADR 5).
 */
final class BlasMatrix {
  final float[] heap;
  final FloatPointer pointer;

  BlasMatrix(int rows, int columns) {
    this.heap = new float[Math.multiplyExact(rows, columns)];
    this.pointer = new FloatPointer(heap.length);
    push();
  }

  /** Copies from the heap to where OpenBLAS sees it. */
  void push() {
    pointer.put(heap, 0, heap.length);
  }

  /** Copies what OpenBLAS has left to the heap. */
  void pull() {
    pointer.get(heap, 0, heap.length);
  }

  void close() {
    pointer.deallocate();
  }
}
