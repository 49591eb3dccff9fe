package org.eqprop.report;

import java.util.List;
import java.util.stream.IntStream;
import org.eqprop.run.FigureName;
import org.eqprop.spark.Settling;

/** Figures of how long free phases take to settle, and of the test error with fewer steps. */
final class SettlingFigures {
  private static final String FREE_STEPS = "free-steps";

  private final Settling settling;
  private final int freeSteps;

  /**
   * @param settling measured on at least one example
   * @param freeSteps steps of the free phase in training
   */
  SettlingFigures(Settling settling, int freeSteps) {
    this.settling = settling;
    this.freeSteps = freeSteps;
  }

  List<Figure> list() {
    return List.of(histogram(), accuracy());
  }

  private Figure histogram() {
    String title = "Steps to settle";
    String svg =
        new Histogram(title, "step", "test examples")
            .svg(
                settling.steps().stream().map(Settling.Step::settled).toList(),
                freeSteps,
                FREE_STEPS);
    return Figure.html(
        FigureName.SETTLING.id(),
        title,
        "The first images of the test set: "
            + new SettlingTable(settling, freeSteps).summary()
            + ". A good result: nearly all settle, and few of them later than the free phase ends; for those, training estimates the gradient from states that still move.",
        svg,
        svg);
  }

  private Figure accuracy() {
    List<Integer> steps = IntStream.rangeClosed(1, settling.steps().size()).boxed().toList();
    LineChart chart =
        new LineChart("Test error in % by the steps of the free phase", "step", "test error, %")
            .fromZero()
            .line(
                "test error",
                "c0",
                steps.stream().map(Integer::doubleValue).toList(),
                steps.stream().map(step -> 100 * settling.errorRate(step)).toList());
    if (freeSteps <= steps.size()) {
      chart.divided(freeSteps, FREE_STEPS);
    }
    return Figure.chart(
        FigureName.FEWER_STEPS.id(),
        "Test error with fewer steps",
        "The same examples, predicted after each step. A good result: flat well before the end of the free phase; if the error still falls there, more steps would pay off.",
        chart);
  }
}
