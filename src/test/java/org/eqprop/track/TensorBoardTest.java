package org.eqprop.track;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.eqprop.base.InputException;
import org.eqprop.storage.Storage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TensorBoardTest {
  private static final Clock CLOCK =
      Clock.fixed(Instant.ofEpochMilli(1_700_000_000_125L), ZoneOffset.UTC);
  private static final String EPOCH =
      "at 1700000000.125 step %d trainError=%s validationError=0.1 energy=%s cost=0.1"
          + " examples=80.0 seconds=2.5 computeSeconds=1.5 broadcastSeconds=0.25 mergeSeconds=0.25"
          + " evaluateSeconds=0.5 imagesPerSecond=40.0";

  @TempDir Path folder;
  private final List<String> warnings = new ArrayList<>();

  private TensorBoard board(int epochs) {
    return new TensorBoard(Storage.local(), folder.toString(), "one", epochs, warnings::add, CLOCK);
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(folder.resolve("one"))) {
      return files.sorted().toList();
    }
  }

  @Test
  void writesEachEpochWhenItHasEnded() throws IOException {
    TensorBoard board = board(0);
    assertThat(files()).hasSize(1);
    Path file = files().get(0);
    assertThat(file.getFileName().toString()).startsWith("events.out.tfevents.1700000000125.");
    String[] beginning = {
      "at 1700000000.125 version brain.Event:2", "at 1700000000.125 step 1 start"
    };
    assertThat(EventReader.read(file)).containsExactly(beginning);
    var unused = Epochs.tell(board, 1);
    assertThat(EventReader.read(file))
        .containsExactly(
            beginning[0], beginning[1], String.format(Locale.ROOT, EPOCH, 1, "0.0125", "-2.0"));
    unused = Epochs.tell(board, 300); // a step of two bytes
    assertThat(EventReader.read(file))
        .hasSize(4)
        .last()
        .isEqualTo(String.format(Locale.ROOT, EPOCH, 300, "3.75", "-600.0"));
    assertThat(warnings).isEmpty();
  }

  /** The start of a session makes TensorBoard drop the same steps of an earlier file. */
  @Test
  void aResumedRunStartsAnotherFileAtItsNextEpoch() throws IOException {
    var unused = Epochs.tell(board(0), 1);
    unused = Epochs.tell(board(1), 2);
    assertThat(files()).hasSize(2);
    assertThat(files().stream().map(TensorBoardTest::second))
        .containsExactlyInAnyOrder(
            "at 1700000000.125 step 1 start", "at 1700000000.125 step 2 start");
  }

  private static String second(Path file) {
    try {
      return EventReader.read(file).get(1);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void refusesAFolderThatCannotBeWrittenAndWarnsOnceOfALaterFailure() throws IOException {
    Files.writeString(folder.resolve("one"), "a file");
    assertThatThrownBy(() -> board(0))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith(folder + "/one: cannot be written");
    Files.delete(folder.resolve("one"));
    TensorBoard board = board(0);
    Path file = files().get(0);
    Files.delete(file);
    Files.createDirectory(file);
    var unused = Epochs.tell(board, 1);
    unused = Epochs.tell(board, 2);
    assertThat(warnings).hasSize(1);
    assertThat(warnings.get(0)).startsWith("no more events for TensorBoard: " + file);
  }

  /**
   * The golden file was read by TensorBoard 2.21.0: its {@code EventAccumulator} returned the tags
   * «α/β» and «error» with the values 0.5 (step 7) and 0.25, 1e-3 (steps 7, 1234567).
   */
  @Test
  void writesTheBytesThatTensorBoardHasRead() throws IOException {
    Path file = folder.resolve("events.out.tfevents.1");
    EventFile events = new EventFile(Storage.local(), file.toString(), 7, 1_700_000_000.125);
    Map<String, Double> values = new LinkedHashMap<>();
    values.put("error", 0.25);
    values.put("α/β", 0.5);
    events.scalars(7, 1_700_000_001.5, values);
    events.scalars(1_234_567, 1_700_000_002.5, Map.of("error", 1e-3));
    try (var golden =
        Objects.requireNonNull(getClass().getResourceAsStream("/golden/events.out.tfevents"))) {
      assertThat(Files.readAllBytes(file)).isEqualTo(golden.readAllBytes());
    }
  }
}
