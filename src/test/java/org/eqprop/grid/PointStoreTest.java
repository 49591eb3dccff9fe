package org.eqprop.grid;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.eqprop.learning.UpdaterState;
import org.eqprop.network.Weights;
import org.eqprop.spark.TrainingState;
import org.eqprop.storage.Storage;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PointStoreTest {
  @TempDir Path folder;

  private static Grid grid(String betas) {
    return GridFiles.parse(
            "set { topology = [4, 3, 2] }, axes { estimator.beta = " + betas + " }", "g.conf", null)
        .grid(Storage.local());
  }

  @Test
  void readsBackWhatWasRecorded() {
    Grid grid = grid("[0.1, 0.2]");
    Point second = grid.points().get(1);
    Weights weights = Weights.glorotUniform(second.configuration().spec().network(), 3);
    Weights velocity = Weights.glorotUniform(second.configuration().spec().network(), 4);
    UpdaterState state = new UpdaterState(List.of(velocity, weights), 12);
    PointStore ledger =
        new PointStore(Storage.local(), folder + "/points", Objective.VALIDATION_ERROR);
    assertThat(ledger.read(grid, this::unexpected)).isEmpty();
    for (PointResult.@Nullable Failure failure :
        new PointResult.@Nullable Failure[] {
          null, new PointResult.Failure("epoch 2: collapsed", true)
        }) {
      LearningCurve curve =
          new LearningCurve(List.of(0.5, 0.3), List.of(0.4, 0.25), List.of(0.8, 0.7));
      PointResult result = new PointResult(1, curve, 1.5, failure, List.of("no 3", "no 5"));
      ledger.record(
          second,
          new TrainedPoint(result, new TrainingState(2, weights, state, velocity, Double.NaN)));
      assertThat(ledger.read(grid, this::unexpected)).isEqualTo(Map.of(1, result));
      TrainedPoint read = ledger.read(second);
      assertThat(read.result()).isEqualTo(result);
      assertThat(read.state().epoch()).isEqualTo(2);
      assertThat(read.state().weights()).isEqualTo(weights);
      assertThat(read.state().velocity()).isEqualTo(velocity);
      assertThat(read.state().updater().values().get(0)).isEqualTo(velocity);
      assertThat(read.state().updater().values().get(1)).isEqualTo(weights);
      assertThat(read.state().updater().updates()).isEqualTo(12);
      assertThat(read.state().error()).isNaN();
    }
  }

  private void unexpected(String warning) {
    throw new AssertionError(warning);
  }

  private PointResult record(PointStore ledger, Point point) {
    TrainedPoint trained =
        new TrainedPoint(
            new PointResult(
                point.index(), LearningCurve.EMPTY, 0, new PointResult.Failure("epoch 1: x", true)),
            TrainingState.initial(point.configuration().spec()));
    ledger.record(point, trained);
    return trained.result();
  }

  @Test
  void aChangedGridKeepsTheResultsOfItsRemainingPoints() {
    PointStore ledger =
        new PointStore(Storage.local(), folder.toString(), Objective.VALIDATION_ERROR);
    Grid before = grid("[0.1, 0.2]");
    record(ledger, before.points().get(0));
    record(ledger, before.points().get(1));
    Map<Integer, PointResult> kept = ledger.read(grid("[0.05, 0.2, 0.3]"), this::unexpected);
    assertThat(kept).containsOnlyKeys(1);
  }

  @Test
  void aPointWhoseFileIsDamagedStartsFromScratch() throws IOException {
    PointStore ledger =
        new PointStore(Storage.local(), folder.toString(), Objective.VALIDATION_ERROR);
    Grid grid = grid("[0.1, 0.2]");
    PointResult first = record(ledger, grid.points().get(0));
    record(ledger, grid.points().get(1));
    Files.writeString(Path.of(ledger.path(grid.points().get(1))), "no model");
    List<String> warnings = new ArrayList<>();
    assertThat(ledger.read(grid, warnings::add)).isEqualTo(Map.of(0, first));
    assertThat(warnings)
        .singleElement()
        .asString()
        .startsWith(ledger.path(grid.points().get(1)))
        .endsWith("its point starts from scratch");
  }

  /** Files may have been copied or renamed by hand. */
  @Test
  void refusesAFileOfAnotherPoint() throws IOException {
    PointStore ledger =
        new PointStore(Storage.local(), folder.toString(), Objective.VALIDATION_ERROR);
    Grid grid = grid("[0.1, 0.2]");
    PointResult first = record(ledger, grid.points().get(0));
    Files.copy(
        Path.of(ledger.path(grid.points().get(0))), Path.of(ledger.path(grid.points().get(1))));
    List<String> warnings = new ArrayList<>();
    assertThat(ledger.read(grid, warnings::add)).isEqualTo(Map.of(0, first));
    assertThat(warnings)
        .singleElement()
        .asString()
        .startsWith(
            ledger.path(grid.points().get(1)) + ": its configuration is that of another point");
  }
}
