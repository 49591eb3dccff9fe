package org.eqprop.dl4j;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.LocalDateTime;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.deeplearning4j.util.ModelSerializer;
import org.eqprop.config.ConfigurationReader;
import org.eqprop.config.RunConfiguration;
import org.eqprop.data.InputException;
import org.eqprop.data.Storage;
import org.eqprop.model.Floats;
import org.eqprop.model.ModelFile;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;

/**
 * A model as DL4J's {@link ModelSerializer} writes it: a zip with the network's JSON and its
 * weights. What of a model file DL4J has no place for (its metadata, among them the run's
 * configuration) is in an entry more, {@code eqprop-spark.json}, which DL4J passes over: there and
 * back nothing is lost. Of a zip that DL4J wrote itself the configuration is put together from its
 * layer.
 */
public final class Dl4jModelFile {
  private static final String METADATA = "eqprop-spark.json";
  private static final byte[] ZIP = {'P', 'K', 3, 4};

  /** What a zip ends with: 22 bytes, and a comment of up to 65,535. */
  private static final byte[] ZIP_END = {'P', 'K', 5, 6};

  private static final int ZIP_END_LENGTH = 22;

  /** Every zip entry's date: the same model is the same bytes. */
  private static final LocalDateTime DATE = LocalDateTime.of(2026, 1, 1, 0, 0);

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final TypeReference<Map<String, String>> STRINGS = new TypeReference<>() {};

  private Dl4jModelFile() {}

  /**
   * Returns whether a file is a zip.
   *
   * @throws InputException if it cannot be read
   */
  public static boolean isZip(Storage storage, String location) {
    try (InputStream in = storage.open(location)) {
      return Arrays.equals(in.readNBytes(ZIP.length), ZIP);
    } catch (IOException e) {
      throw new InputException(location + ": cannot be read: " + InputException.reason(e), e);
    }
  }

  /**
   * Writes a model atomically.
   *
   * @param model with its configuration, and without an outer optimizer's velocity
   * @throws IOException if it cannot be written; what was there is then as it was
   * @throws IllegalArgumentException if the model has no configuration, or is a checkpoint
   * @throws InputException if its configuration cannot be read
   */
  public static void write(ModelFile model, Storage storage, String location) throws IOException {
    if (model.velocity().length > 0) {
      throw new IllegalArgumentException("a checkpoint, with an outer optimizer's velocity");
    }
    MultiLayerNetwork network =
        Dl4jNetworks.of(configuration(model).rule(), model.parameters(), epochs(model));
    ByteArrayOutputStream written = new ByteArrayOutputStream();
    ModelSerializer.writeModel(network, written, false);
    Map<String, byte[]> entries = entries(new ByteArrayInputStream(written.toByteArray()));
    Map<String, String> metadata = new TreeMap<>(model.metadata());
    metadata.put(ModelFile.VERSION_KEY, ModelFile.VERSION);
    entries.put(METADATA, JSON.writeValueAsBytes(metadata));
    storage.writeAtomically(location, out -> zip(entries, out));
  }

  private static RunConfiguration configuration(ModelFile model) {
    String json = model.metadata().get(ModelFile.CONFIGURATION);
    if (json == null) {
      throw new IllegalArgumentException("a model without a configuration");
    }
    return new ConfigurationReader().text(json, "the model's configuration").read();
  }

  private static int epochs(ModelFile model) {
    String epoch = model.metadata().getOrDefault(ModelFile.EPOCH, "0");
    return epoch.matches("\\d{1,9}") ? Integer.parseInt(epoch) : 0;
  }

  private static void zip(Map<String, byte[]> entries, OutputStream out) throws IOException {
    ZipOutputStream zip = new ZipOutputStream(out); // the stream is not this method's to close
    for (Map.Entry<String, byte[]> content : entries.entrySet()) {
      ZipEntry entry = new ZipEntry(content.getKey());
      entry.setTimeLocal(DATE);
      zip.putNextEntry(entry);
      zip.write(content.getValue());
      zip.closeEntry();
    }
    zip.finish();
  }

  private static Map<String, byte[]> entries(InputStream in) throws IOException {
    Map<String, byte[]> entries = new TreeMap<>();
    ZipInputStream zip = new ZipInputStream(in);
    for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
      entries.put(entry.getName(), zip.readAllBytes());
    }
    return entries;
  }

  /**
   * Reads a model.
   *
   * @throws InputException if the file is missing, damaged, or not of one equilibrium layer in
   *     float32
   */
  public static ModelFile read(Storage storage, String location) {
    byte[] bytes = storage.bytes(location);
    if (!isWhole(bytes)) { // entries that are missing at the end are not missed
      throw damaged(location, "it is truncated");
    }
    Map<String, byte[]> entries;
    try {
      entries = entries(new ByteArrayInputStream(bytes));
    } catch (IOException | IllegalArgumentException e) { // the latter of an entry's name
      throw new InputException(location + ": cannot be read: " + InputException.reason(e), e);
    }
    for (String needed :
        new String[] {ModelSerializer.CONFIGURATION_JSON, ModelSerializer.COEFFICIENTS_BIN}) {
      if (!entries.containsKey(needed)) {
        throw damaged(location, "it has no " + needed);
      }
    }
    if (entries.containsKey(ModelSerializer.NORMALIZER_BIN)) {
      throw damaged(
          location, "it has a normalizer: expected a network that takes intensities in [0, 1]");
    }
    MultiLayerNetwork network = restore(bytes, location);
    if (network.getnLayers() != 1
        || !(network.getLayer(0).conf().getLayer() instanceof EquilibriumLayer layer)) {
      throw damaged(location, "expected a network of one EquilibriumLayer");
    }
    if (network.params().dataType() != DataType.FLOAT) {
      throw damaged(
          location, "its weights are " + network.params().dataType() + ": expected FLOAT");
    }
    byte[] metadata = entries.get(METADATA);
    return new ModelFile(
        layer.topology(),
        Floats.of(network.params()),
        metadata == null ? metadata(network, layer) : metadata(metadata, location));
  }

  private static boolean isWhole(byte[] zip) {
    int last = zip.length - ZIP_END_LENGTH;
    return IntStream.rangeClosed(Math.max(0, last - 0xffff), last)
        .anyMatch(at -> Arrays.equals(zip, at, at + ZIP_END.length, ZIP_END, 0, ZIP_END.length));
  }

  private static MultiLayerNetwork restore(byte[] bytes, String location) {
    try {
      return ModelSerializer.restoreMultiLayerNetwork(new ByteArrayInputStream(bytes), false);
    } catch (IOException | RuntimeException e) {
      throw damaged(location, "DL4J cannot read it: " + InputException.reason(e), e);
    }
  }

  private static Map<String, String> metadata(byte[] json, String location) {
    try {
      Map<String, String> metadata = Map.copyOf(JSON.readValue(json, STRINGS));
      String version = metadata.getOrDefault(ModelFile.VERSION_KEY, "none");
      if (!version.equals(ModelFile.VERSION)) {
        throw damaged(
            location,
            METADATA + " has version " + version + ": expected version " + ModelFile.VERSION);
      }
      return metadata;
    } catch (IOException | NullPointerException e) { // a null is no text
      throw damaged(location, METADATA + " is no JSON of texts", e);
    }
  }

  /** Puts a configuration together from what DL4J knows. */
  private static Map<String, String> metadata(MultiLayerNetwork network, EquilibriumLayer layer) {
    return Map.of(
        ModelFile.CONFIGURATION,
        LayerConfiguration.of(layer, network.getLayer(0).conf().getSeed()).toJson(),
        ModelFile.EPOCH,
        String.valueOf(network.getEpochCount()));
  }

  private static InputException damaged(String location, String what) {
    return damaged(location, what, null);
  }

  private static InputException damaged(String location, String what, @Nullable Throwable cause) {
    return new InputException(location + ": not a model of DL4J that can be read: " + what, cause);
  }
}
