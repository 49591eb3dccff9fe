package org.eqprop.grid;

import java.io.PrintStream;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import org.eqprop.base.SafeText;
import org.eqprop.spark.DataPlan;
import org.eqprop.spark.Split;

/** The console output before a grid starts: its points and their cost. */
final class GridPreview {
  private final Grid grid;
  private final Objective objective;
  private final Rungs rungs;
  private final Budget budget;
  private final Collection<DataPlan> plans;
  private final PrintStream out;

  /**
   * @param plans of all data sets
   */
  GridPreview(
      Grid grid,
      Objective objective,
      Rungs rungs,
      Budget budget,
      Collection<DataPlan> plans,
      PrintStream out) {
    this.grid = grid;
    this.objective = objective;
    this.rungs = rungs;
    this.budget = budget;
    this.plans = plans;
    this.out = out;
  }

  /**
   * Shows the size of the grid and its cost.
   *
   * @param asksToHalve whether the file asks for successive halving
   */
  void show(boolean asksToHalve) {
    int settings = grid.settings();
    int seeds = grid.points().size() / settings;
    out.printf(
        Locale.ROOT,
        "%s: %s of %s × %s, up to %s each%n",
        SafeText.count(grid.points().size(), "point"),
        SafeText.count(settings, "setting"),
        String.join(", ", grid.keys()),
        SafeText.count(seeds, "seed"),
        SafeText.count(grid.epochs(), "epoch"));
    if (grid.repeated() > 0) {
      out.println(SafeText.count(grid.repeated(), "duplicate draw") + " skipped");
    }
    out.printf("objective: %s after the last epoch%n", objective.title());
    if (rungs.epochs().size() > 1) {
      out.printf(
          Locale.ROOT,
          "successive halving at epochs %s: trains %,d of %,d epochs%n",
          rungs.epochs(),
          grid.planned(rungs),
          grid.fullEpochs());
    } else if (asksToHalve) {
      out.println("successive halving has only one rung here: too few epochs or settings for eta");
    }
    if (!budget.words().isEmpty()) {
      out.println("budget: " + budget.words());
    }
    long examples =
        plans.stream()
            .mapToLong(plan -> plan.size(Split.TRAINING) + plan.size(objective.judge()))
            .sum();
    int inputs = grid.points().get(0).configuration().spec().network().inputs();
    out.printf(
        Locale.ROOT,
        "memory: %,d MB of examples per executor, read once%n",
        (examples * (inputs + 1) + (1 << 20) - 1) >> 20);
  }

  /** Lists the points. */
  void list() {
    GridTable table = new GridTable(2, headings("point", "seed"));
    for (Point point : grid.points()) {
      table.add(cells(point, String.valueOf(point.index() + 1), String.valueOf(point.seed())));
    }
    table.lines().forEach(out::println);
  }

  private List<String> headings(String... first) {
    List<String> headings = new java.util.ArrayList<>(List.of(first));
    grid.keys().forEach(key -> headings.add(grid.name(key)));
    return headings;
  }

  private List<String> cells(Point point, String... first) {
    List<String> cells = new java.util.ArrayList<>(List.of(first));
    grid.keys().forEach(key -> cells.add(SafeText.value(point.values().getOrDefault(key, ""))));
    return cells;
  }

  /** Explains why cores stay idle, if some do. */
  void explainIdleCores(int cores) {
    int busy = grid.points().stream().mapToInt(Point::replicas).sum();
    if (busy < cores) {
      out.printf(
          Locale.ROOT,
          "%d points on %d cores: %d stay idle. A point always trains on as many cores as it has"
              + " replicas, so that its result does not depend on the cluster; set {"
              + " averaging.replicas = %d } in the grid would use all cores, but train different"
              + " weights.%n",
          grid.points().size(),
          cores,
          cores - busy,
          Math.max(2, cores / grid.points().size()));
    }
  }
}
