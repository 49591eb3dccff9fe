package org.eqprop.backend.blas;

import java.nio.FloatBuffer;
import org.bytedeco.javacpp.FloatPointer;
import org.eqprop.data.Shape;

/**
 * A batch of rows [B × n], row-major, in two places: off the heap, where OpenBLAS reads and writes
 * it, and on the heap, where HotSpot vectorises loops over it. Copying between the two costs less
 * than a loop over off-heap memory, which HotSpot does not vectorise (ADR 5).
 *
 * <p>A layer of channels is kept in the order height × width × channels, in which a convolution
 * finds the channels of a place side by side; elsewhere it is channels × height × width.
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

  /** What {@link #pointer} points to: copied to and from without a call of native code. */
  private final FloatBuffer memory;

  private final Shape shape;
  private float[] before = {};
  private boolean heapIsNewer;

  /** Creates a batch of layers of a shape, all zero. */
  BlasMatrix(int rows, Shape shape) {
    this.rows = rows;
    this.columns = shape.size();
    this.shape = shape;
    this.heap = new float[Math.multiplyExact(rows, columns)];
    this.pointer = new FloatPointer(heap.length);
    this.memory = pointer.asBuffer();
    push();
  }

  /** Copies from the heap to where OpenBLAS sees it. */
  public void push() {
    memory.put(0, heap);
    heapIsNewer = false;
  }

  /** Copies what OpenBLAS has left to the heap, unless the heap is newer. */
  public void pull() {
    if (!heapIsNewer) {
      memory.get(0, heap);
    }
  }

  /** Says that the values on the heap are new, and those off the heap old. */
  void changedOnHeap() {
    heapIsNewer = true;
  }

  /** Makes both places the same. */
  void settle() {
    if (heapIsNewer) {
      push();
    } else {
      pull();
    }
  }

  /** Makes ready for OpenBLAS to read. */
  void beforeRead() {
    if (heapIsNewer) {
      push();
    }
  }

  /**
   * Makes ready for OpenBLAS to write.
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
   * Returns the values in the order channels × height × width: live where that is the order here,
   * and otherwise a copy.
   */
  float[] byChannel() {
    return shape.isSpatial() ? reordered(heap, shape.area(), shape.channels()) : heap;
  }

  /**
   * Sets the values, and copies them to where OpenBLAS sees them.
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
   * Adds to the values on the heap, and copies the sums to where OpenBLAS sees them.
   *
   * @param values in the order channels × height × width; not modified
   */
  void addByChannel(float[] values) {
    float[] ordered =
        shape.isSpatial() ? reordered(values, shape.channels(), shape.area()) : values;
    FusedLoops.add(heap, ordered, 0, heap.length);
    push();
  }

  /** Returns every row with its [from × to] transposed. */
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
