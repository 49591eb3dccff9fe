package org.eqprop.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.eqprop.spark.Settling;
import org.junit.jupiter.api.Test;

class SettlingTableTest {
  private static Settling settling(int... settled) {
    return new Settling(
        200,
        0.01,
        IntStream.range(0, settled.length)
            .mapToObj(i -> new Settling.Step(20 - i, 400.0 - i, 50.0 / (i + 1), settled[i]))
            .toList());
  }

  @Test
  void hasALinePerStepAndMarksTheEndOfTheFreePhase() {
    assertThat(new SettlingTable(settling(0, 120, 79), 2).text().lines())
        .containsExactly(
            "  step     error       energy  largest move   settled",
            "     1   10.00 %        2.000       0.25000     0.0 %",
            "     2    9.50 %        1.995       0.12500    60.0 %  <- relaxation.free-steps",
            "     3    9.00 %        1.990       0.08333    99.5 %",
            "99.5 % of 200 examples settle within 3 steps, half within 2, 99 % within 3 (no unit moves by more than 0.01 in a step)");
  }

  @Test
  void summaryNamesOnlyThePercentilesThatAreReached() {
    List<String> summaries =
        List.of(
            new SettlingTable(settling(200), 1).summary(),
            new SettlingTable(settling(0, 30), 1).summary());
    assertThat(summaries)
        .containsExactly(
            "all 200 examples settle within 1 step, half within 1, 99 % within 1 (no unit moves by more than 0.01 in a step)",
            "15.0 % of 200 examples settle within 2 steps (no unit moves by more than 0.01 in a step)");
  }

  /** With 400 steps, every tenth has a line, and so does the last step of the free phase. */
  @Test
  void showsEveryTenthOfManySteps() {
    String text = new SettlingTable(settling(new int[400]), 7).text();
    assertThat(text.lines()).hasSize(1 + 40 + 1 + 1);
    assertThat(text).containsPattern("(?m)^ +7 .*<- relaxation.free-steps$").contains("   400 ");
  }
}
