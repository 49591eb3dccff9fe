package org.eqprop.grid;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.eqprop.base.SafeText;

/** The console output at the end of a grid. */
final class GridReport {
  private static final int MOST = 30;

  private final Grid grid;
  private final Objective objective;
  private final List<Summary.Row> rows;
  private final PrintStream out;

  /**
   * @param rows the settings, ranked; at least one
   */
  GridReport(Grid grid, Objective objective, List<Summary.Row> rows, PrintStream out) {
    this.grid = grid;
    this.objective = objective;
    this.rows = rows;
    this.out = out;
  }

  /** Prints the settings, ranked: mean ± 95 % confidence interval over seeds. */
  void table() {
    List<String> headings = new ArrayList<>(List.of("rank", objective.title(), "epochs"));
    grid.keys().forEach(key -> headings.add(grid.name(key)));
    headings.add("");
    GridTable table = new GridTable(3, headings);
    for (int rank = 0; rank < Math.min(MOST, rows.size()); rank++) {
      Summary.Row row = rows.get(rank);
      List<String> cells =
          new ArrayList<>(List.of(String.valueOf(rank + 1), value(objective, row)));
      cells.add(String.valueOf(row.epochs()));
      grid.keys().forEach(key -> cells.add(row.values().getOrDefault(key, "")));
      cells.add(state(row));
      table.add(cells);
    }
    out.println();
    table.lines().forEach(out::println);
    if (grid.points().size() > grid.settings()) {
      out.println("mean ± 95 % confidence interval over the seeds");
    }
    if (rows.size() > MOST) {
      out.println("… and " + (rows.size() - MOST) + " more, in " + GridFolder.CSV);
    }
  }

  /** Returns the state of a setting, in a few words; empty if it finished without problems. */
  static String state(Summary.Row row) {
    if (row.failure() != null) {
      return "failed";
    }
    if (row.complete()) {
      return row.warnings().isEmpty() ? "" : "warning";
    }
    int begun = row.results().size();
    return begun == row.points().size()
        ? "stopped"
        : begun + " of " + row.points().size() + " points trained";
  }

  /** Returns mean ± 95 % confidence interval over the seeds, in words. */
  static String value(Objective objective, Summary.Row row) {
    return row.interval().words(objective) + (Double.isNaN(row.mean()) ? "" : objective.unit());
  }

  /** Prints the points that failed, with the reasons, and those with warnings. */
  void failures() {
    List<String> failed = new ArrayList<>();
    List<String> warned = new ArrayList<>();
    for (Summary.Row row : rows) {
      for (PointResult result : row.results()) {
        PointResult.Failure failure = result.failure();
        if (failure != null) {
          failed.add(
              name(result)
                  + failure.reason()
                  + (failure.lasting() ? "" : " (--resume retries it)"));
        } else if (!result.warnings().isEmpty()) {
          warned.add(name(result) + String.join("; ", result.warnings()));
        }
      }
    }
    list("failed", failed);
    list("with warnings", warned);
  }

  private void list(String what, List<String> lines) {
    if (!lines.isEmpty()) {
      out.printf(Locale.ROOT, "%n%d %s:%n", lines.size(), what);
      lines.stream().limit(MOST).forEach(line -> out.println("  " + SafeText.line(line)));
      if (lines.size() > MOST) {
        out.println("  … and " + (lines.size() - MOST) + " more, in " + GridFolder.CSV);
      }
    }
  }

  private String name(PointResult result) {
    Point point = grid.points().get(result.point());
    return "point "
        + (point.index() + 1)
        + " ("
        + grid.label(point)
        + " seed "
        + point.seed()
        + "): ";
  }

  /**
   * Returns what looks wrong with the best setting, one line each.
   *
   * @param rows the settings, ranked
   */
  static List<String> warningsOfBest(List<Summary.Row> rows) {
    return rows.isEmpty()
        ? List.of()
        : rows.get(0).warnings().stream().map(line -> "the best setting: " + line).toList();
  }

  /** Returns the message that the budget is used up. */
  String exhausted(Budget budget, GridFolder folder) {
    return "the budget of "
        + budget.words()
        + " is used up: not all points finished; raise it in "
        + SafeText.line(folder.path(GridFolder.GRID))
        + " and --resume the folder";
  }

  /** Returns how many epochs halving has saved, in words. */
  String halved(Map<Integer, PointResult> results, GridFolder folder) {
    long trained = results.values().stream().mapToLong(PointResult::epochs).sum();
    return String.format(
        Locale.ROOT,
        "successive halving trained %s instead of %,d: %.0f %% saved; to check whether the full"
            + " grid has the same winner, run: submit/grid --resume %s --search full",
        SafeText.count(trained, "epoch"),
        grid.fullEpochs(),
        100 - 100.0 * trained / grid.fullEpochs(),
        folder.location());
  }

  /** Returns what halving would have saved in a full grid, and which winner it would have found. */
  String halvingWouldHave(Rungs rungs, long planned) {
    int found = Summary.foundByHalving(rungs, rows);
    int rank = 1;
    while (rows.get(rank - 1).points().get(0).setting() != found) {
      rank++;
    }
    Summary.Row row = rows.get(rank - 1);
    return String.format(
        Locale.ROOT,
        "successive halving at epochs %s would have trained %,d of these %,d epochs (%.0f %% saved)"
            + " and found %s",
        rungs.epochs(),
        planned,
        grid.fullEpochs(),
        100 - 100.0 * planned / grid.fullEpochs(),
        rank == 1
            ? "the same winner"
            : "rank "
                + rank
                + ": "
                + value(objective, row)
                + ", "
                + grid.label(row.points().get(0)));
  }

  /** Prints the locations of the results. */
  void files(GridFolder folder, String pictures) {
    out.println();
    if (rows.get(0).complete() && grid.levels().isEmpty()) {
      out.println(
          "  "
              + SafeText.line(folder.path(GridFolder.WINNER_CONFIGURATION))
              + "  (for train --conf)");
      out.println("  " + SafeText.line(folder.path(GridFolder.WINNER_MODEL)));
    }
    out.println("  " + SafeText.line(folder.path(GridFolder.CSV)));
    out.println("  " + SafeText.line(folder.path(GridFolder.JSONL)));
    if (!pictures.isEmpty()) {
      out.println("  " + SafeText.line(folder.path(GridFolder.PICTURES)) + "  (" + pictures + ")");
      out.println("  " + SafeText.line(folder.path(GridFolder.PAGE)));
    }
  }
}
