package org.eqprop.dl4j;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.LocalDateTime;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;
import org.eqprop.base.InputException;
import org.eqprop.base.Json;
import org.eqprop.config.ConfigurationReader;
import org.eqprop.config.NetworkKeys;
import org.eqprop.config.RunConfiguration;
import org.eqprop.learning.ReplicaSpec;
import org.eqprop.model.ModelFile;
import org.eqprop.network.Network;
import org.eqprop.network.Weights;
import org.eqprop.storage.Storage;

/**
 * Reads and writes a model in the format of DL4J's {@link ModelSerializer}: a zip with the
 * network's JSON and its weights. The parts of a model file that DL4J has no place for (its
 * metadata, including the run's configuration) are in an additional entry, {@code
 * eqprop-spark.json}, which DL4J skips: round trips are lossless. For a zip that DL4J itself wrote,
 * the configuration comes from its layer. A zip is untrusted data: DL4J's own reader, which
 * deserializes Java objects, never sees it.
 */
public final class Dl4jModelFile {
  private static final byte[] ZIP = {'P', 'K', 3, 4};

  /**
   * Largest size of the network's configuration and of the metadata, in bytes; a layer of 100 sizes
   * takes 50 kB.
   */
  private static final int MAX_JSON = 1 << 24;

  /** Date of every zip entry, fixed so that the same model gives the same bytes. */
  private static final LocalDateTime DATE = LocalDateTime.of(2026, 1, 1, 0, 0);

  private Dl4jModelFile() {}

  /**
   * Returns whether a file is a zip.
   *
   * @throws InputException if it cannot be read
   */
  public static boolean isZip(Storage storage, String location) {
    return Arrays.equals(storage.start(location, ZIP.length), ZIP);
  }

  /**
   * Writes a model atomically.
   *
   * @param model has its configuration, but not the state of a training
   * @throws IllegalArgumentException if the model has no configuration, or is a checkpoint
   * @throws InputException if its configuration cannot be read, or does not match its weights; or
   *     if the file cannot be written: an existing file then remains unchanged
   */
  public static void write(ModelFile model, Storage storage, String location) {
    if (model.isCheckpoint()) {
      throw new IllegalArgumentException(
          "a checkpoint, with the state of a training: expected a model without it");
    }
    ReplicaSpec spec = configuration(model, "the model's configuration").spec();
    if (!spec.network().hasParametersOf(model.network())) {
      throw new InputException(
          "the model's configuration has the topology "
              + spec.network()
              + ": expected "
              + model.network()
              + ", the topology of its weights");
    }
    MultiLayerNetwork network = Dl4jNetworks.of(spec, model.weights(), epochs(model));
    Dl4jZip unpacked = new Dl4jZip(serialized(network));
    Map<String, byte[]> entries = new TreeMap<>();
    for (String name :
        List.of(ModelSerializer.CONFIGURATION_JSON, ModelSerializer.COEFFICIENTS_BIN)) {
      entries.put(name, unpacked.bytes(name, Integer.MAX_VALUE));
    }
    Map<String, String> metadata = new TreeMap<>(model.metadata());
    metadata.put(ModelFile.VERSION_KEY, ModelFile.VERSION);
    entries.put(Dl4jZip.METADATA, Json.text(metadata).getBytes(StandardCharsets.UTF_8));
    storage.writeAtomically(location, out -> zip(entries, out));
  }

  private static byte[] serialized(MultiLayerNetwork network) {
    ByteArrayOutputStream written = new ByteArrayOutputStream();
    try {
      ModelSerializer.writeModel(network, written, false);
    } catch (IOException e) { // never thrown: it writes to memory
      throw new UncheckedIOException(e);
    }
    return written.toByteArray();
  }

  private static RunConfiguration configuration(ModelFile model, String origin) {
    String json = model.metadata().get(ModelFile.CONFIGURATION);
    if (json == null) {
      throw new IllegalArgumentException(
          "a model without a configuration: expected one in its metadata");
    }
    return new ConfigurationReader().text(json, origin).read();
  }

  private static int epochs(ModelFile model) {
    String epoch = model.metadata().getOrDefault(ModelFile.EPOCH, "0");
    return epoch.matches("\\d{1,9}") ? Integer.parseInt(epoch) : 0;
  }

  private static void zip(Map<String, byte[]> entries, OutputStream out) throws IOException {
    ZipOutputStream zip = new ZipOutputStream(out); // the caller closes the stream
    for (Map.Entry<String, byte[]> content : entries.entrySet()) {
      ZipEntry entry = new ZipEntry(content.getKey());
      entry.setTimeLocal(DATE);
      zip.putNextEntry(entry);
      zip.write(content.getValue());
      zip.closeEntry();
    }
    zip.finish();
  }

  /**
   * Reads a model.
   *
   * @throws InputException if the file is missing, damaged, or does not hold exactly one
   *     equilibrium layer in float32; if a weight is not finite; or if the run's configuration
   *     contradicts the layer's
   */
  public static ModelFile read(Storage storage, String location) {
    byte[] bytes = storage.bytes(location);
    try {
      return read(new Dl4jZip(bytes), location);
    } catch (IllegalArgumentException e) { // each message is one line
      throw new InputException(location + ": not a readable DL4J model: " + e.getMessage(), e);
    }
  }

  private static ModelFile read(Dl4jZip zip, String location) {
    MultiLayerConfiguration read =
        NetworkJson.read(zip.bytes(ModelSerializer.CONFIGURATION_JSON, MAX_JSON));
    EquilibriumLayer layer = (EquilibriumLayer) read.getConf(0).getLayer();
    RunConfiguration ofLayer = ofLayer(layer, read.getConf(0).getSeed());
    Network network = layer.network();
    float[] values =
        zip.read(
            ModelSerializer.COEFFICIENTS_BIN,
            in -> Coefficients.read(in, network.parameterCount()));
    Map<String, String> metadata =
        zip.has(Dl4jZip.METADATA)
            ? metadata(zip.bytes(Dl4jZip.METADATA, MAX_JSON))
            : Map.of(
                ModelFile.CONFIGURATION,
                ofLayer.toJson(),
                ModelFile.EPOCH,
                String.valueOf(read.getEpochCount()));
    ModelFile model = new ModelFile(new Weights(network, values), metadata).requireFinite(location);
    if (metadata.containsKey(ModelFile.CONFIGURATION)) {
      requireSame(configuration(model, location + " (configuration)"), ofLayer);
    }
    return model;
  }

  private static RunConfiguration ofLayer(EquilibriumLayer layer, long seed) {
    try {
      return LayerConfiguration.of(layer, seed);
    } catch (RuntimeException e) { // the JSON may hold any values of the right types
      throw new IllegalArgumentException("its layer: " + InputException.reason(e), e);
    }
  }

  private static Map<String, String> metadata(byte[] json) {
    JsonNode pairs;
    try {
      pairs = Json.parse(json, 1);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(Dl4jZip.METADATA + " is " + e.getMessage(), e);
    }
    Map<String, String> metadata = new TreeMap<>();
    for (Map.Entry<String, JsonNode> pair : pairs.properties()) {
      require(pair.getValue().isTextual(), "'" + pair.getKey() + "' is not a text");
      metadata.put(pair.getKey(), pair.getValue().textValue());
    }
    String version = metadata.getOrDefault(ModelFile.VERSION_KEY, "none");
    require(
        ModelFile.VERSIONS.contains(version),
        "version " + version + ": expected " + String.join(" or ", ModelFile.VERSIONS));
    return metadata;
  }

  private static void require(boolean right, String message) {
    if (!right) {
      throw new IllegalArgumentException(Dl4jZip.METADATA + ": " + message);
    }
  }

  /**
   * Compares only what the equilibrium depends on; DL4J may have the rest under other names, or not
   * at all.
   */
  private static void requireSame(RunConfiguration run, RunConfiguration layer) {
    for (Function<ReplicaSpec, Object> part :
        List.<Function<ReplicaSpec, Object>>of(
            ReplicaSpec::network, ReplicaSpec::relaxation, ReplicaSpec::estimator)) {
      Object ofRun = part.apply(run.spec());
      Object ofLayer = part.apply(layer.spec());
      require(
          ofRun.equals(ofLayer),
          "its configuration has "
              + words(ofRun, ofLayer)
              + ", but DL4J's layer has "
              + words(ofLayer, ofRun));
    }
  }

  /**
   * Returns a description that shows the difference: networks of the same sizes can differ in
   * everything else.
   */
  private static String words(Object part, Object other) {
    return part instanceof Network network && part.toString().equals(other.toString())
        ? NetworkKeys.of(network)
        : part.toString();
  }
}
