package org.eqprop.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StorageTest {
  @TempDir Path folder;
  private final Storage storage = Storage.local();

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(p -> p.getFileName().toString()).toList();
    }
  }

  @Test
  void writesReplaceTheWholeFile() throws IOException {
    String file = folder.resolve("f").toString();
    storage.writeAtomically(file, out -> out.write(new byte[] {1, 2, 3}));
    storage.writeAtomically(file, out -> out.write(new byte[] {4}));
    try (InputStream in = storage.open(file)) {
      assertThat(in.readAllBytes()).containsExactly(4);
    }
    assertThat(names()).containsExactly("f");
  }

  @Test
  void aWriteThatFailsLeavesTheOldFileAndNothingElse() throws IOException {
    String file = folder.resolve("f").toString();
    storage.writeAtomically(file, out -> out.write(new byte[] {1, 2, 3}));
    assertThatThrownBy(
            () ->
                storage.writeAtomically(
                    file,
                    out -> {
                      out.write(9);
                      throw new IOException("disk full");
                    }))
        .hasMessage("disk full");
    assertThat(Files.readAllBytes(folder.resolve("f"))).containsExactly(1, 2, 3);
    assertThat(names()).containsExactly("f");
  }

  @Test
  void foldersAndDeletion() throws IOException {
    String deep = folder.resolve("a/b").toString();
    assertThat(storage.exists(deep)).isFalse();
    storage.createFolder(deep);
    assertThat(storage.exists(deep)).isTrue();
    storage.writeAtomically(deep + "/f", out -> out.write(1));
    storage.delete(deep + "/f");
    storage.delete(deep + "/f");
    assertThat(storage.exists(deep + "/f")).isFalse();
  }

  @Test
  void whatIsLocal() {
    assertThat(Storage.isLocal("runs/x")).isTrue();
    assertThat(Storage.isLocal("/runs/x")).isTrue();
    assertThat(Storage.isLocal("file:///runs/x")).isTrue();
    assertThat(Storage.isLocal("hdfs://host:9000/x")).isFalse();
    assertThat(Storage.isLocal("s3a://bucket/x")).isFalse();
    assertThat(Storage.isLocal("classpath:mnist/x")).isFalse();
  }

  @Test
  void aLocationThatHadoopDoesNotKnowIsOneLine() {
    for (String location : List.of("hdfs://no-such-host.invalid:9000/x", "hdfs:")) {
      assertThatThrownBy(() -> storage.open(location))
          .isInstanceOf(InputException.class)
          .hasMessageStartingWith(location + ": no location of a Hadoop file system: ")
          .hasMessageNotContaining("\n");
      assertThatThrownBy(() -> storage.exists(location)).isInstanceOf(InputException.class);
      assertThatThrownBy(() -> storage.writeAtomically(location, out -> out.write(1)))
          .isInstanceOf(InputException.class);
    }
  }

  @Test
  void reasonsAreOneLineOfWords() {
    assertThat(InputException.reason(new java.nio.file.NoSuchFileException("/x")))
        .isEqualTo("no such file or folder");
    assertThat(InputException.reason(new java.nio.file.AccessDeniedException("/x")))
        .isEqualTo("permission denied");
    assertThat(InputException.reason(new IOException("disk full\n\tat some.Class")))
        .isEqualTo("disk full");
    assertThat(InputException.reason(new java.net.UnknownHostException("nn")))
        .isEqualTo("UnknownHostException (nn)");
    assertThat(InputException.reason(new java.io.EOFException())).isEqualTo("EOFException");
  }

  @Test
  void anUnknownFileSystemIsOneLine() {
    assertThatThrownBy(() -> storage.open("nosuchfs://host/x"))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("nosuchfs://host/x: cannot be read: ")
        .hasMessageNotContaining("\n");
  }
}
