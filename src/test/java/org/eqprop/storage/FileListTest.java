package org.eqprop.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.eqprop.base.InputException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileListTest {
  @TempDir Path folder;
  private final Storage storage = Storage.local();

  @BeforeEach
  void files() throws IOException {
    Files.createDirectory(folder.resolve("b 0"));
    for (String name : new String[] {"b 2", "b 1", "b 3", "c,d", "_b", ".b 4"}) {
      Files.write(folder.resolve(name), new byte[] {1, 2, 3});
    }
  }

  @Test
  void commasSeparateExceptWithinBraces() {
    assertThat(FileList.of(" a/{x,y{1,2}}.bin , b,,hdfs://h/{1,2},").locations())
        .containsExactly("a/{x,y{1,2}}.bin", "b", "hdfs://h/{1,2}");
    assertThat(FileList.of("{a,b").locations()).containsExactly("{a,b");
    assertThat(FileList.of("").locations()).isEmpty();
    assertThat(FileList.of("a , b")).hasToString("a,b");
  }

  @Test
  void makesEveryLocalPathAbsolute() {
    String here = System.getProperty("user.dir");
    assertThat(FileList.of("x/*.bin,hdfs:///y,{1,2}").absolute())
        .hasToString(here + "/x/*.bin,hdfs:///y," + here + "/{1,2}");
  }

  @Test
  void sortsTheFilesOfAPatternWithoutFoldersAndHiddenOnes() {
    String b = folder + "/b ";
    assertThat(FileList.of(b + "3," + folder + "/*b*").files(storage))
        .containsExactly(b + "3", b + "1", b + "2", b + "3");
    assertThat(FileList.of("file:" + folder + "/b [12]").files(storage))
        .containsExactly(b + "1", b + "2");
    assertThat(FileList.of(folder + "/c{?d,x}").files(storage)).containsExactly(folder + "/c,d");
    assertThatThrownBy(() -> FileList.of(folder + "/z*").files(storage))
        .isInstanceOf(InputException.class)
        .hasMessage(folder + "/z*: no such file");
    assertThatThrownBy(() -> FileList.of("nosuchfs://host/z*").files(storage))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("nosuchfs://host/z*: unreachable URI: ");
  }

  @Test
  void opensAFileFromAnyByte() throws IOException {
    String file = folder + "/b 1";
    for (int from = 0; from <= 3; from++) {
      try (InputStream in = storage.open(file, from)) {
        assertThat(in.readAllBytes()).hasSize(3 - from);
      }
    }
    assertThatThrownBy(() -> storage.open(file, 4))
        .isInstanceOf(InputException.class)
        .hasCauseInstanceOf(EOFException.class);
  }
}
