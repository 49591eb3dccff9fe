package org.eqprop.grid;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntToDoubleFunction;
import java.util.regex.Pattern;
import org.eqprop.report.Figure;
import org.eqprop.storage.Storage;
import org.junit.jupiter.api.Test;

class GridChartsTest {
  private static List<Figure> figures(String text, int epochs, IntToDoubleFunction error) {
    Grid grid = GridFiles.parse(text, "g", null).grid(Storage.local());
    Map<Integer, PointResult> results = new HashMap<>();
    for (Point point : grid.points()) {
      List<Double> errors = Collections.nCopies(epochs, error.applyAsDouble(point.index()));
      results.put(
          point.index(),
          new PointResult(point.index(), new LearningCurve(errors, errors, errors), 1, null));
    }
    Objective objective = Objective.VALIDATION_ERROR;
    return new GridCharts(grid, objective, Summary.of(grid, objective, results)).figures();
  }

  private static List<Figure> figures(String text, int epochs) {
    return figures(text, epochs, index -> 0.02 + 0.001 * index);
  }

  private static String body(List<Figure> figures, String id) {
    return figures.stream().filter(f -> f.id().equals(id)).findFirst().orElseThrow().body();
  }

  private static long count(String text, String part) {
    return Pattern.compile(Pattern.quote(part)).matcher(text).results().count();
  }

  @Test
  void drawsEachAxisEachPairOfAxesAndTheCurves() {
    List<Figure> figures =
        figures(
            """
            axes { estimator.beta = [0.1, 0.2], estimator.kind = [centered, random-sign] }
            zip = [{ relaxation.free-steps = [4, 8], relaxation.nudged-steps = [3, 6] }]
            """,
            3);
    assertThat(Figure.files(figures))
        .containsOnlyKeys(
            "learning-curves.svg",
            "axis-beta.svg",
            "axis-kind.svg",
            "axis-free-steps+nudged-steps.svg",
            "heat-beta-kind.svg",
            "heat-beta-free-steps+nudged-steps.svg",
            "heat-kind-free-steps+nudged-steps.svg");
    assertThat(figures.get(1).title()).isEqualTo("validation error against beta");
    // The 8 settings have 2.0, 2.1, … 2.7 %: the first is best with β 0.1, the fifth with β 0.2.
    assertThat(body(figures, "axis-beta"))
        .contains("data-name=\"best\" data-x=\"0.1 0.2\" data-y=\"2 2.4\"")
        .contains("<title>beta=0.2 kind=random-sign free-steps=8 nudged-steps=6: 2.70 %</title>");
    assertThat(count(body(figures, "axis-beta"), "<circle ")).isEqualTo(8 + 1); // and the legend
    assertThat(body(figures, "axis-free-steps+nudged-steps"))
        .as("no-break spaces in names, since the page's script splits at spaces")
        .contains("data-x=\"4\u00a0/\u00a03 8\u00a0/\u00a06\" data-y=\"2 2.1\"");
    assertThat(body(figures, "heat-beta-kind"))
        .contains(
            "<title>0.1, centered: 2.00</title>",
            "<title>0.1, random-sign: 2.20</title>",
            "<title>0.2, centered: 2.40</title>",
            "<title>0.2, random-sign: 2.60</title>");
    String curves = body(figures, "learning-curves");
    assertThat(curves)
        .contains(
            "data-name=\"1  beta=0.1 kind=centered free-steps=4 nudged-steps=3\" data-x=\"1 2 3\" data-y=\"2 2 2\"");
    assertThat(count(curves, "class=\"line c7\" data-name")).isOne();
  }

  @Test
  void coloursTheBestOfManyAndCountsWhatIsOffScale() {
    List<Figure> figures =
        figures(
            "axes { estimator.beta = [0.1, 0.2, 0.3, 0.4], training.batch = [10, 20, 30] }",
            2,
            index -> index == 5 ? 0.9 : index == 6 ? 0.031 : 0.02 + 0.0001 * index);
    assertThat(count(body(figures, "learning-curves"), "class=\"line faint\"")).isEqualTo(4);
    assertThat(body(figures, "axis-beta"))
        .contains("one dot per setting (2 off scale)")
        .doesNotContain("90.00 %");
    assertThat(count(body(figures, "axis-beta"), "<circle ")).isEqualTo(10 + 1);
    assertThat(body(figures, "heat-beta-batch"))
        .contains("<title>0.2, 30: 90.00</title>", ">2.00</text>", ">from 3.00</text>");
  }

  @Test
  void drawsNoBestLineAndNoHeatMapForARandomSearch() {
    String text =
        """
        random {
          samples = 20
          ranges { estimator.beta { uniform = [0.1, 0.4] }, training.decay { uniform = [0.9, 1] } }
        }
        """;
    List<Figure> figures = figures(text, 2);
    assertThat(Figure.files(figures))
        .containsOnlyKeys("learning-curves.svg", "axis-beta.svg", "axis-decay.svg");
    assertThat(body(figures, "axis-beta"))
        .contains("class=\"unjoined\" data-name=\"validation error (%)\"")
        .doesNotContain("best");
  }

  @Test
  void drawsASingleSettingOfOneEpochAndNothingWithoutResults() {
    assertThat(Figure.files(figures("axes { estimator.beta = [0.1] }", 1)))
        .containsOnlyKeys("learning-curves.svg", "axis-beta.svg");
    assertThat(figures("axes { estimator.beta = [0.1] }", 0)).isEmpty();
  }
}
