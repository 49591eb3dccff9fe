package org.eqprop.data;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.eqprop.base.InputException;
import org.eqprop.base.Slice;
import org.eqprop.storage.FileList;
import org.eqprop.storage.Storage;

/**
 * The binary version of CIFAR-10 or CIFAR-100: files of consecutive records, each with the labels
 * and then 3 × 32 × 32 pixels in the planes red, green, blue, row-major. There is no header: the
 * file size gives the number of records. Only requested records are read.
 *
 * @param files one or several files, in the syntax of {@link FileList}; records are numbered across
 *     all of them
 * @param kind which of the two data sets
 */
public record CifarSource(String files, Kind kind) implements ExampleSource {
  private static final long serialVersionUID = 1L;
  private static final Shape SHAPE = new Shape(3, 32, 32);
  private static final int PIXELS = 3 * 32 * 32;
  private static final int MAX_EXAMPLES = (Integer.MAX_VALUE - 8) / PIXELS;

  /** The two data sets. */
  public enum Kind {
    /** One label, 0 to 9. */
    CIFAR_10,
    /** A coarse label, 0 to 19, which is ignored, and a fine one, 0 to 99. */
    CIFAR_100;

    /** Returns the number of classes of each label of a record. */
    private List<Integer> classes() {
      return this == CIFAR_10 ? List.of(10) : List.of(20, 100);
    }

    /** Returns the size of a record in bytes. */
    private int record() {
      return classes().size() + PIXELS;
    }

    @Override
    public String toString() {
      return this == CIFAR_10 ? "CIFAR-10" : "CIFAR-100";
    }
  }

  /** The records of a file, numbered from {@code from} within the source. */
  private record Part(String location, int from, int to) {}

  @Override
  public String name() {
    return files;
  }

  /**
   * Adds up the sizes of the files without reading them.
   *
   * @throws InputException if there are no files, or a file does not hold a whole number of records
   */
  @Override
  public Header header(Storage storage) {
    List<Part> parts = parts(storage);
    int classes = kind == Kind.CIFAR_10 ? 10 : 100;
    return new Header(parts.get(parts.size() - 1).to(), SHAPE, OptionalInt.of(classes));
  }

  private List<Part> parts(Storage storage) {
    List<Part> parts = new ArrayList<>();
    long records = 0;
    for (String location : FileList.of(files).files(storage)) {
      long more = size(storage, location) / kind.record();
      if (records + more > Integer.MAX_VALUE) {
        throw new InputException(files + ": expected less than 2^31 examples");
      }
      parts.add(new Part(location, (int) records, (int) (records + more)));
      records += more;
    }
    if (parts.isEmpty()) {
      throw new InputException(
          "no file given: expected data.train-images and data.test-images to name the binary"
              + " version of "
              + kind);
    }
    return parts;
  }

  private long size(Storage storage, String location) {
    long size = storage.size(location);
    if (size < 0) {
      try (InputStream in = storage.open(location)) { // throws if the file does not exist
        size = in.read() < 0 ? 0 : size;
      } catch (IOException e) {
        throw unreadable(location, e);
      }
    }
    if (size <= 0 || size % kind.record() != 0) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "%s: %s: expected a multiple of %,d (%s and 3 × 32 × 32 pixels), as in unpacked files"
                  + " of the binary version of %s",
              location,
              size < 0 ? "of unknown size" : String.format(Locale.ROOT, "%,d bytes", size),
              kind.record(),
              kind == Kind.CIFAR_10 ? "a label" : "two labels",
              kind));
    }
    return size;
  }

  @Override
  public ByteExamples read(Storage storage, Slice slice) {
    return pick(storage, IntStream.range(slice.from(), slice.to()).toArray());
  }

  /** Reads single examples in one pass through each file that contains any of them. */
  @Override
  public ByteExamples pick(Storage storage, int[] indices) {
    if (indices.length > MAX_EXAMPLES) {
      throw new InputException(
          String.format(
              Locale.ROOT,
              "%s: %,d examples at once: expected at most 2 GiB; use more replicas",
              files,
              indices.length));
    }
    byte[] pixels = new byte[indices.length * PIXELS];
    byte[] labels = new byte[indices.length];
    int[] ascending = IdxFile.ascending(indices);
    int done = 0;
    for (Part part : parts(storage)) {
      int first = done;
      while (done < ascending.length && indices[ascending[done]] < part.to()) {
        done++;
      }
      int[] wanted = Arrays.copyOfRange(ascending, first, done);
      if (wanted.length > 0) {
        read(storage, part, indices, wanted, pixels, labels);
      }
    }
    return new ByteExamples(pixels, labels, SHAPE);
  }

  /**
   * @param wanted positions in {@code indices} whose indices lie in this part, in ascending order
   *     of the index
   */
  private void read(
      Storage storage, Part part, int[] indices, int[] wanted, byte[] pixels, byte[] labels) {
    int next = indices[wanted[0]];
    int before = -1;
    try (InputStream in =
        storage.open(part.location(), (next - part.from()) * (long) kind.record())) {
      for (int i : wanted) {
        if (indices[i] < next) { // requested twice
          System.arraycopy(pixels, before * PIXELS, pixels, i * PIXELS, PIXELS);
          labels[i] = labels[before];
        } else {
          in.skipNBytes((indices[i] - next) * (long) kind.record());
          labels[i] = label(in, part, indices[i]);
          if (in.readNBytes(pixels, i * PIXELS, PIXELS) < PIXELS) {
            throw new EOFException();
          }
          next = indices[i] + 1;
        }
        before = i;
      }
    } catch (IOException e) {
      throw unreadable(part.location(), e);
    }
  }

  /** Reads the labels of a record and returns the last. */
  private byte label(InputStream in, Part part, int index) throws IOException {
    int label = -1;
    for (int classes : kind.classes()) {
      label = in.read();
      if (label < 0) {
        throw new EOFException();
      }
      if (label >= classes) {
        throw new InputException(
            String.format(
                Locale.ROOT,
                "%s: label %d of record %,d: expected 0 to %d, as in the binary version of %s",
                part.location(),
                label,
                index - part.from(),
                classes - 1,
                kind));
      }
    }
    return (byte) label;
  }

  private static InputException unreadable(String location, IOException e) {
    return e instanceof EOFException
        ? new InputException(location + ": truncated: the file shrank while it was being read", e)
        : new InputException(location + ": cannot be read: " + InputException.reason(e), e);
  }
}
