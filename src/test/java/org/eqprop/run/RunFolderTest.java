package org.eqprop.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.eqprop.Together;
import org.eqprop.base.InputException;
import org.eqprop.report.RunReport;
import org.eqprop.storage.Storage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunFolderTest {
  private static final String MODEL_THERE =
      "has model.safetensors, but there is no checkpoint in ck";

  @TempDir Path folder;
  private final Storage storage = Storage.local();

  @Test
  void writesOneLineOfMetricsPerEpoch() throws IOException {
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

  private RunFolder former(String location) {
    RunFolder run = RunFolder.create(storage, location, false);
    run.writeMachine(Map.of("program", "EqProp Spark 1"));
    run.writeConfiguration("topology = [4, 3, 2]");
    run.appendMetrics(Map.of("epoch", 1));
    run.writeResult(Map.of("testError", 0.5));
    return run;
  }

  @Test
  void anExistingRunIsLeftAloneUnlessOverwritten() throws IOException {
    String location = folder.resolve("run").toString();
    var unused = former(location);
    Path run = Path.of(location);
    Files.writeString(run.resolve("notes.txt"), "mine");
    Files.writeString(run.resolve("tracking.json"), "{}"); // names the previous run on a server
    Files.createDirectory(run.resolve("pictures"));
    for (String picture : List.of("error.svg", "outputs-3.svg", "weights-tiles.png")) {
      Files.writeString(run.resolve("pictures").resolve(picture), "old");
    }
    for (String picture : List.of("wedding.png", "my-error.svg", "outputs-x.svg")) {
      Files.writeString(run.resolve("pictures").resolve(picture), "mine");
    }
    assertThatThrownBy(() -> RunFolder.create(storage, location, false))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "--out "
                + location
                + ": exists already: choose another folder; if it is a run, continue it with"
                + " --resume or replace it with --overwrite");
    assertThat(run.resolve("result.json")).exists();
    unused = RunFolder.create(storage, location, true);
    assertThat(storage.list(location)).containsExactly("notes.txt", "pictures");
    assertThat(run.resolve("notes.txt")).hasContent("mine");
    assertThat(storage.list(location + "/pictures"))
        .containsExactly("my-error.svg", "outputs-x.svg", "wedding.png");
  }

  @Test
  void neverOverwritesAFolderThatIsNotARunFolder() throws IOException {
    Files.writeString(folder.resolve("model.safetensors"), "mine");
    for (String[] beside :
        new String[][] {
          {},
          {"config.conf", "a = 1"},
          {"machine.json", "{\"program\":\"another\"}"},
          {"machine.json", "no JSON"}
        }) {
      if (beside.length > 0) {
        Files.writeString(folder.resolve(beside[0]), beside[1]);
      }
      assertThatThrownBy(() -> RunFolder.create(storage, folder.toString(), true))
          .isInstanceOf(InputException.class)
          .hasMessageStartingWith("--overwrite: " + folder + " is not a run folder: expected");
    }
    assertThat(folder.resolve("model.safetensors")).hasContent("mine");
    var unused = RunFolder.create(storage, Files.createDirectory(folder.resolve("e")) + "", true);
  }

  @Test
  void neverDeletesPicturesBehindALink() throws IOException {
    String location = folder.resolve("run").toString();
    RunFolder run = former(location);
    Path album = Files.createDirectory(folder.resolve("album"));
    Files.writeString(album.resolve("error.svg"), "mine");
    Files.createSymbolicLink(folder.resolve("run/pictures"), album);
    for (org.assertj.core.api.ThrowableAssert.ThrowingCallable deleting :
        List.<org.assertj.core.api.ThrowableAssert.ThrowingCallable>of(
            () -> RunFolder.create(storage, location, true),
            run::startFromScratch,
            () -> RunFolder.pictures(storage, location).replace(Map.of("error.svg", new byte[0])),
            () -> RunReport.check(storage, location))) {
      assertThatThrownBy(deleting)
          .isInstanceOf(InputException.class)
          .hasMessageContaining("run/pictures: is a symbolic link: expected a folder");
    }
    assertThat(album.resolve("error.svg")).hasContent("mine");
    assertThat(folder.resolve("run/result.json")).exists();
  }

  @Test
  void onlyOneOfManyConcurrentRunsGetsAFolder() throws Exception {
    int count = 16;
    Set<String> explicit = ConcurrentHashMap.newKeySet();
    List<String> refused = Collections.synchronizedList(new ArrayList<>());
    List<String> standard =
        Together.run(
            count,
            () -> {
              String numbered = RunFolder.createNumbered(storage, folder + "/a/d").location();
              try {
                explicit.add(RunFolder.create(storage, folder + "/a/e", false).location());
              } catch (InputException e) {
                refused.add(String.valueOf(e.getMessage()));
              }
              return numbered;
            });
    assertThat(standard)
        .doesNotHaveDuplicates()
        .contains(folder + "/a/d", folder + "/a/d-" + count);
    assertThat(explicit).hasSize(1);
    assertThat(refused)
        .hasSize(count - 1)
        .allMatch(message -> message.contains("/a/e: exists already"));
  }

  @Test
  void doesNotDestroyARunWithoutACheckpoint() throws IOException {
    RunFolder run = former(folder + "/run");
    assertThatThrownBy(() -> run.requireNothingToLose("elsewhere/ck"))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "--resume: "
                + folder
                + "/run has metrics.jsonl, but there is no checkpoint in elsewhere/ck; nothing was"
                + " changed; put the checkpoints back, or add --from-scratch to train again from"
                + " the first epoch, replacing these files");
    Files.move(folder.resolve("run/metrics.jsonl"), folder.resolve("run/model.safetensors"));
    assertThatThrownBy(() -> run.requireNothingToLose("ck")).hasMessageContaining(MODEL_THERE);
    run.startFromScratch();
    run.requireNothingToLose("ck");
    assertThat(storage.list(folder + "/run")).isEmpty();
  }

  @Test
  void ignoresATornLineAndCutsItOffWithTheNextWrite() throws IOException {
    RunFolder run = RunFolder.create(storage, folder + "/run", false);
    for (int epoch = 1; epoch <= 4; epoch++) {
      run.appendMetrics(Map.of("epoch", epoch));
    }
    Path file = folder.resolve("run/metrics.jsonl");
    Files.writeString(file, "{\"epo", StandardOpenOption.APPEND);
    MetricsFile metrics = new MetricsFile(storage, file.toString());
    assertThat(metrics.read()).hasSize(4);
    String before = Files.readString(file);
    assertThat(run.takeOverMetrics(2)).hasSize(2);
    assertThat(file).as("until something is written").hasContent(before);
    run.appendMetrics(Map.of("epoch", 3, "again", true));
    run.appendMetrics(Map.of("epoch", 4));
    assertThat(Files.readAllLines(file))
        .hasSize(4)
        .startsWith("{\"epoch\":1}", "{\"epoch\":2}")
        .endsWith("{\"epoch\":4}");
    assertThatThrownBy(() -> run.takeOverMetrics(5))
        .isInstanceOf(InputException.class)
        .hasMessageEndingWith(": 4 epochs: expected at least 5");
  }

  @Test
  void refusesFilesThatAreTooLongInOneLine() throws IOException {
    Path run = Files.createDirectory(folder.resolve("run"));
    Files.writeString(run.resolve("config.conf"), "");
    MetricsFile metrics = new MetricsFile(storage, run + "/metrics.jsonl");
    String pad = " ".repeat(JsonFile.MOST);
    Files.writeString(run.resolve("metrics.jsonl"), "{\"epoch\":1}\n{\"epoch\":2" + pad + "}\n");
    for (ThrowingCallable read :
        List.<ThrowingCallable>of(metrics::read, () -> metrics.takeOver(2))) {
      assertThatThrownBy(read)
          .isInstanceOf(InputException.class)
          .hasMessage(
              run + "/metrics.jsonl: line 2: damaged: expected at most 1,048,576 characters");
    }
    assertThat(metrics.takeOver(1)).hasSize(1);
    Files.delete(run.resolve("metrics.jsonl"));
    for (String file : List.of("result.json", "machine.json")) {
      Files.writeString(run.resolve(file), "{}" + pad);
      assertThatThrownBy(() -> RunData.read(storage, run.toString(), true))
          .isInstanceOf(InputException.class)
          .hasMessage(run + "/" + file + ": expected a file of at most 1,048,576 bytes");
      Files.delete(run.resolve(file));
    }
    Files.writeString(
        run.resolve("figures.json"), pad.repeat(TestFindings.MOST / JsonFile.MOST) + "1");
    assertThatThrownBy(() -> RunData.read(storage, run.toString(), true))
        .isInstanceOf(InputException.class)
        .hasMessage(run + "/figures.json: expected a file of at most 67,108,864 bytes");
  }

  @Test
  void reportsAFileInTheWayInOneLine() throws IOException {
    Path file = Files.writeString(folder.resolve("f"), "mine");
    for (String location : new String[] {file.toString(), file.resolve("deeper").toString()}) {
      assertThatThrownBy(() -> RunFolder.create(storage, location, true))
          .isInstanceOf(InputException.class)
          .hasMessageMatching(Pattern.quote(location) + ": cannot be (read|written): .+")
          .hasMessageNotContaining("\n");
    }
    assertThat(file).hasContent("mine");
  }
}
