package org.eqprop.data;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Locale;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.eqprop.base.InputException;
import org.eqprop.storage.Storage;

/**
 * One IDX file of unsigned bytes, raw or gzipped: a big-endian header (two zero bytes, the type
 * 0x08, the number of dimensions, each dimension as a 32-bit integer) and then the items,
 * row-major. The format is LeCun's, from the MNIST page. Labels have one dimension, images three (n
 * × height × width) or four (n × channels × height × width).
 */
final class IdxFile {
  private static final int UNSIGNED_BYTE = 0x08;
  private static final int MAX_ARRAY = Integer.MAX_VALUE - 8;

  /** Deflate expands one byte to at most 1032 bytes. */
  private static final long MAX_DEFLATION = 1032;

  private final Storage storage;
  private final String location;
  private final boolean images;

  /**
   * @param storage resolves the location
   * @param location a local path, {@code classpath:} name or Hadoop URI
   * @param images whether the file must hold images; otherwise labels
   */
  IdxFile(Storage storage, String location, boolean images) {
    this.storage = storage;
    this.location = location;
    this.images = images;
  }

  /** Returns the dimensions, first the number of items. */
  int[] shape() {
    try (DataInputStream in = decompressed()) {
      return header(in);
    } catch (IOException e) {
      throw unreadable(e);
    }
  }

  /**
   * Reads items {@code [from, to)}. A read up to the last item also checks that the file ends
   * there, and so the CRC of a gzip file.
   *
   * @return the items' bytes, row-major
   * @throws InputException if the file is missing, not an IDX file of this kind, truncated, corrupt
   *     or too long
   */
  byte[] read(int from, int to) {
    try (DataInputStream in = decompressed()) {
      int[] shape = header(in);
      long itemSize = itemSize(shape);
      byte[] items = new byte[requireArray(to - from, itemSize, "use more replicas")];
      skip(in, from * itemSize);
      in.readFully(items);
      if (to == shape[0] && in.read() >= 0) {
        throw new InputException(
            location
                + ": longer than its header says: expected "
                + describe(shape)
                + " bytes and then the end");
      }
      return items;
    } catch (IOException e) {
      throw unreadable(e);
    }
  }

  /**
   * Reads single items in one pass through the file and keeps nothing in between.
   *
   * @param indices which items to read, in any order, each below the number of items
   * @return the items' bytes in the order of {@code indices}
   * @throws InputException as {@link #read}
   */
  byte[] pick(int[] indices) {
    try (DataInputStream in = decompressed()) {
      long size = itemSize(header(in));
      byte[] items = new byte[requireArray(indices.length, size, "choose fewer")];
      int itemSize = items.length / Math.max(1, indices.length);
      int[] ascending = ascending(indices);
      long next = 0;
      int before = -1;
      for (int i : ascending) {
        if (indices[i] < next) { // requested twice
          System.arraycopy(items, before * itemSize, items, i * itemSize, itemSize);
        } else {
          skip(in, (indices[i] - next) * itemSize);
          in.readFully(items, i * itemSize, itemSize);
          next = indices[i] + 1L;
        }
        before = i;
      }
      return items;
    } catch (IOException e) {
      throw unreadable(e);
    }
  }

  /**
   * Returns the positions 0 … n−1 in ascending order of their indices, so that one pass through a
   * file finds all.
   */
  static int[] ascending(int[] indices) {
    return IntStream.range(0, indices.length)
        .boxed()
        .sorted(Comparator.comparingInt(i -> indices[i]))
        .mapToInt(i -> i)
        .toArray();
  }

  /** Checks the size; each factor is below 2^31, so their product does not overflow. */
  private int requireArray(int items, long itemSize, String remedy) {
    if (itemSize > MAX_ARRAY || items * itemSize > MAX_ARRAY) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "%s: %,d items of %,d bytes at once: expected at most 2 GiB; %s",
              location,
              items,
              itemSize,
              remedy));
    }
    return (int) (items * itemSize);
  }

  private static void skip(InputStream in, long bytes) throws IOException {
    long left = bytes;
    while (left > 0) {
      long skipped = in.skip(left);
      if (skipped <= 0) {
        if (in.read() < 0) {
          throw new EOFException();
        }
        skipped = 1;
      }
      left -= skipped;
    }
  }

  private DataInputStream decompressed() throws IOException {
    InputStream in = new BufferedInputStream(storage.open(location), 1 << 16);
    try {
      in.mark(2);
      boolean gzip = in.read() == 0x1f && in.read() == 0x8b;
      in.reset();
      return new DataInputStream(
          gzip ? new BufferedInputStream(new GZIPInputStream(in, 1 << 16), 1 << 16) : in);
    } catch (IOException e) {
      in.close();
      throw e;
    }
  }

  private int[] header(DataInputStream in) throws IOException {
    int magic = in.readInt();
    int dimensions = magic - (UNSIGNED_BYTE << 8);
    if (images ? dimensions != 3 && dimensions != 4 : dimensions != 1) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "%s: wrong magic number 0x%08x: expected %s",
              location,
              magic,
              images
                  ? "0x00000803, an IDX file of images, or 0x00000804, one of images with channels;"
                      + " --data reads CSV, Parquet and pictures, data.format = cifar-10 CIFAR's files"
                  : "0x00000801, an IDX file of labels"));
    }
    int[] shape = new int[dimensions];
    for (int d = 0; d < dimensions; d++) {
      shape[d] = in.readInt();
      if (shape[d] < 1) {
        throw new InputException(
            location + ": dimension " + (d + 1) + " is " + shape[d] + ": expected at least 1");
      }
    }
    if (itemSize(shape) > MAX_ARRAY) {
      throw new InputException(
          location + ": " + describe(shape) + " bytes: expected items of at most 2 GiB");
    }
    requireHeld(shape);
    return shape;
  }

  /**
   * Checks that the file is long enough for its header. Otherwise a damaged header would make us
   * allocate memory for more items than so short a file can hold.
   */
  private void requireHeld(int[] shape) throws EOFException {
    long size = storage.size(location);
    if (size >= 0 && (double) shape[0] * itemSize(shape) > (double) MAX_DEFLATION * size) {
      throw new EOFException();
    }
  }

  /**
   * Returns the number of bytes per item; at most 2^62, far more than can be read, even if the true
   * product overflows.
   */
  private static long itemSize(int[] shape) {
    return Arrays.stream(shape)
        .skip(1)
        .asLongStream()
        .reduce(1, (a, b) -> a > Integer.MAX_VALUE ? Math.max(a, b) : a * b);
  }

  private static String describe(int[] shape) {
    return String.join(" × ", Arrays.stream(shape).mapToObj(Integer::toString).toList());
  }

  private InputException unreadable(IOException e) {
    if (e instanceof EOFException) {
      return new InputException(
          location
              + ": truncated: it ends before the last item that its header promises; get the file"
              + " again",
          e);
    }
    if (e instanceof ZipException) {
      return new InputException(
          location + ": corrupt gzip data (" + InputException.reason(e) + ")", e);
    }
    return new InputException(location + ": cannot be read: " + InputException.reason(e), e);
  }
}
