package org.eqprop.model;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32;
import org.eqprop.base.InputException;
import org.eqprop.base.Json;
import org.eqprop.storage.Storage;
import org.jspecify.annotations.Nullable;

/**
 * A safetensors file of float32 tensors, read strictly: everything that the format does not allow
 * is refused, such as duplicate keys, text instead of a number, tensors that overlap or leave
 * holes, a shape that does not match the offsets, and anything before the first brace of the header
 * or after the last tensor. No memory is allocated for data that the header declares but the file
 * does not contain.
 */
final class Safetensors implements AutoCloseable {
  /** Key of the header's metadata, pairs of texts. */
  static final String METADATA = "__metadata__";

  static final String TYPE = "dtype";
  static final String SHAPE = "shape";
  static final String OFFSETS = "data_offsets";
  static final String FLOAT = "F32";

  /** A header is read in one piece; hundreds of layers take 50 kB, the curves of a grid 2 MB. */
  private static final int MAX_HEADER = 1 << 24;

  /** The header is an object of objects that contain lists. */
  private static final int MAX_DEPTH = 3;

  private final String location;
  private final InputStream in;
  private final byte[] prefix;
  private final byte[] header;
  private final Map<String, String> metadata;
  private final Map<String, List<Integer>> shapes;

  private Safetensors(String location, InputStream in) throws IOException {
    this.location = location;
    this.in = in;
    prefix = exactly(8);
    header = readHeader();
    JsonNode root = parse();
    metadata = metadata(root);
    shapes = shapes(root);
  }

  /**
   * Opens a file and reads its header.
   *
   * @throws InputException if the file is missing or its header is not valid
   */
  static Safetensors open(Storage storage, String location) {
    InputStream in = storage.open(location);
    try {
      return new Safetensors(location, in);
    } catch (IOException e) {
      close(in);
      throw unreadable(location, e);
    } catch (RuntimeException e) {
      close(in);
      throw e;
    }
  }

  private static void close(InputStream in) {
    try {
      in.close();
    } catch (IOException e) {
      // Ignored: whatever was read is checked before it is used.
    }
  }

  private byte[] readHeader() throws IOException {
    long length = ByteBuffer.wrap(prefix).order(ByteOrder.LITTLE_ENDIAN).getLong();
    if (length < 2 || length > MAX_HEADER) {
      throw new InputException(
          location
              + ": neither a safetensors file nor a zip: expected a model file of this"
              + " program or of DL4J");
    }
    byte[] bytes = exactly((int) length);
    if (bytes[0] != '{') {
      throw damaged("its header does not start with a brace", null);
    }
    return bytes;
  }

  private JsonNode parse() {
    try {
      return Json.parse(header, MAX_DEPTH);
    } catch (IllegalArgumentException e) {
      throw damaged("its header is " + e.getMessage(), e);
    }
  }

  private Map<String, String> metadata(JsonNode root) {
    JsonNode pairs = root.path(METADATA);
    Map<String, String> texts = new TreeMap<>();
    if (pairs.isMissingNode()) {
      return texts;
    }
    if (!pairs.isObject()) {
      throw damaged(METADATA + " is not an object", null);
    }
    for (Map.Entry<String, JsonNode> pair : pairs.properties()) {
      if (!pair.getValue().isTextual()) {
        throw damaged(METADATA + ": '" + pair.getKey() + "' is not a text", null);
      }
      texts.put(pair.getKey(), pair.getValue().textValue());
    }
    return texts;
  }

  /** Returns the tensors' shapes in the order of their data. */
  private Map<String, List<Integer>> shapes(JsonNode root) {
    Map<String, long[]> offsets = new HashMap<>();
    for (Map.Entry<String, JsonNode> tensor : root.properties()) {
      if (!tensor.getKey().equals(METADATA)) {
        offsets.put(tensor.getKey(), offsets(tensor.getKey(), tensor.getValue()));
      }
    }
    List<String> names = new ArrayList<>(offsets.keySet());
    names.sort(
        Comparator.comparingLong((String name) -> at(offsets, name)[0])
            .thenComparing(name -> at(offsets, name)[1])
            .thenComparing(name -> name));
    Map<String, List<Integer>> ordered = new LinkedHashMap<>();
    long end = 0;
    for (String name : names) {
      if (at(offsets, name)[0] != end) {
        throw damaged(
            name
                + " starts at byte "
                + at(offsets, name)[0]
                + " of the data: expected "
                + end
                + ", without overlaps or holes",
            null);
      }
      end = at(offsets, name)[1];
      ordered.put(name, shape(name, root.path(name).path(SHAPE), end - at(offsets, name)[0]));
    }
    return ordered;
  }

  private static long[] at(Map<String, long[]> offsets, String name) {
    return java.util.Objects.requireNonNull(offsets.get(name));
  }

  private long[] offsets(String name, JsonNode entry) {
    if (!entry.isObject() || entry.size() != 3 || !entry.has(SHAPE)) {
      throw damaged(name + " is not a tensor with dtype, shape and data_offsets", null);
    }
    if (!entry.path(TYPE).isTextual() || !entry.path(TYPE).textValue().equals(FLOAT)) {
      throw damaged(
          name + " has the dtype " + entry.path(TYPE) + ": expected F32, since models are float32",
          null);
    }
    JsonNode offsets = entry.path(OFFSETS);
    if (!offsets.isArray()
        || offsets.size() != 2
        || !isCount(offsets.get(0))
        || !isCount(offsets.get(1))
        || offsets.get(0).longValue() > offsets.get(1).longValue()) {
      throw damaged(name + " has the data_offsets " + offsets + ": expected [from, to]", null);
    }
    return new long[] {offsets.get(0).longValue(), offsets.get(1).longValue()};
  }

  private static boolean isCount(JsonNode node) {
    return node.isIntegralNumber() && node.canConvertToLong() && node.longValue() >= 0;
  }

  private List<Integer> shape(String name, JsonNode shape, long bytes) {
    List<Integer> sizes = new ArrayList<>();
    long count = 1;
    for (JsonNode size : shape) {
      if (!isCount(size) || !size.canConvertToInt()) {
        throw damaged(name + " has the shape " + shape + ": expected whole numbers", null);
      }
      sizes.add(size.intValue());
      count = Math.min(count * size.intValue(), Integer.MAX_VALUE); // no overflow
    }
    if (!shape.isArray() || bytes != Float.BYTES * count || bytes > Integer.MAX_VALUE - 8) {
      throw damaged(name + ": " + bytes + " bytes do not match F32 " + shape, null);
    }
    return List.copyOf(sizes);
  }

  /** Returns the pairs of {@code __metadata__}; none if it is missing. */
  Map<String, String> metadata() {
    return Collections.unmodifiableMap(metadata);
  }

  /** Returns the shape of each tensor, in the order of their data. */
  Map<String, List<Integer>> shapes() {
    return Collections.unmodifiableMap(shapes);
  }

  /**
   * Reads all tensors, to the end of the file.
   *
   * @param crc updated with the data
   * @return the values of each tensor, row-major
   * @throws InputException if the file is too short or too long
   */
  Map<String, float[]> read(CRC32 crc) {
    try {
      Map<String, float[]> values = new HashMap<>();
      for (Map.Entry<String, List<Integer>> tensor : shapes.entrySet()) {
        byte[] bytes = exactly(Float.BYTES * tensor.getValue().stream().reduce(1, (a, b) -> a * b));
        crc.update(bytes);
        float[] floats = new float[bytes.length / Float.BYTES];
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(floats);
        values.put(tensor.getKey(), floats);
      }
      if (in.read() >= 0) {
        throw damaged("trailing bytes after the last tensor", null);
      }
      return values;
    } catch (IOException e) {
      throw unreadable(location, e);
    }
  }

  /**
   * Adds the header to a checksum, with one of its texts replaced.
   *
   * @param crc updated with the header's length and its bytes
   * @param key a key of the metadata
   * @param other replaces the key's text; has as many bytes
   * @return whether the header contains the pair exactly once, written as {@code "KEY":"TEXT"}
   */
  boolean addHeader(CRC32 crc, String key, String other) {
    String text = new String(header, StandardCharsets.UTF_8);
    String pair = pair(key, metadata.getOrDefault(key, ""));
    int at = text.indexOf(pair);
    crc.update(prefix);
    crc.update(text.replace(pair, pair(key, other)).getBytes(StandardCharsets.UTF_8));
    return at >= 0 && text.indexOf(pair, at + 1) < 0;
  }

  /** Returns a pair of texts as written in a header; neither may need escaping. */
  static String pair(String key, String text) {
    return '"' + key + "\":\"" + text + '"';
  }

  private byte[] exactly(int count) throws IOException {
    byte[] bytes = in.readNBytes(count); // allocates memory only as data arrives
    if (bytes.length < count) {
      throw new EOFException();
    }
    return bytes;
  }

  private static InputException unreadable(String location, IOException e) {
    return e instanceof EOFException
        ? damaged(location, "it is truncated", e)
        : new InputException(location + ": cannot be read: " + InputException.reason(e), e);
  }

  private InputException damaged(String what, @Nullable Throwable cause) {
    return damaged(location, what, cause);
  }

  private static InputException damaged(String location, String what, @Nullable Throwable cause) {
    return new InputException(location + ": not a valid safetensors file: " + what, cause);
  }

  @Override
  public void close() {
    close(in);
  }
}
