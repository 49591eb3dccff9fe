package org.eqprop.report;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Base64;
import java.util.function.IntBinaryOperator;
import javax.imageio.ImageIO;
import org.eqprop.model.ModelFile;
import org.eqprop.network.ParameterLayout;

/** Pictures made of pixels, as PNG files. */
final class Picture {
  /** Pixels and units that the notebook shows. */
  static final int SHOWN = 100;

  private static final int TILES_A_ROW = 10;
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
    } catch (IOException e) { // it is written to memory
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  /** Returns a picture as a URI that holds it. */
  static String uri(byte[] png) {
    return "data:image/png;base64," + Base64.getEncoder().encodeToString(png);
  }

  /**
   * Returns an example, white on black.
   *
   * @param pixels [rows · columns], unsigned bytes
   */
  static byte[] grey(byte[] pixels, int rows, int columns) {
    return png(
        columns,
        rows,
        (x, y) -> {
          int value = pixels[y * columns + x] & 0xff;
          return 0xff000000 | value << 16 | value << 8 | value;
        });
  }

  /** Blue above 0, red below, the more opaque the larger: 0 is whatever is behind. */
  private static int diverging(double value, double largest) {
    int alpha = (int) Math.round(255 * Math.min(1, Math.abs(value) / largest));
    return alpha << 24 | (value >= 0 ? 0x2868be : 0xc83e28);
  }

  /**
   * Returns the largest |W_1| but for the top half per cent, so that a few do not fade the rest.
   */
  static double scale(ModelFile model) {
    ParameterLayout.Tensor first = first(model);
    float[] weights = model.weights().values();
    int count = first.size();
    int stride = Math.max(1, count / SAMPLED);
    float[] sizes = new float[(count + stride - 1) / stride];
    for (int i = 0; i < sizes.length; i++) {
      sizes[i] = Math.abs(weights[first.from() + i * stride]);
    }
    java.util.Arrays.sort(sizes);
    return Math.max(1e-9, sizes[(int) (0.995 * (sizes.length - 1))]);
  }

  /** Returns where W_1 lies. */
  private static ParameterLayout.Tensor first(ModelFile model) {
    return model.weights().layout().weight(1);
  }

  /** Returns W_1[pixel, unit] of the first pixels (rows) and units (columns), as the notebook. */
  static byte[] corner(ModelFile model, double largest) {
    int pixels = Math.min(SHOWN, model.network().size(0));
    int units = Math.min(SHOWN, model.network().size(1));
    ParameterLayout.Tensor first = first(model);
    float[] weights = model.weights().values();
    return png(units, pixels, (x, y) -> diverging(weights[first.index(y, x)], largest));
  }

  /**
   * Returns for each of the first units its weights to the pixels, as a tile where the pixels are.
   *
   * @param rows of an image
   * @param columns of an image
   * @param largest |weight| of full colour
   */
  static byte[] tiles(ModelFile model, int rows, int columns, double largest) {
    int units = tileCount(model, rows, columns);
    int across = Math.min(TILES_A_ROW, units);
    int down = (units + across - 1) / across;
    ParameterLayout.Tensor first = first(model);
    float[] weights = model.weights().values();
    return png(
        across * (columns + 1) - 1,
        down * (rows + 1) - 1,
        (x, y) -> {
          int unit = y / (rows + 1) * across + x / (columns + 1);
          int row = y % (rows + 1);
          int column = x % (columns + 1);
          if (unit >= units || row == rows || column == columns) {
            return 0;
          }
          int pixel = row * columns + column;
          return diverging(weights[first.index(pixel, unit)], largest);
        });
  }

  /** Returns how many units {@link #tiles} shows: as many as a picture holds. */
  static int tileCount(ModelFile model, int rows, int columns) {
    int room = (int) (PIXELS / ((rows + 1L) * (columns + 1L)));
    return Math.min(room, Math.min(SHOWN, model.network().size(1)));
  }
}
