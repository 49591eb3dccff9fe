package org.eqprop.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.eqprop.config.ConfigurationReader;
import org.eqprop.config.RunConfiguration;
import org.eqprop.data.InputException;
import org.eqprop.data.Storage;
import org.eqprop.distributed.EpochReport;
import org.eqprop.dynamics.Measurement;
import org.eqprop.model.Parameters;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointsTest {
  @TempDir Path folder;
  private final Storage storage = Storage.local();

  private static RunConfiguration configuration(String... assignments) {
    ConfigurationReader reader =
        new ConfigurationReader()
            .set("topology=[4,3,2]")
            .set("averaging.replicas=2")
            .set("checkpoint.every=2");
    for (String assignment : assignments) {
      reader = reader.set(assignment);
    }
    return reader.read();
  }

  private Checkpoints checkpoints(String... assignments) {
    return new Checkpoints(storage, folder + "/c", configuration(assignments));
  }

  private static float[] weights(int epoch) {
    return Parameters.glorotUniform(configuration().rule().topology(), epoch);
  }

  private static void end(Checkpoints checkpoints, int... epochs) {
    Measurement none = Measurement.none(2);
    for (int epoch : epochs) {
      checkpoints.epochEnded(
          new EpochReport(epoch, none, null, null, 0, 0, 0, 0, List.of()), weights(epoch));
    }
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(folder.resolve("c"))) {
      return files.map(p -> p.getFileName().toString()).sorted().toList();
    }
  }

  private static Checkpoints.State newest(Checkpoints checkpoints, List<String> warnings) {
    return checkpoints.newest(warnings::add).orElseThrow();
  }

  @Test
  void everySoManyEpochsAndTheNewestAreKept() throws IOException {
    end(checkpoints(), 1, 2, 3, 4, 5, 6, 7);
    assertThat(names())
        .containsExactly("checkpoint-000004.safetensors", "checkpoint-000006.safetensors");
    Checkpoints.State state = newest(checkpoints(), new ArrayList<>());
    assertThat(state.epoch()).isEqualTo(6);
    assertThat(state.parameters()).isEqualTo(weights(6));
  }

  @Test
  void anInterruptionWritesTheLastEpochOnce() throws IOException {
    Checkpoints checkpoints = checkpoints("checkpoint.every=0");
    assertThat(checkpoints.writeLast()).isZero();
    end(checkpoints, 1, 2, 3);
    assertThat(folder.resolve("c")).doesNotExist();
    assertThat(checkpoints.writeLast()).isEqualTo(3);
    assertThat(names()).containsExactly("checkpoint-000003.safetensors");
  }

  @Test
  void aDamagedNewestFallsBackToTheOneBeforeSayingSo() throws IOException {
    end(checkpoints(), 2, 4);
    Path newest = folder.resolve("c/checkpoint-000004.safetensors");
    byte[] bytes = Files.readAllBytes(newest);
    bytes[bytes.length - 1] ^= 1;
    Files.write(newest, bytes);
    List<String> warnings = new ArrayList<>();
    assertThat(newest(checkpoints(), warnings).epoch()).isEqualTo(2);
    assertThat(warnings)
        .singleElement()
        .asString()
        .startsWith(newest + ": not a model of this program, or damaged: the checksum")
        .endsWith("going back to the checkpoint before");
  }

  @Test
  void aCheckpointOfAnotherConfigurationIsRefusedNamingTheKey() {
    end(checkpoints(), 2);
    assertThatThrownBy(() -> newest(checkpoints("training.batch=7"), new ArrayList<>()))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("--resume: training.batch = 7: expected 20, as in " + folder);
  }

  @Test
  void anotherRunsCheckpointsAreNotMixedIn() throws IOException {
    end(checkpoints(), 2);
    assertThatThrownBy(() -> checkpoints().clear(false))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("checkpoint.dir = " + folder + "/c: has checkpoints of another run");
    checkpoints().clear(true);
    assertThat(names()).isEmpty();
    assertThat(checkpoints().newest(w -> {})).isEmpty();
  }
}
