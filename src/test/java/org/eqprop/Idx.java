package org.eqprop;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.eqprop.config.ConfigurationReader;
import org.eqprop.data.ByteExamples;
import org.eqprop.data.Examples;
import org.eqprop.data.FloatExamples;
import org.eqprop.data.Shape;

/** Writes small IDX files. */
public final class Idx {
  private Idx() {}

  public static byte[] images(int n, int rows, int columns, byte... pixels) {
    return idx(3, new int[] {n, rows, columns}, pixels);
  }

  /** Returns an IDX file of images with four dimensions. */
  public static byte[] images(int n, Shape shape, byte... pixels) {
    return idx(4, new int[] {n, shape.channels(), shape.height(), shape.width()}, pixels);
  }

  public static byte[] labels(byte... labels) {
    return idx(1, new int[] {labels.length}, labels);
  }

  /** Returns the class numbers of all images of a set, unsigned. */
  public static byte[] labelsOf(Examples set) {
    byte[] labels = new byte[set.size()];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = (byte) set.label(i);
    }
    return labels;
  }

  /** Returns the same examples as floats. */
  public static FloatExamples floats(Examples set) {
    int n = set.shape().size();
    float[] values = new float[set.size() * n];
    int[] labels = new int[set.size()];
    for (int i = 0; i < labels.length; i++) {
      set.copyTo(i, values, i * n);
      labels[i] = set.label(i);
    }
    return new FloatExamples(values, labels, set.shape());
  }

  private static byte[] idx(int dimensions, int[] shape, byte[] items) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeInt(0x800 | dimensions);
      for (int size : shape) {
        out.writeInt(size);
      }
      out.write(items);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  public static byte[] gzip(byte[] raw) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
      out.write(raw);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  public static String write(Path file, byte[] bytes) {
    try {
      return Files.write(file, bytes).toString();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns {@code n} random 4 × 4 images whose class 0 … 3 is the brightest quadrant. */
  public static ByteExamples quadrants(int n, long seed) {
    Random random = new Random(seed);
    byte[] pixels = new byte[16 * n];
    byte[] labels = new byte[n];
    for (int i = 0; i < n; i++) {
      int quadrant = random.nextInt(4);
      labels[i] = (byte) quadrant;
      for (int j = 0; j < 16; j++) {
        boolean inside = (j / 4 / 2) * 2 + (j % 4) / 2 == quadrant;
        pixels[16 * i + j] = (byte) (inside ? 128 + random.nextInt(128) : random.nextInt(80));
      }
    }
    return new ByteExamples(pixels, labels, Shape.image(4, 4));
  }

  /** Writes such images as images.idx and labels.idx. */
  public static void quadrants(Path folder, int n, long seed) {
    write(folder, quadrants(n, seed));
  }

  /** Writes images.idx and labels.idx. */
  public static void write(Path folder, ByteExamples set) {
    write(
        folder.resolve("images.idx"),
        images(set.size(), set.shape().height(), set.shape().width(), set.pixels()));
    write(folder.resolve("labels.idx"), labels(labelsOf(set)));
  }

  /**
   * Returns {@code n} random 16 × 16 images of ten classes: a grey random pattern of pixels, one
   * per class, on a bright background; one in eight pixels is wrong. The mean pixel is 0.8.
   */
  public static ByteExamples bright(int n, long seed) {
    int pixelsPerImage = 256;
    Random random = new Random(seed);
    boolean[] pattern = new boolean[10 * pixelsPerImage];
    for (int i = 0; i < pattern.length; i++) {
      pattern[i] = random.nextInt(4) == 0;
    }
    byte[] pixels = new byte[pixelsPerImage * n];
    byte[] labels = new byte[n];
    for (int i = 0; i < n; i++) {
      int label = random.nextInt(10);
      labels[i] = (byte) label;
      for (int j = 0; j < pixelsPerImage; j++) {
        boolean wrong = random.nextInt(8) == 0;
        boolean grey = wrong ? random.nextInt(4) == 0 : pattern[label * pixelsPerImage + j];
        pixels[pixelsPerImage * i + j] = (byte) (grey ? 60 : 255);
      }
    }
    return new ByteExamples(pixels, labels, Shape.image(16, 16));
  }

  /**
   * Returns a configuration of a small network on the files of {@link #quadrants(Path, int, long)}.
   */
  public static ConfigurationReader onQuadrants(Path folder) {
    return new ConfigurationReader()
        .set("topology=[16, 12, 4]")
        .set("data.train-images=" + folder + "/images.idx")
        .set("data.train-labels=" + folder + "/labels.idx")
        .set("data.test-images=" + folder + "/images.idx")
        .set("data.test-labels=" + folder + "/labels.idx");
  }
}
