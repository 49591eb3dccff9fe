package org.eqprop.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.zip.CRC32;
import org.eqprop.base.InputException;
import org.eqprop.base.InvalidValueException;
import org.eqprop.learning.UpdaterState;
import org.eqprop.network.Network;
import org.eqprop.network.Weights;
import org.jspecify.annotations.Nullable;

/** Creates a {@link ModelFile} from the content of a safetensors file that this program wrote. */
final class ModelReader {
  private ModelReader() {}

  /** Returns whether a file claims to have been written by this program. */
  static boolean isOwn(Safetensors file) {
    Set<String> keys = file.metadata().keySet();
    return keys.contains(ModelFile.VERSION_KEY)
        || keys.contains(ModelFile.CRC_KEY)
        || keys.containsAll(List.of(ModelFile.FORMER_CRC_KEY, ModelFile.TOPOLOGY_KEY));
  }

  /**
   * Reads a model.
   *
   * @param file is read to its end
   * @throws InputException if it is damaged, of another version, or not a model of this program, or
   *     if a number is not finite
   */
  static ModelFile read(Safetensors file, String location) {
    String version = requireVersion(file, location);
    Network network = readTopology(file, location);
    CRC32 crc = new CRC32();
    boolean former = version.equals(ModelFile.FORMER_VERSION);
    boolean whole = former || file.addHeader(crc, ModelFile.CRC_KEY, ModelFile.NO_CRC);
    Map<String, float[]> values = file.read(crc);
    Map<String, String> metadata = new TreeMap<>(file.metadata());
    String expected = metadata.remove(former ? ModelFile.FORMER_CRC_KEY : ModelFile.CRC_KEY);
    if (!whole || !ModelFile.hex(crc).equals(expected)) {
      throw damaged(
          location,
          "the checksum of its " + (former ? "weights" : "content") + " does not match",
          null);
    }
    Weights velocity = hasVelocity(file) ? weights(network, ModelFile.VELOCITY, values) : null;
    String updates = String.valueOf(metadata.remove(ModelFile.UPDATES_KEY));
    UpdaterState updater = updater(states(file), updates, network, values, location);
    return new ModelFile(weights(network, "", values), updater, velocity, metadata)
        .requireFinite(location);
  }

  private static UpdaterState updater(
      int arrays, String updates, Network network, Map<String, float[]> values, String location) {
    if (arrays == 0) {
      return UpdaterState.ZERO;
    }
    if (!updates.matches("[1-9]\\d{0,17}")) {
      throw damaged(
          location, "its number of updates is '" + updates + "': expected a positive number", null);
    }
    List<Weights> state = new ArrayList<>();
    for (int j = 1; j <= arrays; j++) {
      state.add(weights(network, ModelFile.updater(j), values));
    }
    return new UpdaterState(state, Long.parseLong(updates));
  }

  /** Returns how many arrays of an updater's state a file has. */
  private static int states(Safetensors file) {
    int arrays = 0;
    while (file.shapes().containsKey(ModelFile.updater(arrays + 1) + "W_1")) {
      arrays++;
    }
    return arrays;
  }

  /** Joins the tensors with a prefix and removes them from the map. */
  static Weights weights(Network network, String prefix, Map<String, float[]> values) {
    return Weights.joined(
        network, tensor -> Objects.requireNonNull(values.remove(prefix + tensor.name())));
  }

  private static boolean hasVelocity(Safetensors file) {
    return file.shapes().containsKey(ModelFile.VELOCITY + "W_1");
  }

  private static String requireVersion(Safetensors file, String location) {
    String version = file.metadata().getOrDefault(ModelFile.VERSION_KEY, "none");
    if (!ModelFile.VERSIONS.contains(version)) {
      throw new InputException(
          location
              + ": model format version "
              + version
              + ": expected "
              + String.join(" or ", ModelFile.VERSIONS)
              + ", which this program can read; submit/import reads the tensors of other programs");
    }
    return version;
  }

  private static Network readTopology(Safetensors file, String location) {
    String sizes = file.metadata().getOrDefault(ModelFile.TOPOLOGY_KEY, "");
    Network network;
    try {
      network = NetworkNotation.parse(sizes);
    } catch (IllegalArgumentException | ArithmeticException | InvalidValueException e) {
      throw damaged(location, "its topology '" + sizes + "' is not valid", e);
    }
    var expected =
        List.copyOf(ModelFile.tensors(network, hasVelocity(file), states(file)).entrySet());
    var found = List.copyOf(file.shapes().entrySet());
    for (int i = 0; i < Math.max(expected.size(), found.size()); i++) {
      var here = i < found.size() ? found.get(i) : "no tensor";
      var wanted = i < expected.size() ? expected.get(i) : "no tensor";
      if (!here.equals(wanted)) {
        String what = here + " at position " + (i + 1) + ": expected " + wanted;
        throw damaged(location, what + " (the network is " + network + ")", null);
      }
    }
    return network;
  }

  private static InputException damaged(String location, String what, @Nullable Throwable cause) {
    return new InputException(
        location + ": not a model of this program, or damaged: " + what, cause);
  }
}
