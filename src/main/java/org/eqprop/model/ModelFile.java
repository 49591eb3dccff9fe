package org.eqprop.model;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.zip.CRC32;
import org.eqprop.base.InputException;
import org.eqprop.learning.UpdaterState;
import org.eqprop.network.Network;
import org.eqprop.network.ParameterLayout;
import org.eqprop.network.Weights;
import org.eqprop.storage.Storage;
import org.jspecify.annotations.Nullable;

/**
 * A trained network as a safetensors file: an 8-byte little-endian header length, a JSON header,
 * then the tensors W_1, b_1, W_2, b_2, … as little-endian float32, row-major. Python's {@code
 * safetensors} can open it. In a checkpoint, more tensors may follow: the outer optimizer's
 * velocity as velocity.W_1 and so on, then the arrays of the updater's state as updater-1.W_1 and
 * so on, updater-2.W_1 and so on, with the number of updates in the metadata. {@code __metadata__}
 * holds everything that is not a tensor: the format version, the network, the configuration, and
 * the CRC-32 of the whole file, computed with eight zeros in place of the CRC itself. Files of
 * version 1, whose CRC-32 covers only the tensors, can be read, too.
 */
public final class ModelFile {
  /** The version that this class writes. */
  public static final String VERSION = "2";

  /** The previous version, which can still be read. */
  static final String FORMER_VERSION = "1";

  /** The versions that can be read. */
  public static final List<String> VERSIONS = List.of(FORMER_VERSION, VERSION);

  /** Metadata key of the configuration, one line of JSON. */
  public static final String CONFIGURATION = "configuration";

  /** Metadata key of the number of epochs that the model was trained for. */
  public static final String EPOCH = "epoch";

  /** Metadata key of the format version. */
  public static final String VERSION_KEY = "eqprop-spark.model";

  static final String TOPOLOGY_KEY = "topology";

  /** Metadata key of the CRC-32 of the whole file, computed with {@link #NO_CRC} in its place. */
  static final String CRC_KEY = "eqprop-spark.crc32";

  static final String NO_CRC = "00000000";

  /** The same key in version 1, for the CRC-32 of only the tensors. */
  static final String FORMER_CRC_KEY = "crc32";

  static final String VELOCITY = "velocity.";
  static final String UPDATER = "updater-";

  /** Metadata key of the number of updates in the updater's state; only if there is one. */
  static final String UPDATES_KEY = "updates";

  private final Weights weights;
  private final UpdaterState updater;
  private final @Nullable Weights velocity;
  private final Map<String, String> metadata;

  /**
   * Creates a model.
   *
   * @param weights not copied
   * @param metadata arbitrary pairs, such as {@link #CONFIGURATION}
   */
  public ModelFile(Weights weights, Map<String, String> metadata) {
    this(weights, UpdaterState.ZERO, null, metadata);
  }

  /**
   * Creates a checkpoint.
   *
   * @param weights not copied
   * @param updater the state of the replicas' updaters
   * @param velocity the outer optimizer's velocity; null if it is at rest; not copied
   * @param metadata arbitrary pairs, such as {@link #CONFIGURATION}
   */
  public ModelFile(
      Weights weights,
      UpdaterState updater,
      @Nullable Weights velocity,
      Map<String, String> metadata) {
    if (velocity != null) {
      velocity.requireFor(weights.network());
    }
    updater.requireFor(updater.values().size(), weights.network());
    this.weights = weights;
    this.updater = updater;
    this.velocity = velocity;
    this.metadata = Map.copyOf(metadata);
  }

  /** Returns a network with the layer sizes that these weights fit. */
  public Network network() {
    return weights.network();
  }

  /** Returns the weights and biases; not to be modified. */
  public Weights weights() {
    return weights;
  }

  /** Returns the state of the replicas' updaters; zero in a model. */
  public UpdaterState updater() {
    return updater;
  }

  /**
   * Returns the outer optimizer's velocity; null if it is at rest and in a model; not to be
   * modified.
   */
  public @Nullable Weights velocity() {
    return velocity;
  }

  /** Returns whether there is training state in addition to the weights and biases. */
  public boolean isCheckpoint() {
    return velocity != null || !updater.isZero();
  }

  /** Returns the pairs that came with the model. */
  public Map<String, String> metadata() {
    return metadata;
  }

  /**
   * Returns the CRC-32 of the weights and biases as 8 hexadecimal digits, computed from W_1, b_1,
   * W_2, b_2, … as little-endian float32, row-major, as in the file. The same weights have the same
   * checksum in every format.
   */
  public String weightsChecksum() {
    CRC32 crc = new CRC32();
    crc.update(ModelWriter.bytes(weights));
    return hex(crc);
  }

  /**
   * Writes the file atomically.
   *
   * @throws InputException if it cannot be written; an existing file is then unchanged
   */
  public void write(Storage storage, String location) {
    new ModelWriter(this).write(storage, location);
  }

  static String hex(CRC32 crc) {
    return String.format(Locale.ROOT, "%08x", crc.getValue());
  }

  /**
   * Returns the shapes of all tensors in the order of the file.
   *
   * @param velocity whether the file has an outer optimizer's velocity
   * @param states how many arrays the updater's state has
   */
  static Map<String, List<Integer>> tensors(Network network, boolean velocity, int states) {
    Map<String, List<Integer>> tensors = new LinkedHashMap<>();
    List<String> prefixes = new ArrayList<>(velocity ? List.of("", VELOCITY) : List.of(""));
    for (int j = 1; j <= states; j++) {
      prefixes.add(updater(j));
    }
    for (String prefix : prefixes) {
      for (ParameterLayout.Tensor tensor : ParameterLayout.of(network).tensors()) {
        tensors.put(prefix + tensor.name(), tensor.shape());
      }
    }
    return tensors;
  }

  /** Returns the prefix of the tensor names of the updater's array j, j from 1. */
  static String updater(int j) {
    return UPDATER + j + ".";
  }

  /**
   * Reads a model.
   *
   * @throws InputException if the file is missing, damaged, of another version, or not a model of
   *     this program, or if a number is not finite
   */
  public static ModelFile read(Storage storage, String location) {
    try (Safetensors file = Safetensors.open(storage, location)) {
      return ModelReader.read(file, location);
    }
  }

  /**
   * Checks that all numbers are finite. Others would spread to every result computed from them.
   *
   * @param location name of the model in the message
   * @return this
   * @throws InputException if a number is not finite, with its name
   */
  public ModelFile requireFinite(String location) {
    requireFinite(location, "", weights);
    if (velocity != null) {
      requireFinite(location, VELOCITY, velocity);
    }
    for (int j = 1; j <= updater.values().size(); j++) {
      requireFinite(location, updater(j), updater.values().get(j - 1));
    }
    return this;
  }

  private static void requireFinite(String location, String prefix, Weights array) {
    if (array.isFinite()) {
      return;
    }
    float[] values = array.values();
    for (ParameterLayout.Tensor tensor : array.layout().tensors()) {
      for (int i = tensor.from(); i < tensor.to(); i++) {
        if (!Float.isFinite(values[i])) {
          throw new InputException(
              location
                  + ": "
                  + prefix
                  + tensor.element(i)
                  + " is "
                  + values[i]
                  + ": expected finite numbers");
        }
      }
    }
  }
}
