package org.eqprop.model;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.eqprop.data.InputException;
import org.eqprop.data.InvalidValueException;
import org.eqprop.data.Storage;
import org.jspecify.annotations.Nullable;

/**
 * The weights of a safetensors file that another program wrote: W_1 [n_0 × n_1], b_1 [n_1] or [1 ×
 * n_1], W_2, … in float32, in any order; whatever else it holds is passed over.
 */
public final class PlainTensors {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final String location;
  private final JsonNode header;
  private final ByteBuffer data;

  private PlainTensors(String location, JsonNode header, ByteBuffer data) {
    this.location = location;
    this.header = header;
    this.data = data;
  }

  /**
   * Reads a file's weights.
   *
   * @return a model without metadata; with them if it is a model file of this program
   * @throws InputException if the file is missing or damaged, or its tensors are no network's
   */
  public static ModelFile read(Storage storage, String location) {
    byte[] bytes = storage.bytes(location);
    ByteBuffer all = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    long length = bytes.length < 8 ? -1 : all.getLong();
    if (length < 2 || length > bytes.length - 8) {
      throw damaged(location, "no safetensors header", null);
    }
    try {
      JsonNode header = JSON.readTree(new String(bytes, 8, (int) length, StandardCharsets.UTF_8));
      if (header.path("__metadata__").has(ModelFile.VERSION_KEY)) {
        return ModelFile.read(storage, location);
      }
      ByteBuffer data = all.position(8 + (int) length).slice().order(ByteOrder.LITTLE_ENDIAN);
      return new PlainTensors(location, header, data).model();
    } catch (JsonProcessingException e) {
      throw damaged(location, "its header is no JSON", e);
    }
  }

  private ModelFile model() {
    Topology topology = topology();
    float[] parameters = new float[topology.parameterCount()];
    int at = 0;
    for (int k = 1; k <= topology.depth(); k++) {
      at = copy("W_" + k, List.of(topology.size(k - 1), topology.size(k)), parameters, at);
      at = copy("b_" + k, List.of(topology.size(k)), parameters, at);
    }
    return new ModelFile(topology, parameters, java.util.Map.of());
  }

  private Topology topology() {
    List<Integer> sizes = new ArrayList<>();
    for (int k = 1; header.has("W_" + k); k++) {
      JsonNode shape = header.path("W_" + k).path("shape");
      if (shape.size() != 2 || !shape.get(0).isInt() || !shape.get(1).isInt()) {
        throw damaged(location, "W_" + k + " is no matrix", null);
      }
      if (k == 1) {
        sizes.add(shape.get(0).asInt());
      }
      sizes.add(shape.get(1).asInt());
    }
    header
        .fieldNames()
        .forEachRemaining(
            name -> {
              if (name.matches("W_\\d{1,9}")
                  && Integer.parseInt(name.substring(2)) >= Math.max(1, sizes.size())) {
                throw damaged(location, name + " without the layers before it", null);
              }
            });
    if (sizes.isEmpty()) {
      throw damaged(location, "expected tensors W_1, b_1, W_2, …", null);
    }
    try {
      return new Topology(sizes);
    } catch (InvalidValueException e) {
      throw damaged(location, InputException.reason(e), e);
    }
  }

  private int copy(String name, List<Integer> shape, float[] target, int at) {
    JsonNode entry = header.path(name);
    List<Integer> found = new ArrayList<>();
    entry.path("shape").forEach(size -> found.add(size.asInt()));
    if (shape.size() == 1 && found.size() == 2 && found.get(0) == 1) {
      found.remove(0);
    }
    if (!found.equals(shape) || !entry.path("dtype").asText().equals("F32")) {
      throw damaged(
          location,
          name
              + " is "
              + entry.path("dtype").asText("missing")
              + " "
              + found
              + ": expected F32 "
              + shape,
          null);
    }
    int count = shape.stream().reduce(1, (a, b) -> a * b);
    long from = entry.path("data_offsets").path(0).asLong(-1);
    long to = entry.path("data_offsets").path(1).asLong(-1);
    if (from < 0 || to < from || to > data.capacity() || to - from != 4L * count) {
      throw damaged(location, name + " lies outside of the file", null);
    }
    data.slice((int) from, 4 * count)
        .order(ByteOrder.LITTLE_ENDIAN)
        .asFloatBuffer()
        .get(target, at, count);
    return at + count;
  }

  private static InputException damaged(String location, String what, @Nullable Throwable cause) {
    return new InputException(location + ": no safetensors file of a network: " + what, cause);
  }
}
