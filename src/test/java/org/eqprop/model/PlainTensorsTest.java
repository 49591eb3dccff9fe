package org.eqprop.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.eqprop.base.InputException;
import org.eqprop.network.Network;
import org.eqprop.network.Weights;
import org.eqprop.storage.Storage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlainTensorsTest {
  /** The header for a network 2-1-2, biases first, one of them as a row; 7 numbers from 0 to 6. */
  private static final String HEADER =
      "{'b_1':{'dtype':'F32','shape':[1,1],'data_offsets':[0,4]},"
          + "'b_2':{'dtype':'F32','shape':[2],'data_offsets':[4,12]},"
          + "'W_2':{'dtype':'F32','shape':[1,2],'data_offsets':[20,28]},"
          + "'W_1':{'dtype':'F32','shape':[2,1],'data_offsets':[12,20]}}";

  @TempDir Path folder;

  private String write(String header) throws IOException {
    byte[] json = header.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    ByteBuffer bytes = ByteBuffer.allocate(8 + json.length + 28).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putLong(json.length).put(json);
    for (int i = 0; i < 7; i++) {
      bytes.putFloat(i);
    }
    return Files.write(folder.resolve("x.safetensors"), bytes.array()).toString();
  }

  @Test
  void findsTensorsInAnyOrder() throws IOException {
    ModelFile read = PlainTensors.read(Storage.local(), write(HEADER));
    assertThat(read.network()).isEqualTo(Network.of(2, 1, 2));
    assertThat(read.weights().values()).containsExactly(3, 4, 0, 5, 6, 1, 2);
    assertThat(read.metadata()).isEmpty();
    String described = "{'__metadata__':{'topology':'small'}," + HEADER.substring(1);
    assertThat(PlainTensors.read(Storage.local(), write(described)).weights())
        .isEqualTo(read.weights());
  }

  @Test
  void aModelFileOfThisProgramKeepsItsMetadata() throws IOException {
    String file = folder.resolve("own.safetensors").toString();
    Weights parameters = Weights.glorotUniform(Network.of(2, 1, 2), 1);
    new ModelFile(parameters, Map.of("epoch", "3")).write(Storage.local(), file);
    ModelFile read = PlainTensors.read(Storage.local(), file);
    assertThat(read.weights()).isEqualTo(parameters);
    assertThat(read.metadata()).containsEntry("epoch", "3");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'W_1' | 'V_1' | expected tensors W_1, b_1, W_2, …, found b_1, b_2, V_1, W_2",
        "'W_2' | 'W_3' | it also holds W_3, b_2: expected only W_k and b_k, k from 1 to 1",
        "'W_1' | 'W_01' | found b_1, b_2, W_01, W_2",
        "[2,1] | [2] | W_1 is not a matrix: its shape is [2]",
        "[2,1] | [4294967298,1] | W_1 has the shape [4294967298,1]: expected whole numbers",
        "[2,1] | [2147483647,2147483647,4] | W_1: 8 bytes do not match F32 [2147483647,2147483647,4]",
        "[2,1] | [-2,-1] | W_1 has the shape [-2,-1]",
        "[2,1] | ['2',1] | W_1 has the shape",
        "[2,1] | [2.0,1] | W_1 has the shape",
        "[2,1] | 2 | W_1: 8 bytes do not match F32 2",
        "[2,1] | {'a':2} | W_1",
        "'shape':[1,2] | 'shape':[2,1] | W_2 is [2, 1]: expected F32 [1, 1]",
        "'b_2':{'dtype':'F32' | 'b_2':{'dtype':'F64' | b_2 has the dtype 'F64': expected F32",
        "'b_2':{'dtype':'F32' | 'b_2':{'dtype':32 | b_2 has the dtype 32: expected F32",
        "'b_2' | 'b_3' | b_2 is missing: expected F32 [2]",
        "'b_2' | 'b_1' | not valid JSON: Duplicate field",
        "[12,20] | [32,40] | W_2 starts at byte 20 of the data: expected 12",
        "[12,20] | [20,28] | W_1 starts at byte 20 of the data: expected 12, without overlaps or holes",
        "[12,20] | [8,16] | W_1 starts at byte 8 of the data: expected 12",
        "[12,20] | ['12','20'] | W_1 has the data_offsets ['12','20']: expected [from, to]",
        "[12,20] | [20,12] | W_1 has the data_offsets",
        "[12,20] | [12] | W_1 has the data_offsets",
        "[12,20] | [12,20,20] | W_1 has the data_offsets",
        "[12,20] | [12,9223372036854775807] | W_1: 9223372036854775795 bytes do not match F32 [2,1]",
        "[12,20] | [12,92233720368547758070] | W_1 has the data_offsets",
        "[12,20] | [-1,7] | W_1 has the data_offsets",
        "[20,28] | [20,32] | W_2: 12 bytes do not match F32 [1,2]",
        "'shape':[1,2] | 'chape':[1,2] | W_2 is not a tensor with dtype, shape and data_offsets",
        "'shape':[1,2] | 'shape':[1,2],'more':1 | W_2 is not a tensor",
        "'shape':[1,2] | 'shape':[[[[1]]]] | nesting depth",
        "{'b_1' | {'__metadata__':1,'b_1' | __metadata__ is not an object",
        "{'b_1' | {'__metadata__':{'a':1},'b_1' | is not a text",
        "{'b_1' | {'__metadata__':{'a':'1','a':'2'},'b_1' | Duplicate field",
        "{'b_1' | {'__metadata__':{'eqprop-spark.crc32':'0'},'b_1' | model format version none",
        "{'b_1' | {{'b_1' | its header is not valid JSON",
        "[12,20]}} | [12,20]}} {'more':1} | not valid JSON: Trailing token",
        "[12,20]}} | [12,20]}} !! | its header is not valid JSON"
      })
  void refusesTensorsThatAreNotANetworkInOneLine(String part, String changed, String expected)
      throws IOException {
    assertThat(HEADER).contains(part);
    String file = write(HEADER.replace(part, changed));
    assertThatThrownBy(() -> PlainTensors.read(Storage.local(), file))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith(file + ": ")
        .hasMessageContaining(expected.replace('\'', '"'))
        .hasMessageNotContaining("\n");
  }

  @Test
  void theHeaderMustStartWithABraceAndBeUtf8() throws IOException {
    for (String header : List.of(" " + HEADER, "[" + HEADER + "]", "\ufeff" + HEADER)) {
      String file = write(header);
      assertThatThrownBy(() -> PlainTensors.read(Storage.local(), file))
          .hasMessageContaining("its header does not start with a brace");
    }
    Path file = Path.of(write(HEADER.replace("{'b_1'", "{'__metadata__':{'a':'?'},'b_1'")));
    byte[] bytes = Files.readAllBytes(file);
    bytes[8 + HEADER.indexOf("'b_1'") + "'__metadata__':{'a':'".length()] = (byte) 0xc0;
    Files.write(file, bytes);
    assertThatThrownBy(() -> PlainTensors.read(Storage.local(), file.toString()))
        .hasMessageContaining("its header is not valid UTF-8");
  }

  /** A bogus length must not allocate memory. */
  @Test
  void refusesAHeaderLongerThanTheFileAsTruncated() throws IOException {
    byte[] bytes = ByteBuffer.allocate(9).order(ByteOrder.LITTLE_ENDIAN).putLong(1 << 24).array();
    Path file = Files.write(folder.resolve("short"), bytes);
    assertThatThrownBy(() -> PlainTensors.read(Storage.local(), file.toString()))
        .hasMessage(file + ": not a valid safetensors file: it is truncated");
  }

  @Test
  void refusesWeightsThatAreNotFinite() throws IOException {
    Path file = Path.of(write(HEADER));
    byte[] bytes = Files.readAllBytes(file);
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putFloat(bytes.length - 4, Float.NaN);
    Files.write(file, bytes);
    assertThatThrownBy(() -> PlainTensors.read(Storage.local(), file.toString()))
        .isInstanceOf(InputException.class)
        .hasMessage(file + ": W_2[0, 1] is NaN: expected finite numbers");
  }

  @Test
  void refusesFilesThatAreNotSafetensors() throws IOException {
    Path file = Files.writeString(folder.resolve("text"), "hello, world, this is no header");
    assertThatThrownBy(() -> PlainTensors.read(Storage.local(), file.toString()))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("neither a safetensors file nor a zip");
    Path empty = Files.writeString(folder.resolve("empty"), "");
    assertThatThrownBy(() -> PlainTensors.read(Storage.local(), empty.toString()))
        .hasMessageContaining("it is truncated");
  }
}
