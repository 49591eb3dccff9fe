package org.eqprop.model;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32;
import org.eqprop.data.InputException;
import org.eqprop.data.InvalidValueException;
import org.eqprop.data.Storage;
import org.jspecify.annotations.Nullable;

/**
 * A trained network as a safetensors file: an 8-byte little-endian header length, a JSON header,
 * then the tensors W_1, b_1, W_2, b_2, … as little-endian float32, row-major. Python's {@code
 * safetensors} opens it as it is. A checkpoint has the outer optimizer's velocity behind them, as
 * velocity.W_1 and so on. What is not a tensor stands in {@code __metadata__}: the format version,
 * the topology, the configuration, a CRC-32 of the tensors.
 */
public final class ModelFile {
  /** Version of what this class writes, and the only one that it reads. */
  public static final String VERSION = "1";

  /** Metadata key of the configuration, one line of JSON. */
  public static final String CONFIGURATION = "configuration";

  /** Metadata key of the number of epochs that the model was trained for. */
  public static final String EPOCH = "epoch";

  private static final String METADATA = "__metadata__";

  /** Metadata key of the format version. */
  public static final String VERSION_KEY = "eqprop-spark.model";

  private static final String TOPOLOGY_KEY = "topology";
  private static final String CRC_KEY = "crc32";
  private static final String VELOCITY = "velocity.";
  private static final int MAX_HEADER = 100_000_000;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Topology topology;
  private final float[] parameters;
  private final float[] velocity;
  private final Map<String, String> metadata;

  /**
   * A model.
   *
   * @param topology the layer sizes
   * @param parameters flat as in {@link Parameters#of}; not copied
   * @param metadata free pairs, such as {@link #CONFIGURATION}
   */
  public ModelFile(Topology topology, float[] parameters, Map<String, String> metadata) {
    this(topology, parameters, new float[0], metadata);
  }

  /**
   * A checkpoint.
   *
   * @param topology the layer sizes
   * @param parameters flat as in {@link Parameters#of}; not copied
   * @param velocity of the outer optimizer, flat as the parameters; may be empty; not copied
   * @param metadata free pairs, such as {@link #CONFIGURATION}
   */
  public ModelFile(
      Topology topology, float[] parameters, float[] velocity, Map<String, String> metadata) {
    int count = topology.parameterCount();
    if (parameters.length != count || (velocity.length != 0 && velocity.length != count)) {
      throw new IllegalArgumentException(
          parameters.length + " parameters, " + velocity.length + " velocities for " + topology);
    }
    this.topology = topology;
    this.parameters = parameters;
    this.velocity = velocity;
    this.metadata = Map.copyOf(metadata);
  }

  /** Returns the layer sizes. */
  public Topology topology() {
    return topology;
  }

  /** Returns the weights and biases, flat as in {@link Parameters#of}; not to be modified. */
  public float[] parameters() {
    return parameters;
  }

  /** Returns the outer optimizer's velocity, flat; empty in a model; not to be modified. */
  public float[] velocity() {
    return velocity;
  }

  /** Returns the pairs that came with the model. */
  public Map<String, String> metadata() {
    return metadata;
  }

  /**
   * Writes the file atomically.
   *
   * @throws IOException if it cannot be written; what was there is then as it was
   */
  public void write(Storage storage, String location) throws IOException {
    byte[] first = bytes(parameters);
    byte[] second = bytes(velocity);
    byte[] header = header(crc(first, second));
    ByteBuffer length =
        ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(header.length);
    storage.writeAtomically(
        location,
        (OutputStream out) -> {
          out.write(length.array());
          out.write(header);
          out.write(first);
          out.write(second);
        });
  }

  private static byte[] bytes(float[] values) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return bytes.array();
  }

  private static float[] floats(byte[] bytes) {
    float[] values = new float[bytes.length / 4];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
    return values;
  }

  private byte[] header(String crc) throws JsonProcessingException {
    Map<String, Object> header = new LinkedHashMap<>();
    Map<String, String> pairs = new TreeMap<>(metadata);
    pairs.put(VERSION_KEY, VERSION);
    pairs.put(TOPOLOGY_KEY, topology.toString());
    pairs.put(CRC_KEY, crc);
    header.put(METADATA, pairs);
    long at = 0;
    for (Map.Entry<String, List<Integer>> tensor :
        tensors(topology, velocity.length > 0).entrySet()) {
      header.put(tensor.getKey(), entry(tensor.getValue(), at));
      at += 4 * count(tensor.getValue());
    }
    byte[] json = JSON.writeValueAsBytes(header);
    // The format wants the tensors aligned: pad with spaces, which JSON ignores.
    byte[] padded = java.util.Arrays.copyOf(json, (json.length + 7) / 8 * 8);
    java.util.Arrays.fill(padded, json.length, padded.length, (byte) ' ');
    return padded;
  }

  private static Map<String, List<Integer>> tensors(Topology topology, boolean velocity) {
    Map<String, List<Integer>> tensors = new LinkedHashMap<>();
    for (String prefix : velocity ? List.of("", VELOCITY) : List.of("")) {
      for (int k = 1; k <= topology.depth(); k++) {
        tensors.put(prefix + "W_" + k, List.of(topology.size(k - 1), topology.size(k)));
        tensors.put(prefix + "b_" + k, List.of(topology.size(k)));
      }
    }
    return tensors;
  }

  /** In a fixed order: the same model is the same bytes. */
  private static Map<String, Object> entry(List<Integer> shape, long at) {
    Map<String, Object> entry = new LinkedHashMap<>();
    entry.put("dtype", "F32");
    entry.put("shape", shape);
    entry.put("data_offsets", List.of(at, at + 4 * count(shape)));
    return entry;
  }

  private static long count(List<Integer> shape) {
    return shape.stream().mapToLong(Integer::longValue).reduce(1, (a, b) -> a * b);
  }

  /**
   * Reads a model.
   *
   * @throws InputException if the file is missing, damaged, of another version, or no model of this
   *     program
   */
  public static ModelFile read(Storage storage, String location) {
    try (InputStream in = storage.open(location)) {
      return read(in, location);
    } catch (EOFException e) {
      throw damaged(location, "it is truncated", e);
    } catch (IOException e) {
      throw new InputException(location + ": cannot be read: " + InputException.reason(e), e);
    }
  }

  private static ModelFile read(InputStream in, String location) throws IOException {
    ObjectNode header = readHeader(in, location);
    Topology topology = readTopology(header, location);
    byte[] first = exactly(in, 4 * topology.parameterCount());
    byte[] second = exactly(in, hasVelocity(header) ? first.length : 0);
    if (in.read() >= 0) {
      throw damaged(location, "it goes on behind its last tensor", null);
    }
    Map<String, String> metadata = new TreeMap<>();
    header
        .get(METADATA)
        .fields()
        .forEachRemaining(e -> metadata.put(e.getKey(), e.getValue().asText()));
    String crc = metadata.remove(CRC_KEY);
    if (crc != null && !crc.equals(crc(first, second))) {
      throw damaged(location, "the checksum of its weights does not match", null);
    }
    return new ModelFile(topology, floats(first), floats(second), metadata);
  }

  private static boolean hasVelocity(ObjectNode header) {
    return header.has(VELOCITY + "W_1");
  }

  private static ObjectNode readHeader(InputStream in, String location) throws IOException {
    long length = ByteBuffer.wrap(exactly(in, 8)).order(ByteOrder.LITTLE_ENDIAN).getLong();
    if (length < 2 || length > MAX_HEADER) {
      throw damaged(location, "no safetensors header", null);
    }
    byte[] json = exactly(in, (int) length);
    try {
      JsonNode header = JSON.readTree(new String(json, StandardCharsets.UTF_8));
      if (header instanceof ObjectNode object && object.path(METADATA).isObject()) {
        return object;
      }
      throw damaged(location, "no metadata in its header", null);
    } catch (JsonProcessingException e) {
      throw damaged(location, "its header is no JSON", e);
    }
  }

  private static Topology readTopology(ObjectNode header, String location) throws IOException {
    String version = header.get(METADATA).path(VERSION_KEY).asText("none");
    if (!version.equals(VERSION)) {
      throw new InputException(
          location
              + ": model format version "
              + version
              + ": expected version "
              + VERSION
              + ", as this program writes");
    }
    String sizes = header.get(METADATA).path(TOPOLOGY_KEY).asText();
    try {
      Topology topology =
          new Topology(java.util.Arrays.stream(sizes.split("-")).map(Integer::valueOf).toList());
      long at = 0;
      for (Map.Entry<String, List<Integer>> tensor :
          tensors(topology, hasVelocity(header)).entrySet()) {
        JsonNode expected = JSON.readTree(JSON.writeValueAsString(entry(tensor.getValue(), at)));
        if (!expected.equals(header.path(tensor.getKey()))) {
          throw damaged(
              location,
              "tensor " + tensor.getKey() + " is not as a network " + topology + " has it",
              null);
        }
        at += 4 * count(tensor.getValue());
      }
      return topology;
    } catch (NumberFormatException | InvalidValueException | ArithmeticException e) {
      throw damaged(location, "its topology is '" + sizes + "'", e);
    }
  }

  private static byte[] exactly(InputStream in, int count) throws IOException {
    byte[] bytes = in.readNBytes(count);
    if (bytes.length < count) {
      throw new EOFException();
    }
    return bytes;
  }

  private static String crc(byte[] first, byte[] second) {
    CRC32 crc = new CRC32();
    crc.update(first);
    crc.update(second);
    return String.format("%08x", crc.getValue());
  }

  private static InputException damaged(String location, String what, @Nullable Throwable cause) {
    return new InputException(
        location + ": not a model of this program, or damaged: " + what, cause);
  }
}
