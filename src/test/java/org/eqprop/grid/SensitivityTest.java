package org.eqprop.grid;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.eqprop.storage.Storage;
import org.junit.jupiter.api.Test;

class SensitivityTest {
  /** β stands for an imperfection that grows with its value, free-steps for the opposite. */
  private static final String GRID =
      """
      set { training.epochs = 1 }
      axes { estimator.kind = [one-sided, centered] }
      one-at-a-time {
        estimator.beta = [0.1, 0.2, 0.4]
        relaxation.free-steps = [16, 8, 4]
      }
      seeds = [1, 2, 3]
      objective = test-error
      """;

  private static final Grid POINTS = GridFiles.parse(GRID, "g", null).grid(Storage.local());
  private static final Levels BETA = POINTS.levels().get(0);
  private static final Levels STEPS = POINTS.levels().get(1);

  private static Sensitivity sensitivity(ToDoubleFunction<Point> error) {
    Map<Integer, PointResult> results = new HashMap<>();
    for (Point point : POINTS.points()) {
      List<Double> errors = List.of(error.applyAsDouble(point));
      results.put(
          point.index(),
          new PointResult(point.index(), new LearningCurve(errors, errors, List.of()), 1, null));
    }
    return new Sensitivity(POINTS, Objective.TEST_ERROR, results);
  }

  private static double beta(Point point) {
    return Double.parseDouble(point.values().get("estimator.beta"));
  }

  private static double steps(Point point) {
    return Double.parseDouble(point.values().get("relaxation.free-steps"));
  }

  @Test
  void changesEachKeyOneAtATimeFromTheSharedIdeal() {
    assertThat(POINTS.settings()).isEqualTo(2 * (1 + 2 + 2));
    assertThat(POINTS.points().subList(0, 15))
        .extracting(POINTS::label)
        .extracting(label -> label.replace("kind=one-sided", "").strip())
        .containsExactly(
            "",
            "",
            "",
            "beta=0.2",
            "beta=0.2",
            "beta=0.2",
            "beta=0.4",
            "beta=0.4",
            "beta=0.4",
            "free-steps=8",
            "free-steps=8",
            "free-steps=8",
            "free-steps=4",
            "free-steps=4",
            "free-steps=4");
    assertThat(POINTS.points().get(9).configuration().spec().estimator().beta()).isEqualTo(0.1);
  }

  @Test
  void interpolatesTheLevelForEachSeedAgainstItsOwnIdeal() {
    // Seeds have different ideals, and their errors rise by (β − 0.1)/100 times 2.5, 3 and 3.5.
    Sensitivity sensitivity =
        sensitivity(p -> 0.02 * p.seed() + (2 + 0.5 * p.seed()) * (beta(p) - 0.1) / 100);
    Interval rise = sensitivity.rise("kind=centered", BETA, "0.4");
    assertThat(rise.mean()).isEqualTo(0.009, within(1e-12));
    assertThat(rise.half()).isEqualTo(4.30265 * 0.0015 / Math.sqrt(3), within(1e-7));
    assertThat(sensitivity.error("kind=centered", BETA, "0.1").mean())
        .isEqualTo(0.04, within(1e-12));
    // Logarithmically between 0.2 and 0.4: 0.2 · 2^((0.5 − r)/(2r)), where r = 0.25, 0.3, 0.35 is
    // the rise at 0.2.
    double mean = 0;
    for (double r : new double[] {0.25, 0.3, 0.35}) {
      mean += 0.2 * Math.pow(2, (0.5 - r) / (2 * r)) / 3;
    }
    assertThat(sensitivity.threshold("kind=centered", BETA))
        .startsWith(String.format(Locale.ROOT, "%.2f ± ", mean));
    assertThat(sensitivity.threshold("kind=centered", STEPS)).isEqualTo("beyond 4");
  }

  @Test
  void countsSeedsThatStayBelow() {
    Sensitivity sensitivity = sensitivity(p -> 0.02 + (p.seed() == 3 && beta(p) > 0.3 ? 0.03 : 0));
    assertThat(sensitivity.threshold("kind=one-sided", BETA))
        .as("at log 0.2 plus a sixth of the way to log 0.4")
        .isEqualTo("0.22 (1 of 3 seeds, others beyond 0.4)");
  }

  @Test
  void levelsMayDecreaseAsTheImperfectionGrows() {
    // The rise at 8 is one point, so half a point is halfway from 16 to 8: 16/√2.
    Sensitivity sensitivity = sensitivity(p -> steps(p) < 16 ? 0.03 : 0.02);
    assertThat(sensitivity.threshold("kind=one-sided", STEPS)).isEqualTo("11 ± 0");
  }

  private static Sensitivity levels(String levels, ToDoubleFunction<String> error) {
    Grid grid =
        GridFiles.parse(
                "set { training.epochs = 1, device.weights.range = 1 }, one-at-a-time { "
                    + levels
                    + " }, seeds = [1, 2]",
                "g",
                null)
            .grid(Storage.local());
    Map<Integer, PointResult> results = new HashMap<>();
    for (Point point : grid.points()) {
      double each = error.applyAsDouble(point.values().get(grid.levels().get(0).key()));
      if (!Double.isNaN(each)) {
        List<Double> errors = List.of(each);
        results.put(
            point.index(),
            new PointResult(point.index(), new LearningCurve(errors, errors, List.of()), 1, null));
      }
    }
    return new Sensitivity(grid, Objective.TEST_ERROR, results);
  }

  private static String threshold(String levels, ToDoubleFunction<String> error) {
    Sensitivity sensitivity = levels(levels, error);
    return sensitivity.lines().get(sensitivity.lines().size() - 2).replaceAll(".* at +", "");
  }

  @Test
  void doesNotInterpolateFromAnIdealThatStandsForInfinity() {
    String levels = "device.weights.levels = [0, 64, 16]";
    assertThat(threshold(levels, level -> level.equals("0") ? 0.02 : 0.03)).isEqualTo("64 ± 0");
    assertThat(threshold(levels, level -> level.equals("16") ? 0.03 : 0.02)).isEqualTo("32 ± 0");
  }

  @Test
  void acceptsWordsAsLevels() {
    assertThat(
            threshold("device.signs = [free, fixed]", level -> level.equals("fixed") ? 0.03 : 0.02))
        .isEqualTo("fixed");
    assertThat(threshold("device.signs = [free, fixed]", level -> 0.02)).isEqualTo("beyond fixed");
  }

  @Test
  void theLevelIsUnknownWithoutTrainedPoints() {
    String levels = "device.state-noise = [0, 0.1, 0.2]";
    assertThat(threshold(levels, level -> level.equals("0") ? 0.02 : Double.NaN)).isEqualTo("–");
    assertThat(
            threshold(
                levels,
                level -> level.equals("0.1") ? 0.03 : level.equals("0") ? 0.02 : Double.NaN))
        .isEqualTo("0.05 ± 0");
  }

  @Test
  void tableAndPageHaveEveryLevelOfEveryKey() {
    Sensitivity sensitivity = sensitivity(p -> 0.02 + beta(p) / 100);
    assertThat(sensitivity.lines().get(0))
        .matches("imperfection +level +kind=one-sided +kind=centered");
    assertThat(sensitivity.lines()).hasSize(1 + 2 * (3 + 1) + 1);
    assertThat(sensitivity.lines().get(3)).matches("beta +0.4 +2.40 ± 0.00 +2.40 ± 0.00");
    assertThat(sensitivity.lines().get(4)).matches(" +\\+ 0.5 points at +beyond 0.4 +beyond 0.4");
    assertThat(sensitivity.html())
        .contains("<td>2.40 ± 0.00</td>", "95 % confidence interval over 3 seeds");
    assertThat(sensitivity.figures()).hasSize(2);
    assertThat(sensitivity.figures().get(0).element()).contains("test error (%)", "kind=centered");
  }

  @Test
  void aDivergedPointCountsAsARiseAtItsLevel() {
    Map<Integer, PointResult> results = new HashMap<>();
    for (Point point : POINTS.points()) {
      List<Double> errors = List.of(0.02);
      results.put(
          point.index(),
          new PointResult(
              point.index(),
              new LearningCurve(errors, errors, List.of()),
              1,
              beta(point) > 0.3 ? new PointResult.Failure("diverged", true) : null));
    }
    Sensitivity sensitivity = new Sensitivity(POINTS, Objective.TEST_ERROR, results);
    assertThat(sensitivity.threshold("kind=centered", BETA)).isEqualTo("0.4 ± 0");
  }
}
