package org.eqprop.grid;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.eqprop.run.RunData;
import org.jspecify.annotations.Nullable;

/**
 * The settings of a grid, ranked: those that came furthest first, of these the lowest mean
 * objective, and those that failed last.
 */
final class Summary {

  /**
   * A setting over its seeds.
   *
   * @param objective that it is ranked by
   * @param points its points
   * @param results what is known of them, those that did not begin left out
   */
  record Row(Objective objective, List<Point> points, List<PointResult> results) {

    Map<String, String> values() {
      return points.get(0).values();
    }

    /** Returns how many epochs all of its points came to. */
    int epochs() {
      return results.size() < points.size()
          ? 0
          : results.stream().mapToInt(PointResult::epochs).min().orElse(0);
    }

    /** Returns whether all of its points came to their ends. */
    boolean complete() {
      return failure() == null && epochs() >= points.get(0).epochs();
    }

    private double progress() {
      return (double) epochs() / points.get(0).epochs();
    }

    private List<Double> known() {
      return results.stream()
          .filter(result -> result.failure() == null && result.epochs() > 0)
          .map(result -> result.value(objective))
          .toList();
    }

    /** Returns the mean objective over the seeds that did not fail; NaN if there are none. */
    double mean() {
      return Summary.mean(known());
    }

    /** Returns that mean with its confidence interval. */
    Interval interval() {
      return Interval.of(known());
    }

    /** Returns the result of the lowest objective; null if all failed. */
    @Nullable PointResult best() {
      return results.stream()
          .filter(result -> result.failure() == null && result.epochs() > 0)
          .min(Comparator.comparingDouble(result -> result.value(objective)))
          .orElse(null);
    }

    /** Returns what looks wrong with any of its points; of lines of one kind the first. */
    List<String> warnings() {
      Map<String, String> lines = new LinkedHashMap<>();
      results.forEach(
          result -> result.warnings().forEach(w -> lines.putIfAbsent(RunData.kind(w), w)));
      return List.copyOf(lines.values());
    }

    /** Returns why a point failed; null if none did. */
    @Nullable String failure() {
      return results.stream()
          .map(PointResult::failure)
          .filter(Objects::nonNull)
          .map(PointResult.Failure::reason)
          .findFirst()
          .orElse(null);
    }
  }

  private Summary() {}

  /** Returns the mean; NaN of nothing, infinity if a value is. */
  static double mean(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).average().orElse(Double.NaN);
  }

  /** Returns the settings, best first; of equals the earlier in the grid. */
  static List<Row> of(Grid grid, Objective objective, Map<Integer, PointResult> results) {
    List<Row> rows = new ArrayList<>();
    for (List<Point> points : settings(grid).values()) {
      rows.add(
          new Row(
              objective,
              points,
              points.stream()
                  .map(point -> results.get(point.index()))
                  .filter(Objects::nonNull)
                  .toList()));
    }
    rows.sort(
        Comparator.comparing((Row row) -> row.failure() != null)
            .thenComparing(Comparator.comparingDouble(Row::progress).reversed())
            .thenComparingDouble(Row::mean));
    return rows;
  }

  private static Map<Integer, List<Point>> settings(Grid grid) {
    Map<Integer, List<Point>> settings = new TreeMap<>();
    for (Point point : grid.points()) {
      settings.computeIfAbsent(point.setting(), s -> new ArrayList<>()).add(point);
    }
    return settings;
  }

  /**
   * Returns which setting successive halving finds in a full grid, where the curves of all points
   * are known: what a point shows at a rung does not depend on the search.
   *
   * @param rows of the full grid, without failures of what the points ran on
   */
  static int foundByHalving(Rungs rungs, List<Row> rows) {
    Map<Integer, Row> alive = new TreeMap<>();
    rows.forEach(row -> alive.put(row.points().get(0).setting(), row));
    List<Integer> order = List.copyOf(alive.keySet());
    for (int rung : rungs.epochs()) {
      Map<Integer, Double> means = new TreeMap<>();
      alive.forEach((setting, row) -> means.put(setting, meanAt(row, rung)));
      order = rungs.survivors(means);
      alive.keySet().retainAll(order);
    }
    return order.get(0);
  }

  private static double meanAt(Row row, int epoch) {
    return mean(
        row.results().stream().map(result -> result.valueAt(row.objective(), epoch)).toList());
  }
}
