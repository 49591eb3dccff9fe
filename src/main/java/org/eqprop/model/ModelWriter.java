package org.eqprop.model;

import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.eqprop.base.InputException;
import org.eqprop.base.Json;
import org.eqprop.learning.UpdaterState;
import org.eqprop.network.Weights;
import org.eqprop.storage.Storage;

/** Writes a {@link ModelFile}. */
final class ModelWriter {
  private final ModelFile model;

  /**
   * @param model not modified
   */
  ModelWriter(ModelFile model) {
    this.model = model;
  }

  /**
   * Writes the file atomically.
   *
   * @throws InputException if it cannot be written; an existing file is then unchanged
   */
  void write(Storage storage, String location) {
    List<byte[]> content = arrays().map(ModelWriter::bytes).toList();
    byte[] unsealed = header(ModelFile.NO_CRC);
    ByteBuffer length =
        ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(unsealed.length);
    CRC32 crc = new CRC32();
    crc.update(length.array());
    crc.update(unsealed);
    content.forEach(crc::update);
    byte[] header = header(ModelFile.hex(crc));
    storage.writeAtomically(
        location,
        (OutputStream out) -> {
          out.write(length.array());
          out.write(header);
          for (byte[] array : content) {
            out.write(array);
          }
        });
  }

  /** Returns all arrays in the order of the file. */
  private Stream<Weights> arrays() {
    return Stream.concat(
        Stream.concat(Stream.of(model.weights()), Stream.ofNullable(model.velocity())),
        model.updater().values().stream());
  }

  /** Returns the values in the file's format. */
  static byte[] bytes(Weights array) {
    float[] values = array.values();
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return bytes.array();
  }

  private byte[] header(String crc) {
    Map<String, Object> header = new LinkedHashMap<>();
    Map<String, String> pairs = new TreeMap<>(model.metadata());
    pairs.put(ModelFile.VERSION_KEY, ModelFile.VERSION);
    pairs.put(ModelFile.TOPOLOGY_KEY, NetworkNotation.of(model.network()));
    pairs.remove(ModelFile.FORMER_CRC_KEY);
    UpdaterState updater = model.updater();
    if (!updater.isZero()) {
      pairs.put(ModelFile.UPDATES_KEY, String.valueOf(updater.updates()));
    }
    pairs.put(ModelFile.CRC_KEY, crc);
    header.put(Safetensors.METADATA, pairs);
    long at = 0;
    for (Map.Entry<String, List<Integer>> tensor :
        ModelFile.tensors(model.network(), model.velocity() != null, updater.values().size())
            .entrySet()) {
      header.put(tensor.getKey(), entry(tensor.getValue(), at));
      at += 4 * count(tensor.getValue());
    }
    byte[] json = Json.text(header).getBytes(StandardCharsets.UTF_8);
    // The format requires aligned tensors: pad with spaces, which JSON ignores.
    byte[] padded = Arrays.copyOf(json, (json.length + 7) / 8 * 8);
    Arrays.fill(padded, json.length, padded.length, (byte) ' ');
    return padded;
  }

  /** Returns a tensor's entry in a fixed order: equal models have equal bytes. */
  private static Map<String, Object> entry(List<Integer> shape, long at) {
    Map<String, Object> entry = new LinkedHashMap<>();
    entry.put(Safetensors.TYPE, Safetensors.FLOAT);
    entry.put(Safetensors.SHAPE, shape);
    entry.put(Safetensors.OFFSETS, List.of(at, at + 4 * count(shape)));
    return entry;
  }

  private static long count(List<Integer> shape) {
    return shape.stream().mapToLong(Integer::longValue).reduce(1, (a, b) -> a * b);
  }
}
