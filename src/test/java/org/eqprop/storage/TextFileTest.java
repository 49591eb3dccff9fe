package org.eqprop.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.eqprop.base.InputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TextFileTest {
  @TempDir Path folder;

  private String read(byte[] bytes) throws IOException {
    Path file = Files.write(folder.resolve("t.conf"), bytes);
    return TextFile.read(Storage.local(), file.toString(), 100);
  }

  private String read(String text, Charset charset) throws IOException {
    return read(text.getBytes(charset));
  }

  @Test
  void readsUtf8AndUtf16WithoutTheirByteOrderMarks() throws IOException {
    assertThat(read("größe\r\n", StandardCharsets.UTF_8)).isEqualTo("größe\r\n");
    assertThat(read("\uFEFFβ", StandardCharsets.UTF_8)).isEqualTo("β");
    assertThat(read("\uFEFFβ", StandardCharsets.UTF_16LE)).isEqualTo("β");
    assertThat(read("\uFEFFβ", StandardCharsets.UTF_16BE)).isEqualTo("β");
    assertThat(read("", StandardCharsets.UTF_8)).isEmpty();
    assertThat(read("a".repeat(100), StandardCharsets.UTF_8)).hasSize(100);
  }

  @Test
  void refusesOtherBytes() {
    assertThatThrownBy(() -> read("größe", StandardCharsets.ISO_8859_1))
        .isInstanceOf(InputException.class)
        .hasMessage(
            folder.resolve("t.conf")
                + ": not valid text: expected UTF-8, or UTF-16 with a byte order mark");
    assertThatThrownBy(() -> read("a".repeat(101), StandardCharsets.UTF_8))
        .isInstanceOf(InputException.class)
        .hasMessage(folder.resolve("t.conf") + ": expected a text of at most 100 bytes");
    assertThatThrownBy(() -> TextFile.read(Storage.local(), folder.toString(), 100))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith(folder + ": ");
  }
}
