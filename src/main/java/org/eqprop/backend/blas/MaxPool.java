package org.eqprop.backend.blas;

import java.util.Arrays;
import org.eqprop.network.Convolution;
import org.eqprop.network.Pooling;

/**
 * The maximum over pool × pool squares of a convolution's sums, and the place of each maximum:
 * [height × width × channels] below, [height/pool × width/pool × channels] above. Without max
 * pooling, the squares have side 1.
 */
final class MaxPool {
  private final int pool;
  private final int channels;
  private final int height;
  private final int width;
  private final int[] places;

  private MaxPool(int pool, int channels, int height, int width, int batch) {
    this.pool = pool;
    this.channels = channels;
    this.height = height;
    this.width = width;
    this.places = new int[pool == 1 ? 0 : batch * height * width * channels];
  }

  /** Returns the pooling of a convolution whose average pooling is folded into its kernel. */
  static MaxPool of(Convolution link, int batch) {
    int pool = link.pooling() == Pooling.MAX ? link.pool() : 1;
    return new MaxPool(pool, link.channels(), link.output().height(), link.output().width(), batch);
  }

  /** Returns the number of rows of sums that are compared. */
  int height() {
    return height * pool;
  }

  /** Returns the number of columns of sums that are compared. */
  int width() {
    return width * pool;
  }

  /**
   * Returns the number of sums per state above; when states are sent down, all but one of them get
   * zero.
   */
  int share() {
    return pool * pool;
  }

  /** Finds an example's largest sums; of equal sums, the first counts. */
  void find(int example, float[] sums, int at) {
    int to = example * height * width * channels;
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        for (int o = 0; o < channels; o++) {
          int best = place(y, x, 0) * channels + o;
          for (int p = 1; p < pool * pool; p++) {
            int other = place(y, x, p) * channels + o;
            best = sums[at + other] > sums[at + best] ? other : best;
          }
          places[to++] = best;
        }
      }
    }
  }

  private int place(int y, int x, int p) {
    return (y * pool + p / pool) * width() + x * pool + p % pool;
  }

  /** Copies the sums at the places of the largest, or adds them. */
  void pass(int example, float[] sums, int from, float[] into, int to, boolean add) {
    int units = height * width * channels;
    for (int j = 0; j < units; j++) {
      float largest = sums[from + places[example * units + j]];
      into[to + j] = add ? into[to + j] + largest : largest;
    }
  }

  /**
   * Copies an example's states above to the places of its largest sums; all other places get zero.
   */
  void spread(int example, float[] above, int from, float[] into) {
    int units = height * width * channels;
    if (pool == 1) {
      System.arraycopy(above, from, into, 0, units);
      return;
    }
    Arrays.fill(into, 0);
    for (int j = 0; j < units; j++) {
      into[places[example * units + j]] = above[from + j];
    }
  }
}
