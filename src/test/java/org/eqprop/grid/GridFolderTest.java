package org.eqprop.grid;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.eqprop.base.InputException;
import org.eqprop.storage.Storage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GridFolderTest {
  @TempDir Path folder;

  /** Other programs read them, and would break if names changed. */
  @Test
  void keepsTheColumnsAndKeysOfTheResults() throws IOException {
    Grid grid =
        GridFiles.parse("axes { estimator.beta = [0.1, 0.2] }", "g", null).grid(Storage.local());
    LearningCurve curve =
        new LearningCurve(List.of(0.5, 0.4), List.of(0.3, 0.25), List.of(0.9, 0.8));
    Map<Integer, PointResult> results =
        Map.of(
            0,
            new PointResult(0, curve, 1.5, new PointResult.Failure("collapsed, here", true)),
            1,
            PointResult.beginning(1));
    GridFolder grids = new GridFolder(Storage.local(), folder.resolve("g").toString());
    grids.create("a grid");
    grids.writeResults(
        grid, Objective.VALIDATION_ERROR, Summary.of(grid, Objective.VALIDATION_ERROR, results));
    String name = PointStore.name(grid.points().get(0));
    assertThat(Files.readAllLines(folder.resolve("g/results.csv")))
        .hasSize(3)
        .startsWith(
            "rank,point,seed,estimator.beta,epochs,validation_error,validation_cost,train_error,seconds,failure,model,warnings")
        .endsWith("2,1,1,0.1,2,0.25,0.8,0.4,1.50,\"collapsed, here\",points/" + name + ",");
    assertThat(Files.readAllLines(folder.resolve("g/results.jsonl")))
        .hasSize(2)
        .endsWith(
            "{\"rank\":2,\"point\":1,\"seed\":1,\"values\":{\"estimator.beta\":\"0.1\"},\"epochs\":2,"
                + "\"validationErrors\":[0.3,0.25],\"validationCosts\":[0.9,0.8],\"trainErrors\":[0.5,0.4],"
                + "\"seconds\":1.5,\"failure\":\"collapsed, here\",\"model\":\"points/"
                + name
                + "\",\"warnings\":[]}");
  }

  @Test
  void reportsAFileInTheWayInOneLine() throws IOException {
    Path file = Files.writeString(folder.resolve("f"), "mine");
    assertThatThrownBy(() -> new GridFolder(Storage.local(), file + "/g").create("a grid"))
        .isInstanceOf(InputException.class)
        .hasMessage(file + "/g: cannot be written: a file is in the way");
    assertThatThrownBy(() -> GridFolder.createNumbered(Storage.local(), file + "/g", "a grid"))
        .isInstanceOf(InputException.class)
        .hasMessage(file + "/g: cannot be written: a file is in the way");
    assertThat(file).hasContent("mine");
  }
}
