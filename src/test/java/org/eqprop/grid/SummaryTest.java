package org.eqprop.grid;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.eqprop.storage.Storage;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SummaryTest {
  private static final Grid GRID =
      GridFiles.parse(
              "set { training.epochs = 9 }, axes { estimator.beta = [0.1, 0.2, 0.3, 0.4] }, seeds = [1, 2]",
              "g",
              null)
          .grid(Storage.local());

  private static PointResult result(int point, List<Double> errors, @Nullable String failure) {
    return new PointResult(
        point,
        new LearningCurve(errors, errors, errors),
        1,
        failure == null ? null : new PointResult.Failure(failure, true));
  }

  private static PointResult result(int point, int epochs, double error) {
    return result(point, Collections.nCopies(epochs, error), null);
  }

  @Test
  void ranksSettingsByHowFarTheyGotAndByMeanErrorOverSeeds() {
    Map<Integer, PointResult> results = new HashMap<>();
    results.put(0, result(0, 3, 0.01)); // lowest error, but stopped early
    results.put(1, result(1, 3, 0.01));
    results.put(2, result(2, 9, 0.04));
    results.put(3, result(3, 9, 0.06));
    results.put(4, result(4, 9, 0.03));
    results.put(5, result(5, Collections.nCopies(9, 0.03), "epoch 9: diverged"));
    results.put(6, result(6, 9, 0.04));
    results.put(7, result(7, 9, 0.05));
    List<Summary.Row> rows = Summary.of(GRID, Objective.VALIDATION_ERROR, results);
    assertThat(rows)
        .extracting(row -> row.values().get("estimator.beta"))
        .containsExactly("0.4", "0.2", "0.1", "0.3");
    assertThat(rows).extracting(Summary.Row::complete).containsExactly(true, true, false, false);
    assertThat(rows.get(1).mean()).isEqualTo(0.05, within(1e-12));
    assertThat(rows.get(1).interval().half())
        .as("t is 12.706 for one degree of freedom")
        .isEqualTo(12.7062 * 0.01, within(1e-6));
    assertThat(rows.get(3).failure()).isEqualTo("epoch 9: diverged");
    assertThat(rows.get(3).mean()).as("of the seeds that did not fail").isEqualTo(0.03);
  }

  @Test
  void findsTheWinnerOfHalvingFromTheCurvesOfAFullGrid() {
    Map<Integer, PointResult> results = new HashMap<>();
    double[][] curves = { // at epochs 1, 3 and 9
      {0.5, 0.1, 0.01}, // wins in the end, but is slow
      {0.4, 0.3, 0.2},
      {0.2, 0.2, 0.05},
      {0.3, 0.1, 0.15}
    };
    for (int setting = 0; setting < curves.length; setting++) {
      for (int seed = 0; seed < 2; seed++) {
        double[] c = curves[setting];
        List<Double> curve = List.of(c[0], 1.0, c[1], 1.0, 1.0, 1.0, 1.0, 1.0, c[2]);
        results.put(2 * setting + seed, result(2 * setting + seed, curve, null));
      }
    }
    List<Summary.Row> rows = Summary.of(GRID, Objective.VALIDATION_ERROR, results);
    assertThat(rows.get(0).points().get(0).setting()).isZero();
    assertThat(Summary.foundByHalving(Rungs.full(9), rows)).isZero();
    // Settings 2 and 3 are left at epoch 1, and 3 is ahead at epoch 3.
    assertThat(Summary.foundByHalving(Rungs.halving(9, 3, 4), rows)).isEqualTo(3);
  }

  @Test
  void aSettingGotAsFarAsTheSlowestOfItsSeeds() {
    Map<Integer, PointResult> results = new HashMap<>();
    results.put(0, result(0, 9, 0.01));
    results.put(1, result(1, 3, 0.01));
    results.put(2, result(2, 9, 0.5));
    results.put(3, result(3, 9, 0.5));
    List<Summary.Row> rows = Summary.of(GRID, Objective.VALIDATION_ERROR, results);
    assertThat(rows.get(0).values()).containsEntry("estimator.beta", "0.2");
    assertThat(rows.get(1).epochs()).isEqualTo(3);
  }

  @Test
  void ranksFinishedSettingsOfDifferentLengthsByError() {
    Grid grid =
        GridFiles.parse("axes { training.epochs = [9, 2] }, seeds = [1]", "g", null)
            .grid(Storage.local());
    Map<Integer, PointResult> results = Map.of(0, result(0, 9, 0.2), 1, result(1, 2, 0.1));
    assertThat(Summary.of(grid, Objective.VALIDATION_ERROR, results))
        .extracting(row -> row.values().get("training.epochs"))
        .containsExactly("2", "9");
  }

  @Test
  void hasNoBestIfAllFailedAndMergesWarningsOfOneKind() {
    List<Point> points = GRID.points().subList(0, 2);
    List<PointResult> failed =
        List.of(result(0, List.of(0.5), "diverged"), result(1, List.of(0.4), "diverged"));
    assertThat(new Summary.Row(Objective.VALIDATION_ERROR, points, failed).best()).isNull();
    LearningCurve curve = new LearningCurve(List.of(0.5), List.of(0.5), List.of(0.5));
    List<PointResult> warned =
        List.of(
            new PointResult(0, curve, 1, null, List.of("epoch 1: bad")),
            new PointResult(1, curve, 1, null, List.of("epoch 2: bad", "worse")));
    assertThat(new Summary.Row(Objective.VALIDATION_ERROR, points, warned).warnings())
        .containsExactly("epoch 1: bad", "worse");
  }
}
