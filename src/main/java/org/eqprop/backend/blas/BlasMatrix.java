package org.eqprop.backend.blas;

import java.nio.FloatBuffer;
import org.bytedeco.javacpp.FloatPointer;
import org.eqprop.data.Shape;

/**
 * A batch of rows [B × n], row-major, in two places: off the heap, where OpenBLAS reads and writes
 * it, and on the heap, where HotSpot vectorises loops over it. Copying between the two costs less
 * than a loop over off-heap memory, which HotSpot does not vectorise (ADR 5).
 *
 * <p>A layer with channels is stored in the order height × width × channels, so that a convolution
 * finds the channels of a place side by side. Outside this backend the order is channels × height ×
 * width.
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

  /** The memory of {@link #pointer}; copying to and from it needs no native call. */
  private final FloatBuffer memory;

  private final Shape shape;
  private float[] before = {};
  private boolean heapIsNewer;

  /** Creates a batch for a layer of a shape, all zero. */
  BlasMatrix(int rows, Shape shape) {
    this.rows = rows;
    this.columns = shape.size();
    this.shape = shape;
    this.heap = new float[Math.multiplyExact(rows, columns)];
    this.pointer = new FloatPointer(heap.length);
    this.memory = pointer.asBuffer();
    push();
  }

  /** Copies the values from the heap to the memory that OpenBLAS uses. */
  public void push() {
    memory.put(0, heap);
    heapIsNewer = false;
  }

  /** Copies OpenBLAS's results to the heap, unless the values on the heap are newer. */
  public void pull() {
    if (!heapIsNewer) {
      memory.get(0, heap);
    }
  }

  /** Marks the values on the heap as newer than those off the heap. */
  void changedOnHeap() {
    heapIsNewer = true;
  }

  /** Makes the values in both places equal: copies the newer ones. */
  void settle() {
    if (heapIsNewer) {
      push();
    } else {
      pull();
    }
  }

  /** Prepares the values for a read by OpenBLAS. */
  void beforeRead() {
    if (heapIsNewer) {
      push();
    }
  }

  /**
   * Prepares the values for a write by OpenBLAS.
   *
   * @param add whether it adds to the values
   */
  void beforeWrite(boolean add) {
    if (add) {
      beforeRead();
    }
    heapIsNewer = false;
  }

  /**
   * Returns the values in the order channels × height × width: live if they are stored in this
   * order, otherwise a copy.
   */
  float[] byChannel() {
    return shape.isSpatial() ? reordered(heap, shape.area(), shape.channels()) : heap;
  }

  /**
   * Sets the values, on the heap and in the memory that OpenBLAS uses.
   *
   * @param values in the order channels × height × width; not modified
   */
  void setByChannel(float[] values) {
    float[] ordered =
        shape.isSpatial() ? reordered(values, shape.channels(), shape.area()) : values;
    if (ordered != heap) {
      System.arraycopy(ordered, 0, heap, 0, heap.length);
    }
    push();
  }

  /**
   * Adds to the values on the heap, and copies the sums to the memory that OpenBLAS uses.
   *
   * @param values in the order channels × height × width; not modified
   */
  void addByChannel(float[] values) {
    float[] ordered =
        shape.isSpatial() ? reordered(values, shape.channels(), shape.area()) : values;
    FusedLoops.add(heap, ordered, 0, heap.length);
    push();
  }

  /** Returns the values with each row, a [from × to] matrix, transposed. */
  private float[] reordered(float[] values, int from, int to) {
    float[] ordered = new float[values.length];
    for (int at = 0; at < values.length; at += columns) {
      FusedLoops.transpose(values, at, from, to, ordered, at);
    }
    return ordered;
  }

  /** Copies a row on the heap to another batch of the same layer. */
  void copyRow(int row, BlasMatrix into, int target) {
    System.arraycopy(heap, row * columns, into.heap, target * columns, columns);
  }

  /** Returns a copy of the current values on the heap, valid until the next call. */
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
