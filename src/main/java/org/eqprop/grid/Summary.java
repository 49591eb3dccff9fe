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
 * Ranks the settings of a grid: those that got furthest first, among them the lowest mean objective
 * first, and those that failed last.
 */
final class Summary {

  /**
   * A setting with the results of all its seeds.
   *
   * @param objective by which it is ranked
   * @param points its points
   * @param results their results, without points that did not start
   */
  record Row(Objective objective, List<Point> points, List<PointResult> results) {

    Map<String, String> values() {
      return points.get(0).values();
    }

    /** Returns how many epochs all of its points have reached. */
    int epochs() {
      return results.size() < points.size()
          ? 0
          : results.stream().mapToInt(PointResult::epochs).min().orElse(0);
    }

    /** Returns whether all of its points have finished. */
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

    /** Returns the result with the lowest objective; null if all failed. */
    @Nullable PointResult best() {
      return results.stream()
          .filter(result -> result.failure() == null && result.epochs() > 0)
          .min(Comparator.comparingDouble(result -> result.value(objective)))
          .orElse(null);
    }

    /** Returns what looks wrong with any of its points; only the first line of each kind. */
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

  /** Returns the mean; NaN if there are no values, infinity if one is infinite. */
  static double mean(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).average().orElse(Double.NaN);
  }

  /** Returns the settings, best first; of equal ones the earlier in the grid first. */
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
   * Returns the setting that successive halving would find, from the curves of a full grid: a
   * point's result at a rung does not depend on the search.
   *
   * @param rows of the full grid, without transient failures
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
