package org.eqprop.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.util.passthrough.PassthroughNDManager;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import org.eqprop.base.InputException;
import org.eqprop.data.Shape;
import org.eqprop.learning.UpdaterState;
import org.eqprop.network.Convolution;
import org.eqprop.network.Dense;
import org.eqprop.network.Layer;
import org.eqprop.network.Link;
import org.eqprop.network.Network;
import org.eqprop.network.Pooling;
import org.eqprop.network.Range;
import org.eqprop.network.SquaredError;
import org.eqprop.network.Weights;
import org.eqprop.storage.Storage;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelFileTest {
  private static final Network TOPOLOGY = Network.of(5, 4, 3);

  @TempDir Path folder;
  private final Storage storage = Storage.local();
  private final Weights parameters = Weights.glorotUniform(TOPOLOGY, 1);
  private Path file = Path.of("");

  @BeforeEach
  void write() throws IOException {
    file = folder.resolve("model.safetensors");
    parameters.values()[20] = 0.5f; // the first bias
    new ModelFile(parameters, Map.of(ModelFile.CONFIGURATION, "{\"β\":\"≥\"}"))
        .write(storage, file.toString());
  }

  private ModelFile read() {
    return ModelFile.read(storage, file.toString());
  }

  @Test
  void keepsWeightsAndMetadataInARoundTrip() {
    ModelFile model = read();
    assertThat(model.network()).isEqualTo(TOPOLOGY);
    assertThat(model.weights()).isEqualTo(parameters);
    assertThat(model.metadata()).containsEntry(ModelFile.CONFIGURATION, "{\"β\":\"≥\"}");
  }

  /** Python's {@code zlib.crc32(struct.pack('<6f', 1, -2, 0.5, 3, 0, 1))}. */
  @Test
  void theWeightsChecksumIsTheCrcOfTheirBytes() {
    Weights weights = new Weights(Network.of(2, 2), new float[] {1, -2, 0.5f, 3, 0, 1});
    assertThat(new ModelFile(weights, Map.of()).weightsChecksum()).isEqualTo("761b1422");
    assertThat(
            new ModelFile(weights, UpdaterState.ZERO, weights, Map.of("a", "b")).weightsChecksum())
        .isEqualTo("761b1422");
  }

  /** Uses DJL's safetensors reader, which is independent of this project. */
  @Test
  void anIndependentReaderSeesNamesShapesAndValues() throws IOException {
    try (NDManager manager = PassthroughNDManager.INSTANCE.newSubManager();
        InputStream in = Files.newInputStream(file)) {
      NDList list = NDList.decode(manager, in);
      assertThat(list.stream().map(a -> a.getName()))
          .containsExactlyInAnyOrder("W_1", "b_1", "W_2", "b_2");
      var weight = list.stream().filter(a -> a.getName().equals("W_1")).findFirst().orElseThrow();
      assertThat(weight.getDataType()).isEqualTo(DataType.FLOAT32);
      assertThat(weight.getShape().getShape()).containsExactly(5, 4);
      float[] values = new float[20];
      weight.toByteBuffer().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
      assertThat(values).isEqualTo(Arrays.copyOf(parameters.values(), 20));
      var bias = list.stream().filter(a -> a.getName().equals("b_1")).findFirst().orElseThrow();
      assertThat(bias.getShape().getShape()).containsExactly(4);
    }
  }

  private static Network image(Link... links) {
    List<Layer> layers =
        Arrays.stream(links)
            .map(
                link ->
                    link instanceof Convolution kernel
                        ? new Layer(kernel.output(), Range.HARD_SIGMOID, 1)
                        : new Layer(link.outputs()))
            .toList();
    return new Network(
        links[0] instanceof Convolution first ? first.input() : Shape.image(6, 5),
        layers,
        List.of(links),
        new SquaredError());
  }

  @Test
  void keepsANetworkOfConvolutionsInARoundTrip() throws IOException {
    Convolution first = new Convolution(new Shape(2, 9, 8), 3, 3, 2, 1, Pooling.MAX, 2);
    Convolution second = new Convolution(first.output(), 5, 2, 1, 0, Pooling.NONE, 1);
    Convolution grey = new Convolution(Shape.image(6, 5), 4, 2, 1, 1, Pooling.AVERAGE, 3);
    for (Network network :
        List.of(
            image(first, second, new Dense(5, 3)),
            image(grey, new Dense(grey.outputs(), 2)),
            image(new Dense(30, 2)))) {
      Weights weights = Weights.glorotUniform(network, 3);
      new ModelFile(weights, Map.of()).write(storage, file.toString());
      assertThat(read().network()).isEqualTo(network);
      assertThat(read().weights()).isEqualTo(weights);
    }
    new ModelFile(Weights.zeros(image(first, second, new Dense(5, 3))), Map.of())
        .write(storage, file.toString());
    byte[] good = Files.readAllBytes(file);
    String topology = "\"topology\":\"2x9x8-3c3s2p1m2-5c2-3\"";
    assertThat(new String(good, StandardCharsets.ISO_8859_1)).contains(topology);
    for (String other :
        List.of("0x9x8-3c3s2p1m2-5c2-3", "2x9x8-3c0s2p1m2-5c2-3", "2x9x8-3c3s2p1x2-5c2-3")) {
      refused(replace(good, topology, "\"topology\":\"" + other + "\""), other);
    }
  }

  @Test
  void theSameModelHasTheSameBytesInEveryProcess() throws IOException {
    String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    assertThat(text)
        .contains(
            "\"topology\":\"5-4-3\"},\"W_1\":{\"dtype\":\"F32\",\"shape\":[5,4],\"data_offsets\":[0,80]},"
                + "\"b_1\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[80,96]},"
                + "\"W_2\":{\"dtype\":\"F32\",\"shape\":[4,3],\"data_offsets\":[96,144]},"
                + "\"b_2\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[144,156]}}");
    assertThat(text).contains("{\"__metadata__\":{\"configuration\":");
  }

  @Test
  void tensorsAreAligned() throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    int header = java.nio.ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getInt();
    assertThat(header % 8).isZero();
    assertThat(bytes).hasSize(8 + header + 4 * TOPOLOGY.parameterCount());
  }

  @Test
  void refusesDamagedFilesInOneLine() throws IOException {
    byte[] good = Files.readAllBytes(file);
    for (int length : new int[] {0, 4, 8, 50, good.length - 1}) {
      refused(Arrays.copyOf(good, length), "not a valid safetensors file: it is truncated");
    }
    refused(Arrays.copyOf(good, good.length + 1), "trailing bytes after the last tensor");
    byte[] flipped = good.clone();
    flipped[good.length - 10] ^= 1;
    refused(flipped, "the checksum of its content does not match");
    refused(
        "not a model at all, but long enough to be one".getBytes(StandardCharsets.UTF_8),
        "neither a safetensors file nor a zip");
    refused(
        replace(good, "\"shape\":[5,4]", "\"shape\":[4,5]"),
        "W_1=[4, 5] at position 1: expected W_1");
    refused(replace(good, "__metadata__", "__metabata__"), "__metabata__ is not a tensor");
    refused(replace(good, "\"topology\":\"5-4-3\"", "\"topology\":\"5-x-3\""), "5-x-3");
  }

  /**
   * Flips half of the bits of the whole file, one at a time, as a failing disk or memory chip
   * would.
   */
  @Test
  void detectsEveryFlippedBit() throws IOException {
    byte[] good = Files.readAllBytes(file);
    for (int bit = 0; bit < 8 * good.length; bit += 2) {
      byte[] flipped = good.clone();
      flipped[bit / 8] ^= (byte) (1 << (bit + bit / 8) % 8);
      refused(flipped, "");
    }
  }

  private byte[] former() throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    CRC32 crc = new CRC32();
    int data = 4 * TOPOLOGY.parameterCount();
    crc.update(bytes, bytes.length - data, data);
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    int at = text.indexOf("\"eqprop-spark.crc32\":\"");
    text =
        (text.substring(0, at)
                + String.format(
                    java.util.Locale.ROOT, "             \"crc32\":\"%08x", crc.getValue())
                + text.substring(at + 30))
            .replace("\"eqprop-spark.model\":\"2\"", "\"eqprop-spark.model\":\"1\"");
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  /** Version 1 was written until the checksum also covered the header. */
  @Test
  void readsAFileOfThePreviousVersion() throws IOException {
    byte[] former = former();
    Files.write(file, former);
    ModelFile model = read();
    assertThat(model.weights()).isEqualTo(parameters);
    assertThat(model.metadata())
        .containsEntry(ModelFile.CONFIGURATION, "{\"β\":\"≥\"}")
        .doesNotContainKeys("crc32", "eqprop-spark.crc32");
    refused(replace(former, "\"crc32\"", "\"crc31\""), "the checksum of its weights");
    former[former.length - 1] ^= 1;
    refused(former, "the checksum of its weights does not match");
  }

  private static Weights filled(float value) {
    Weights weights = Weights.zeros(TOPOLOGY);
    Arrays.fill(weights.values(), value);
    return weights;
  }

  @Test
  void aCheckpointKeepsVelocityAndUpdaterState() throws IOException {
    for (Weights velocity : Arrays.asList(null, filled(3))) {
      for (int arrays = 0; arrays <= 2; arrays++) {
        List<Weights> values = List.of(filled(5), filled(6)).subList(0, arrays);
        UpdaterState state = new UpdaterState(values, 123_456_789_012L);
        new ModelFile(parameters, state, velocity, Map.of("a", "b"))
            .write(storage, file.toString());
        ModelFile read = read();
        assertThat(read.weights()).isEqualTo(parameters);
        assertThat(read.velocity()).isEqualTo(velocity);
        assertThat(read.updater().values()).hasSize(arrays);
        for (int j = 0; j < arrays; j++) {
          assertThat(read.updater().values().get(j)).isEqualTo(values.get(j));
        }
        assertThat(read.updater().updates()).isEqualTo(arrays == 0 ? 0 : 123_456_789_012L);
        assertThat(read.isCheckpoint()).isEqualTo(velocity != null || arrays > 0);
        assertThat(read.metadata()).containsEntry("a", "b").doesNotContainKey("updates");
      }
    }
  }

  @Test
  void readsAnUpdaterStateStrictly() throws IOException {
    UpdaterState state = new UpdaterState(List.of(filled(5)), 7);
    new ModelFile(parameters, state, null, Map.of()).write(storage, file.toString());
    byte[] bytes = Files.readAllBytes(file);
    byte[] flipped = bytes.clone();
    flipped[bytes.length - 1] ^= 1;
    refused(flipped, "the checksum of its content does not match");
    refused(replace(bytes, "updater-1.W_2", "updater-1.W_3"), "updater-1.W_3");
    refused(replace(bytes, "\"updates\":\"7\"", "\"updates\":\"8\""), "the checksum");
    Weights values = filled(5);
    values.values()[30] = Float.NaN;
    new ModelFile(parameters, new UpdaterState(List.of(filled(1), values), 7), null, Map.of())
        .write(storage, file.toString());
    assertThatThrownBy(this::read)
        .hasMessage(file + ": updater-2.W_2[2, 0] is NaN: expected finite numbers");
    new ModelFile(parameters, new UpdaterState(List.of(values), 0), null, Map.of())
        .write(storage, file.toString());
    assertThatThrownBy(this::read)
        .hasMessageEndingWith("its number of updates is '0': expected a positive number");
    assertThatThrownBy(
            () ->
                new ModelFile(
                    parameters,
                    new UpdaterState(List.of(Weights.zeros(Network.of(2, 1))), 1),
                    null,
                    Map.of()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void refusesNumbersThatAreNotFiniteAndNamesThem() throws IOException {
    Weights velocity = Weights.zeros(TOPOLOGY);
    velocity.values()[30] = Float.NEGATIVE_INFINITY;
    new ModelFile(parameters, UpdaterState.ZERO, velocity, Map.of())
        .write(storage, file.toString());
    assertThatThrownBy(this::read)
        .isInstanceOf(InputException.class)
        .hasMessage(file + ": velocity.W_2[2, 0] is -Infinity: expected finite numbers");
    parameters.values()[21] = Float.NaN;
    new ModelFile(parameters, Map.of()).write(storage, file.toString());
    assertThatThrownBy(this::read).hasMessage(file + ": b_1[1] is NaN: expected finite numbers");
  }

  @Test
  void refusesAnotherFormatVersionAndNamesIt() throws IOException {
    byte[] bytes =
        replace(
            Files.readAllBytes(file),
            "\"eqprop-spark.model\":\"2\"",
            "\"eqprop-spark.model\":\"7\"");
    Files.write(file, bytes);
    assertThatThrownBy(this::read)
        .isInstanceOf(InputException.class)
        .hasMessageContaining("model format version 7: expected 1 or 2");
  }

  @Test
  void refusesAMissingFile() {
    assertThatThrownBy(() -> ModelFile.read(storage, folder.resolve("none").toString()))
        .isInstanceOf(InputException.class)
        .hasMessageEndingWith("no such file");
  }

  private void refused(byte[] bytes, String why) throws IOException {
    Files.write(file, bytes);
    assertThatThrownBy(this::read)
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith(file + ": ")
        .hasMessageContaining(why)
        .hasMessageNotContaining("\n");
  }

  private static byte[] replace(byte[] bytes, String from, String to) {
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    assertThat(text).contains(from);
    return text.replace(from, to).getBytes(StandardCharsets.ISO_8859_1);
  }
}
