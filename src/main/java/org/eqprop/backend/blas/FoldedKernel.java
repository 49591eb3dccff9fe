package org.eqprop.backend.blas;

import java.util.Arrays;
import org.bytedeco.javacpp.FloatPointer;
import org.eqprop.network.Convolution;
import org.eqprop.network.Pooling;

/**
 * A convolution's W with its average pooling folded in: the mean of a pool × pool square of W ⋆ s
 * is exactly one convolution with a larger kernel,
 *
 * <pre>
 *   K[o, y, x, i] = Σ_{p,q &lt; pool} W[o, i, y − p·stride, x − q·stride] / pool²      stride·pool in place of stride
 * </pre>
 *
 * <p>Without average pooling, K is W in another order. Either way, K has one row per channel o
 * above, in the order of a window of states: places row by row, with the channels of a place side
 * by side.
 */
final class FoldedKernel {
  private final Convolution link;
  private final int below;
  private final int fold;
  private final int side;
  private final float[][] rows;

  /** W in its order in memory. */
  private final float[] flat;

  /** W by place, and K by place: [out · in] each, so that loops over them are long. */
  private final float[][] weights;

  private final float[][] places;
  private final float[] columns;
  private final FloatPointer pointer;

  FoldedKernel(Convolution link) {
    this.link = link;
    this.below = link.input().channels();
    this.fold = link.pooling() == Pooling.AVERAGE ? link.pool() : 1;
    this.side = fold == 1 ? link.kernel() : link.folded().kernel();
    int pairs = Math.multiplyExact(link.channels(), below);
    this.rows = new float[link.channels()][size()];
    this.weights = new float[link.kernel() * link.kernel()][pairs];
    this.flat = new float[Math.multiplyExact(weights.length, pairs)];
    this.places = new float[side * side][pairs];
    this.columns = new float[Math.multiplyExact(side * side, pairs)];
    this.pointer = new FloatPointer((long) columns.length);
  }

  /** Returns the height and width of K. */
  int side() {
    return side;
  }

  /** Returns the distance between windows. */
  int stride() {
    return link.stride() * fold;
  }

  /** Returns the length of a row: side · side · channels below. */
  int size() {
    return side * side * below;
  }

  /** Returns K, one row per channel above; live. */
  float[][] rows() {
    return rows;
  }

  /** Returns K off the heap, column-major [channels × size]. */
  FloatPointer pointer() {
    return pointer;
  }

  /**
   * Folds W.
   *
   * @param weight W, row-major; not modified
   */
  void load(FloatPointer weight) {
    weight.get(flat, 0, flat.length);
    for (int pair = 0, at = 0; at < flat.length; pair++) {
      for (float[] place : weights) {
        place[pair] = flat[at++];
      }
    }
    for (float[] place : places) {
      Arrays.fill(place, 0);
    }
    float share = 1f / (fold * fold);
    for (int w = 0; w < weights.length; w++) {
      for (int p = 0; p < fold * fold; p++) {
        FusedLoops.add(places[place(w, p)], share, weights[w]);
      }
    }
    for (int o = 0; o < rows.length; o++) {
      for (int place = 0; place < places.length; place++) {
        System.arraycopy(places[place], o * below, rows[o], place * below, below);
      }
    }
    for (int place = 0; place < places.length; place++) {
      FusedLoops.transpose(
          places[place], 0, rows.length, below, columns, place * below * rows.length);
    }
    pointer.put(columns, 0, columns.length);
  }

  /** Returns the place in K at which weight w counts for place p of a pooled square. */
  private int place(int w, int p) {
    int y = w / link.kernel() + p / fold * link.stride();
    int x = w % link.kernel() + p % fold * link.stride();
    return y * side + x;
  }

  /**
   * Adds the adjoint of the folding: c times the gradient for W that follows from a gradient for K.
   *
   * @param gradient in the layout of {@link #rows}; not modified
   * @param target W, row-major; modified
   */
  void addGradient(float[][] gradient, double c, FloatPointer target) {
    for (int o = 0; o < rows.length; o++) {
      for (int place = 0; place < places.length; place++) {
        System.arraycopy(gradient[o], place * below, places[place], o * below, below);
      }
    }
    float factor = (float) (c / (fold * fold));
    for (int w = 0; w < weights.length; w++) {
      Arrays.fill(weights[w], 0);
      for (int p = 0; p < fold * fold; p++) {
        FusedLoops.add(weights[w], factor, places[place(w, p)]);
      }
    }
    target.get(flat, 0, flat.length);
    for (int pair = 0, at = 0; at < flat.length; pair++) {
      for (float[] place : weights) {
        flat[at++] += place[pair];
      }
    }
    target.put(flat, 0, flat.length);
  }

  void close() {
    pointer.deallocate();
  }
}
