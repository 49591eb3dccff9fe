package org.eqprop.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.eqprop.data.InputException;
import org.eqprop.data.Storage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunFolderTest {
  @TempDir Path folder;
  private final Storage storage = Storage.local();

  @Test
  void metricsAreALineAnEpoch() throws IOException {
    RunFolder run = RunFolder.create(storage, folder.resolve("a/b").toString(), false);
    Map<String, Object> line = new LinkedHashMap<>();
    line.put("epoch", 1);
    line.put("testError", null);
    run.appendMetrics(line);
    line.put("epoch", 2);
    run.appendMetrics(line);
    assertThat(Files.readAllLines(folder.resolve("a/b/metrics.jsonl")))
        .containsExactly("{\"epoch\":1,\"testError\":null}", "{\"epoch\":2,\"testError\":null}");
  }

  @Test
  void anExistingFolderIsLeftAloneUnlessOverwritten() throws IOException {
    Files.writeString(folder.resolve("result.json"), "old");
    Files.writeString(folder.resolve("notes.txt"), "mine");
    String location = folder.toString();
    assertThatThrownBy(() -> RunFolder.create(storage, location, false))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "--out "
                + location
                + ": exists already: choose another folder, or add --overwrite to replace that run");
    assertThat(folder.resolve("result.json")).hasContent("old");
    var unused = RunFolder.create(storage, location, true);
    assertThat(folder.resolve("result.json")).doesNotExist();
    assertThat(folder.resolve("notes.txt")).hasContent("mine");
  }

  @Test
  void aFileInTheWayIsOneLine() throws IOException {
    Path file = Files.writeString(folder.resolve("f"), "mine");
    for (String location : new String[] {file.toString(), file.resolve("deeper").toString()}) {
      assertThatThrownBy(() -> RunFolder.create(storage, location, true))
          .isInstanceOf(InputException.class)
          .hasMessageStartingWith("--out " + location + ": cannot be written: ")
          .hasMessageNotContaining("\n");
    }
    assertThat(file).hasContent("mine");
  }
}
