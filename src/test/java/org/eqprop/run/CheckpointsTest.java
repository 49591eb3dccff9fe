package org.eqprop.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.eqprop.base.InputException;
import org.eqprop.config.ConfigurationReader;
import org.eqprop.config.RunConfiguration;
import org.eqprop.dynamics.Measurement;
import org.eqprop.learning.UpdaterState;
import org.eqprop.model.ModelFile;
import org.eqprop.network.Network;
import org.eqprop.network.Weights;
import org.eqprop.spark.EpochReport;
import org.eqprop.spark.TrainingState;
import org.eqprop.storage.Storage;
import org.jspecify.annotations.Nullable;
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

  private static Weights weights(int epoch) {
    return Weights.glorotUniform(configuration().spec().network(), epoch);
  }

  private static void end(Checkpoints checkpoints, int... epochs) {
    end(checkpoints, (Weights) null, epochs);
  }

  private static void end(Checkpoints checkpoints, @Nullable Weights velocity, int... epochs) {
    Measurement none = Measurement.none(2);
    for (int epoch : epochs) {
      checkpoints.epochEnded(
          new EpochReport(epoch, none, null, null, 0, 0, 0, 0, Double.NaN, List.of()),
          new TrainingState(epoch, weights(epoch), velocity, 0.1 / epoch));
    }
  }

  private List<String> names() throws IOException {
    try (Stream<Path> files = Files.list(folder.resolve("c"))) {
      return files.map(p -> p.getFileName().toString()).sorted().toList();
    }
  }

  private static TrainingState newest(Checkpoints checkpoints, List<String> warnings) {
    return checkpoints.newest(warnings::add).orElseThrow();
  }

  @Test
  void aRunKilledInItsFirstCheckpointHasNothingToResumeFrom() throws IOException {
    assertThat(checkpoints().endedInFirst(0)).isFalse();
    Files.createDirectories(folder.resolve("c"));
    Path temporary =
        folder.resolve("c/.checkpoint-000002.safetensors.eqprop-0123abcd-0123456789abcdef.tmp");
    Files.writeString(temporary, "half");
    assertThat(checkpoints().endedInFirst(2)).isTrue();
    assertThat(checkpoints().endedInFirst(3)).as("the first checkpoint was due before").isFalse();
    assertThat(checkpoints("checkpoint.every=1").endedInFirst(1)).isFalse();
    assertThat(checkpoints("checkpoint.every=0").endedInFirst(0)).isFalse();
    Files.move(temporary, folder.resolve("c/.checkpoint-000004.safetensors.x.tmp"));
    assertThat(checkpoints().endedInFirst(2)).as("the first checkpoint was complete").isFalse();
    Files.writeString(temporary, "half");
    end(checkpoints(), 1, 2);
    Files.writeString(temporary, "half");
    assertThat(checkpoints().endedInFirst(2)).as("there is a checkpoint").isFalse();
  }

  @Test
  void writesEveryFewEpochsAndKeepsTheNewest() throws IOException {
    end(checkpoints(), 1, 2, 3, 4, 5, 6, 7);
    assertThat(names())
        .containsExactly("checkpoint-000004.safetensors", "checkpoint-000006.safetensors");
    TrainingState state = newest(checkpoints(), new ArrayList<>());
    assertThat(state.epoch()).isEqualTo(6);
    assertThat(state.weights()).isEqualTo(weights(6));
  }

  @Test
  void savesTheVelocityOfTheOuterOptimizer() {
    Weights velocity = weights(99);
    end(checkpoints(), velocity, 2);
    TrainingState state = newest(checkpoints(), new ArrayList<>());
    assertThat(state.velocity()).isEqualTo(velocity);
    assertThat(state.error()).isEqualTo(0.05);
    assertThat(state.weights()).isEqualTo(weights(2));
  }

  private static void end(Checkpoints checkpoints, UpdaterState state, int epoch) {
    Measurement none = Measurement.none(2);
    checkpoints.epochEnded(
        new EpochReport(epoch, none, null, null, 0, 0, 0, 0, Double.NaN, List.of()),
        new TrainingState(epoch, weights(epoch), state, null, Double.NaN));
  }

  @Test
  void savesTheStateOfTheUpdaters() {
    String adam = "training.updater.kind=adam";
    end(checkpoints(adam), new UpdaterState(List.of(weights(7), weights(8)), 42), 2);
    TrainingState state = newest(checkpoints(adam), new ArrayList<>());
    assertThat(state.updater().values().get(0)).isEqualTo(weights(7));
    assertThat(state.updater().values().get(1)).isEqualTo(weights(8));
    assertThat(state.updater().updates()).isEqualTo(42);
    assertThat(state.velocity()).isNull();
  }

  @Test
  void skipsAStateOfAnotherUpdater() {
    String momentum = "training.updater.kind=momentum";
    end(checkpoints(momentum), new UpdaterState(List.of(weights(7)), 42), 2);
    end(checkpoints(momentum), new UpdaterState(List.of(weights(7), weights(8)), 42), 4);
    List<String> warnings = new ArrayList<>();
    assertThat(newest(checkpoints(momentum), warnings).epoch()).isEqualTo(2);
    assertThat(warnings)
        .singleElement()
        .asString()
        .contains(
            "2 arrays of updater state: expected 1, since training.updater.kind = momentum has that"
                + " many");
  }

  /** Written by the version that knew only SGD; see its configuration. */
  @Test
  void resumesFromACheckpointOfTheVersionBeforeUpdaters() throws IOException {
    Files.createDirectories(folder.resolve("c"));
    Files.copy(
        Path.of("src/test/resources/checkpoint-without-updater.safetensors"),
        folder.resolve("c/checkpoint-000002.safetensors"));
    TrainingState state = newest(checkpoints(), new ArrayList<>());
    assertThat(state.epoch()).isEqualTo(2);
    assertThat(state.weights()).isEqualTo(weights(2));
    assertThat(state.velocity()).isEqualTo(weights(99));
    assertThat(state.updater().isZero()).isTrue();
    assertThat(state.error()).isEqualTo(0.05);
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
  void resumesFromTheCheckpointBeforeADamagedOne() throws IOException {
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
        .endsWith("falling back to the previous checkpoint");
  }

  private static ModelFile file(Network network, String key, String value) {
    Map<String, String> metadata = new HashMap<>();
    metadata.put(ModelFile.CONFIGURATION, configuration().toJson());
    metadata.put(ModelFile.EPOCH, "4");
    metadata.put("error", "0.1");
    metadata.put(key, value);
    return new ModelFile(Weights.glorotUniform(network, 1), metadata);
  }

  /** As from a run that wrote version 1, or from somebody who renamed files. */
  @Test
  void skipsACheckpointThatContradictsItself() throws IOException {
    Map<String, ModelFile> files =
        Map.of(
            "epoch = 3 in its metadata: expected the epoch in its file name",
            file(configuration().spec().network(), ModelFile.EPOCH, "3"),
            "epoch = -4 in its metadata",
            file(configuration().spec().network(), ModelFile.EPOCH, "-4"),
            "error = 7e3 in its metadata: expected a rate from 0 to 1",
            file(configuration().spec().network(), "error", "7e3"),
            "error = low in its metadata",
            file(configuration().spec().network(), "error", "low"),
            "its weights are of a network 4-2-2: expected 4-3-2",
            file(Network.of(4, 2, 2), "error", "0.1"),
            "checkpoint-000004.safetensors (configuration)",
            file(configuration().spec().network(), ModelFile.CONFIGURATION, "{"));
    end(checkpoints(), 2);
    for (Map.Entry<String, ModelFile> contradiction : files.entrySet()) {
      contradiction.getValue().write(storage, folder + "/c/checkpoint-000004.safetensors");
      List<String> warnings = new ArrayList<>();
      assertThat(newest(checkpoints(), warnings).epoch()).isEqualTo(2);
      assertThat(warnings)
          .singleElement()
          .asString()
          .contains(contradiction.getKey())
          .doesNotContain("\n")
          .endsWith("; falling back to the previous checkpoint");
    }
  }

  /**
   * Every 29th bit of the newest checkpoint, one at a time: a run never resumes from a changed
   * state.
   */
  @Test
  void neverResumesFromACheckpointWithAFlippedBit() throws IOException {
    end(checkpoints(), 2, 4);
    Path newest = folder.resolve("c/checkpoint-000004.safetensors");
    byte[] good = Files.readAllBytes(newest);
    for (int bit = 0; bit < 8 * good.length; bit += 29) {
      byte[] flipped = good.clone();
      flipped[bit / 8] ^= (byte) (1 << bit % 8);
      Files.write(newest, flipped);
      assertThat(newest(checkpoints(), new ArrayList<>()).epoch()).isEqualTo(2);
    }
  }

  @Test
  void refusesACheckpointOfAnotherConfigurationAndNamesTheKey() {
    end(checkpoints(), 2);
    assertThatThrownBy(() -> newest(checkpoints("training.batch=7"), new ArrayList<>()))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("--resume: training.batch = 7: expected 20, as in " + folder);
  }

  @Test
  void doesNotMixInCheckpointsOfAnotherRun() throws IOException {
    end(checkpoints(), 2);
    assertThatThrownBy(() -> Checkpoints.check(storage, folder + "/c", false))
        .isInstanceOf(InputException.class)
        .hasMessageContaining("checkpoint.dir = " + folder + "/c: has checkpoints of another run");
    Checkpoints.check(storage, folder + "/c", true);
    checkpoints().clear();
    assertThat(names()).isEmpty();
    assertThat(checkpoints().newest(w -> {})).isEmpty();
  }

  /** Otherwise the run would start from scratch and replace what is there. */
  @Test
  void refusesToResumeIfNoCheckpointCanBeRead() throws IOException {
    end(checkpoints(), 2, 4);
    for (String name : names()) {
      Files.write(folder.resolve("c").resolve(name), new byte[] {1});
    }
    assertThatThrownBy(() -> newest(checkpoints(), new ArrayList<>()))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("--resume: no checkpoint can be read; the oldest: " + folder);
  }

  @Test
  void deletesADamagedCheckpointAfterTheResumedState() throws IOException {
    end(checkpoints("checkpoint.keep=1"), 4);
    Files.copy(folder.resolve("c/checkpoint-000004.safetensors"), folder.resolve("c/kept"));
    Files.write(folder.resolve("c/checkpoint-000008.safetensors"), new byte[] {1});
    Checkpoints resumed = checkpoints("checkpoint.keep=1");
    assertThat(newest(resumed, new ArrayList<>()).epoch()).isEqualTo(4);
    end(resumed, 5, 6);
    assertThat(names()).containsExactly("checkpoint-000006.safetensors", "kept");
  }

  @Test
  void aResumedRunThatIsInterruptedImmediatelyKeepsItsCheckpoint() {
    end(checkpoints(), 2);
    Checkpoints resumed = checkpoints();
    assertThat(newest(resumed, new ArrayList<>()).epoch()).isEqualTo(2);
    assertThat(resumed.writeLast()).isEqualTo(2);
  }
}
