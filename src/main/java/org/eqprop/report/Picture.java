package org.eqprop.report;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Base64;
import java.util.Comparator;
import java.util.function.IntBinaryOperator;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.eqprop.network.ParameterLayout;

/** Pictures made of pixels, as PNG files. */
final class Picture {
  private static final long PIXELS = 1_500_000;
  private static final int SAMPLED = 1_000_000;

  static {
    System.setProperty("java.awt.headless", "true");
  }

  private Picture() {}

  private static byte[] png(int width, int height, IntBinaryOperator argb) {
    BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_ARGB);
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        image.setRGB(x, y, argb.applyAsInt(x, y));
      }
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      ImageIO.setUseCache(false);
      ImageIO.write(image, "png", bytes);
    } catch (IOException e) { // cannot happen: it writes to memory
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  /** Returns a data URI that contains a picture. */
  static String uri(byte[] png) {
    return "data:image/png;base64," + Base64.getEncoder().encodeToString(png);
  }

  /**
   * Returns the picture of an example: white on black, or in colour.
   *
   * @param pixels [rows · columns], or [3 · rows · columns] in colour, unsigned bytes
   */
  static byte[] example(byte[] pixels, int rows, int columns) {
    int plane = pixels.length > rows * columns ? rows * columns : 0;
    return png(
        columns,
        rows,
        (x, y) -> {
          int at = y * columns + x;
          return opaque(pixels[at], pixels[at + plane], pixels[at + 2 * plane]);
        });
  }

  private static int opaque(int red, int green, int blue) {
    return 0xff000000 | (red & 0xff) << 16 | (green & 0xff) << 8 | (blue & 0xff);
  }

  /** Returns blue above 0 and red below, more opaque the larger |value|; 0 is transparent. */
  static int diverging(double value, double largest) {
    int alpha = (int) Math.round(255 * Math.min(1, Math.abs(value) / largest));
    return alpha << 24 | (value >= 0 ? 0x2868be : 0xc83e28);
  }

  /** Returns a colour that is grey at 0; red, green and blue are lighter above it, darker below. */
  static int colour(double red, double green, double blue, double largest) {
    return opaque(shade(red, largest), shade(green, largest), shade(blue, largest));
  }

  private static int shade(double value, double largest) {
    return (int) Math.round(127.5 + 127.5 * Math.max(-1, Math.min(1, value / largest)));
  }

  /** Chooses the colours of the pixels of tiles. */
  interface Tile {
    /**
     * @param tile from 0
     * @param row from 0, from the top
     * @param column from 0, from the left
     */
    int argb(int tile, int row, int column);
  }

  /**
   * Returns tiles in rows, left to right and then down, one pixel apart.
   *
   * @param count number of tiles, ≥ 1
   * @param across tiles per row
   * @param gap colour between tiles
   */
  static byte[] mosaic(int count, int across, int rows, int columns, int gap, Tile tile) {
    int down = (count + across - 1) / across;
    return png(
        across * (columns + 1) - 1,
        down * (rows + 1) - 1,
        (x, y) -> {
          int number = y / (rows + 1) * across + x / (columns + 1);
          int row = y % (rows + 1);
          int column = x % (columns + 1);
          if (number >= count) {
            return 0;
          }
          return row == rows || column == columns ? gap : tile.argb(number, row, column);
        });
  }

  /** Returns how many tiles fit into a picture. */
  static int room(int rows, int columns) {
    return (int) (PIXELS / ((rows + 1L) * (columns + 1L)));
  }

  /**
   * Returns the largest |w| below the top half per cent, so that a few do not fade the rest.
   *
   * @param weights not modified
   * @param tensor the tensor to look at
   */
  static double scale(float[] weights, ParameterLayout.Tensor tensor) {
    int count = tensor.size();
    int stride = Math.max(1, count / SAMPLED);
    float[] sizes = new float[(count + stride - 1) / stride];
    for (int i = 0; i < sizes.length; i++) {
      sizes[i] = Math.abs(weights[tensor.from() + i * stride]);
    }
    Arrays.sort(sizes);
    return Math.max(1e-9, sizes[(int) (0.995 * (sizes.length - 1))]);
  }

  /**
   * Returns a picture of a matrix W: the rows with the largest Σ_column W[row, column]², in their
   * order, and the first columns.
   *
   * @param most rows and columns at most
   */
  static byte[] part(float[] weights, ParameterLayout.Tensor matrix, int most, double largest) {
    int[] rows =
        IntStream.range(0, matrix.shape().get(0))
            .boxed()
            .sorted(Comparator.comparingDouble(row -> -sumOfSquares(weights, matrix, row)))
            .limit(most)
            .mapToInt(Integer::intValue)
            .sorted()
            .toArray();
    return png(
        Math.min(most, matrix.columns()),
        rows.length,
        (x, y) -> diverging(weights[matrix.index(rows[y], x)], largest));
  }

  private static double sumOfSquares(float[] weights, ParameterLayout.Tensor matrix, int row) {
    double sum = 0;
    for (int column = 0; column < matrix.columns(); column++) {
      double weight = weights[matrix.index(row, column)];
      sum += weight * weight;
    }
    return sum;
  }
}
