package org.eqprop.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.eqprop.data.InputException;
import org.eqprop.data.Storage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PlainTensorsTest {
  /** Of a network 2-1-2, biases first, one of them a row; 9 numbers from 0 to 8. */
  private static final String HEADER =
      "{'b_1':{'dtype':'F32','shape':[1,1],'data_offsets':[0,4]},"
          + "'b_2':{'dtype':'F32','shape':[2],'data_offsets':[4,12]},"
          + "'other':{'dtype':'I64','shape':[1],'data_offsets':[28,36]},"
          + "'W_2':{'dtype':'F32','shape':[1,2],'data_offsets':[20,28]},"
          + "'W_1':{'dtype':'F32','shape':[2,1],'data_offsets':[12,20]}}";

  @TempDir Path folder;

  private String write(String header) throws IOException {
    byte[] json = header.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    ByteBuffer bytes = ByteBuffer.allocate(8 + json.length + 36).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putLong(json.length).put(json);
    for (int i = 0; i < 9; i++) {
      bytes.putFloat(i);
    }
    return Files.write(folder.resolve("x.safetensors"), bytes.array()).toString();
  }

  @Test
  void tensorsAreFoundInAnyOrder() throws IOException {
    ModelFile read = PlainTensors.read(Storage.local(), write(HEADER));
    assertThat(read.topology()).isEqualTo(Topology.of(2, 1, 2));
    assertThat(read.parameters()).containsExactly(3, 4, 0, 5, 6, 1, 2);
    assertThat(read.metadata()).isEmpty();
  }

  @Test
  void aModelFileOfThisProgramKeepsItsMetadata() throws IOException {
    String file = folder.resolve("own.safetensors").toString();
    float[] parameters = Parameters.glorotUniform(Topology.of(2, 1, 2), 1);
    new ModelFile(Topology.of(2, 1, 2), parameters, Map.of("epoch", "3"))
        .write(Storage.local(), file);
    ModelFile read = PlainTensors.read(Storage.local(), file);
    assertThat(read.parameters()).isEqualTo(parameters);
    assertThat(read.metadata()).containsEntry("epoch", "3");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'W_1' | 'V_1' | W_2 without the layers before it",
        "[2,1] | [2] | W_1 is no matrix",
        "[2,1] | [4294967298,1] | W_1 is no matrix",
        "'other' | 'W_4' | W_4 without the layers before it",
        "[12,20] | [9223372036854775800,-9223372036854775808] | W_1 lies outside of the file",
        "'shape':[1,2] | 'shape':[2,2] | W_2 is F32 [2, 2]: expected F32 [1, 2]",
        "'b_2':{'dtype':'F32' | 'b_2':{'dtype':'F64' | b_2 is F64 [2]: expected F32 [2]",
        "'b_2' | 'b_3' | b_2 is missing []: expected F32 [2]",
        "[12,20] | [32,40] | W_1 lies outside of the file",
        "[12,20] | [12,16] | W_1 lies outside of the file",
        "[2,1] | [0,1] | layer sizes from 1",
        "{'b_1' | {{'b_1' | its header is no JSON"
      })
  void whatIsNoNetworkIsSaidInALine(String part, String changed, String expected)
      throws IOException {
    assertThat(HEADER).contains(part);
    String file = write(HEADER.replace(part, changed));
    assertThatThrownBy(() -> PlainTensors.read(Storage.local(), file))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith(file + ": no safetensors file of a network: ")
        .hasMessageContaining(expected);
  }

  @Test
  void whatIsNoSafetensorsIsRefused() throws IOException {
    Path file = Files.writeString(folder.resolve("text"), "hello, world, this is no header");
    assertThatThrownBy(() -> PlainTensors.read(Storage.local(), file.toString()))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("no safetensors header");
    Path empty = Files.writeString(folder.resolve("empty"), "");
    assertThatThrownBy(() -> PlainTensors.read(Storage.local(), empty.toString()))
        .hasMessageContaining("no safetensors header");
  }
}
