package org.eqprop.report;

import java.util.Locale;
import java.util.OptionalInt;
import org.eqprop.base.SafeText;
import org.eqprop.run.Metric;
import org.eqprop.spark.Settling;

/** A text table of how examples settle: a line per step, and a summary. */
public final class SettlingTable {
  private static final int ROWS = 40;

  private final Settling settling;
  private final int freeSteps;

  /**
   * @param settling measured on at least one example
   * @param freeSteps steps of the free phase
   */
  public SettlingTable(Settling settling, int freeSteps) {
    this.settling = settling;
    this.freeSteps = freeSteps;
  }

  /** Returns the table; if there are very many steps, it shows only some. */
  public String text() {
    StringBuilder text = new StringBuilder();
    text.append(
        String.format(
            Locale.ROOT,
            "%6s %9s %12s %13s %9s%n",
            "step",
            "error",
            "energy",
            "largest move",
            "settled"));
    int all = settling.steps().size();
    int stride = (all + ROWS - 1) / ROWS;
    for (int step = 1; step <= all; step++) {
      if (step % stride == 0 || step == freeSteps || step == all) {
        text.append(
            String.format(
                Locale.ROOT,
                "%6d %9s %12.3f %13.5f %9s%s%n",
                step,
                Metric.percent(settling.errorRate(step)),
                settling.meanEnergy(step),
                settling.meanMove(step),
                share(settling.settled(step)),
                step == freeSteps ? "  <- relaxation.free-steps" : ""));
      }
    }
    return text.append(summary()).toString();
  }

  /**
   * Returns a summary: how many examples settle within all steps, and within how many steps half of
   * them and 99 % settle.
   */
  String summary() {
    int all = settling.steps().size();
    long settled = settling.settled(all);
    StringBuilder text =
        new StringBuilder(settled == settling.examples() ? "all " : share(settled) + " of ");
    text.append(SafeText.count(settling.examples(), "example"))
        .append(settling.examples() == 1 ? " settles within " : " settle within ")
        .append(SafeText.count(all, "step"));
    OptionalInt half = settling.stepOf(0.5);
    OptionalInt most = settling.stepOf(0.99);
    if (half.isPresent()) {
      text.append(", half within ").append(half.getAsInt());
    }
    if (most.isPresent()) {
      text.append(", 99 % within ").append(most.getAsInt());
    }
    return text.append(" (no unit moves by more than ")
        .append(settling.tolerance())
        .append(" in a step)")
        .toString();
  }

  private String share(long count) {
    return String.format(Locale.ROOT, "%.1f %%", 100.0 * count / settling.examples());
  }
}
