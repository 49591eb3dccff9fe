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
import java.util.Map;
import org.eqprop.data.InputException;
import org.eqprop.data.Storage;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelFileTest {
  private static final Topology TOPOLOGY = Topology.of(5, 4, 3);

  @TempDir Path folder;
  private final Storage storage = Storage.local();
  private final float[] parameters = Parameters.glorotUniform(TOPOLOGY, 1);
  private Path file = Path.of("");

  @BeforeEach
  void write() throws IOException {
    file = folder.resolve("model.safetensors");
    parameters[20] = 0.5f; // the first bias
    new ModelFile(TOPOLOGY, parameters, Map.of(ModelFile.CONFIGURATION, "{\"β\":\"≥\"}"))
        .write(storage, file.toString());
  }

  private ModelFile read() {
    return ModelFile.read(storage, file.toString());
  }

  @Test
  void roundTrip() {
    ModelFile model = read();
    assertThat(model.topology()).isEqualTo(TOPOLOGY);
    assertThat(model.parameters()).isEqualTo(parameters);
    assertThat(model.metadata()).containsEntry(ModelFile.CONFIGURATION, "{\"β\":\"≥\"}");
  }

  /** DJL's own safetensors reader, which knows nothing of this project. */
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
      assertThat(values).isEqualTo(Arrays.copyOf(parameters, 20));
      var bias = list.stream().filter(a -> a.getName().equals("b_1")).findFirst().orElseThrow();
      assertThat(bias.getShape().getShape()).containsExactly(4);
    }
  }

  @Test
  void theSameModelIsTheSameBytesInEveryProcess() throws IOException {
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
  void damagedFilesAreRefusedInOneLine() throws IOException {
    byte[] good = Files.readAllBytes(file);
    for (int length : new int[] {0, 4, 8, 50, good.length - 1}) {
      refused(Arrays.copyOf(good, length), "truncated");
    }
    refused(Arrays.copyOf(good, good.length + 1), "goes on behind its last tensor");
    byte[] flipped = good.clone();
    flipped[good.length - 10] ^= 1;
    refused(flipped, "checksum");
    refused(
        "not a model at all, but long enough to be one".getBytes(StandardCharsets.UTF_8),
        "no safetensors header");
    byte[] noJson = good.clone();
    noJson[8] = 'x';
    refused(noJson, "no JSON");
    refused(replace(good, "\"shape\":[5,4]", "\"shape\":[4,5]"), "W_1");
    refused(replace(good, "__metadata__", "__metabata__"), "no metadata");
    refused(replace(good, "\"topology\":\"5-4-3\"", "\"topology\":\"5-x-3\""), "5-x-3");
  }

  @Test
  void anotherFormatVersionIsRefusedByNumber() throws IOException {
    byte[] bytes =
        replace(
            Files.readAllBytes(file),
            "\"eqprop-spark.model\":\"1\"",
            "\"eqprop-spark.model\":\"7\"");
    Files.write(file, bytes);
    assertThatThrownBy(this::read)
        .isInstanceOf(InputException.class)
        .hasMessageContaining("version 7: expected version 1");
  }

  @Test
  void missingFile() {
    assertThatThrownBy(() -> ModelFile.read(storage, folder.resolve("none").toString()))
        .isInstanceOf(InputException.class)
        .hasMessageEndingWith("no such file");
  }

  private void refused(byte[] bytes, String why) throws IOException {
    Files.write(file, bytes);
    assertThatThrownBy(this::read)
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith(file + ": not a model of this program, or damaged: ")
        .hasMessageContaining(why)
        .hasMessageNotContaining("\n");
  }

  private static byte[] replace(byte[] bytes, String from, String to) {
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    assertThat(text).contains(from);
    return text.replace(from, to).getBytes(StandardCharsets.ISO_8859_1);
  }
}
