package org.eqprop.dl4j;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.deeplearning4j.util.ModelSerializer;

/**
 * The zip of a network; its entries are found through the list at its end. Entries that neither
 * DL4J nor this program writes for a network make it invalid, since DL4J would deserialize Java
 * objects from some. Entries are decompressed only on request, and only as far as requested.
 */
final class Dl4jZip {
  /** This program's entry for everything that DL4J has no place for. */
  static final String METADATA = "eqprop-spark.json";

  private static final Set<String> KNOWN =
      new TreeSet<>(
          Set.of(
              ModelSerializer.CONFIGURATION_JSON,
              ModelSerializer.COEFFICIENTS_BIN,
              ModelSerializer.UPDATER_BIN,
              METADATA));

  private static final int END = 0x06054b50;
  private static final int END_LENGTH = 22;
  private static final int MAX_COMMENT = 0xffff;
  private static final int LISTED = 0x02014b50;
  private static final int LISTED_LENGTH = 46;

  private final byte[] bytes;

  /** Start of each entry in the file, by name. */
  private final Map<String, Integer> entries;

  /**
   * @param bytes the whole file; not copied
   * @throws IllegalArgumentException if it is truncated, its list of entries is damaged, or it has
   *     unexpected entries; the message is one line
   */
  Dl4jZip(byte[] bytes) {
    this.bytes = bytes;
    try {
      this.entries = list(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN));
    } catch (IndexOutOfBoundsException e) {
      throw new IllegalArgumentException("its list of entries is damaged", e);
    }
  }

  private static Map<String, Integer> list(ByteBuffer zip) {
    int end = end(zip);
    int count = unsigned(zip, end + 10);
    int at = zip.getInt(end + 16);
    Map<String, Integer> entries = new LinkedHashMap<>();
    for (int i = 0; i < count; i++) {
      byte[] name = new byte[unsigned(zip, at + 28)];
      zip.get(at + LISTED_LENGTH, name);
      if (zip.getInt(at) != LISTED
          || entries.put(known(name), zip.getInt(at + 42)) != null) { // a duplicate name
        throw new IndexOutOfBoundsException(at);
      }
      at += LISTED_LENGTH + name.length + unsigned(zip, at + 30) + unsigned(zip, at + 32);
    }
    if (at != end) {
      throw new IndexOutOfBoundsException(at);
    }
    return entries;
  }

  /** Returns the position of the last record, which a comment may follow. */
  private static int end(ByteBuffer zip) {
    int last = zip.capacity() - END_LENGTH;
    for (int at = last; at >= Math.max(0, last - MAX_COMMENT); at--) {
      if (zip.getInt(at) == END && at + unsigned(zip, at + 20) == last) {
        return at;
      }
    }
    throw new IllegalArgumentException("it is truncated");
  }

  private static int unsigned(ByteBuffer zip, int at) {
    return zip.getShort(at) & 0xffff;
  }

  private static String known(byte[] name) {
    String text = new String(name, StandardCharsets.US_ASCII);
    if (text.equals(ModelSerializer.NORMALIZER_BIN)) {
      throw new IllegalArgumentException(
          "it has a normalizer: expected a network that takes intensities in [0, 1]");
    }
    if (!KNOWN.contains(text)) {
      throw new IllegalArgumentException(
          "it has the entry '"
              + text.replaceAll("[^ -~]", "?")
              + "': expected only "
              + String.join(", ", KNOWN));
    }
    return text;
  }

  /** Returns whether an entry exists. */
  boolean has(String name) {
    return entries.containsKey(name);
  }

  /** Reads the decompressed bytes of an entry. */
  @FunctionalInterface
  interface Reading<T> {
    T from(InputStream in) throws IOException;
  }

  /**
   * Reads an entry to its end.
   *
   * @throws IllegalArgumentException if it is missing, damaged, or longer than what is read; the
   *     message is one line
   */
  <T> T read(String name, Reading<T> reading) {
    Integer at = entries.get(name);
    if (at == null) {
      throw new IllegalArgumentException("it has no " + name);
    }
    if (at < 0 || at > bytes.length) {
      throw new IllegalArgumentException(name + " is damaged");
    }
    try (ZipInputStream in =
        new ZipInputStream(new ByteArrayInputStream(bytes, at, bytes.length - at))) {
      ZipEntry entry = in.getNextEntry();
      if (entry == null || !entry.getName().equals(name)) {
        throw new IllegalArgumentException(name + " is damaged");
      }
      T read = reading.from(in);
      if (in.read() >= 0) { // reading the end checks the checksum
        throw new IllegalArgumentException(name + " is longer than expected");
      }
      return read;
    } catch (IOException e) {
      throw new IllegalArgumentException(name + " is damaged", e);
    }
  }

  /**
   * Returns the bytes of an entry.
   *
   * @param limit largest allowed number of bytes
   * @throws IllegalArgumentException as {@link #read}
   */
  byte[] bytes(String name, int limit) {
    return read(name, in -> in.readNBytes(limit));
  }
}
