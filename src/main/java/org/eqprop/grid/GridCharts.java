package org.eqprop.grid;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.eqprop.report.Figure;
import org.eqprop.report.HeatMap;
import org.eqprop.report.LineChart;

/**
 * Figures of a grid: all learning curves in one chart, the objective against each axis, and a heat
 * map for each pair of axes. Objectives are means over seeds.
 */
final class GridCharts {
  private static final int COLOURED = 8;
  private static final int NAME = 100;
  private static final int PLACES = 12;

  /**
   * Largest value shown, relative to the lowest. Settings that learn nothing would leave no room,
   * and no colours, for the others.
   */
  private static final double HIGH = 1.5;

  private final Grid grid;
  private final Objective objective;
  private final List<Summary.Row> rows;

  /**
   * @param rows the settings, ranked
   */
  GridCharts(Grid grid, Objective objective, List<Summary.Row> rows) {
    this.grid = grid;
    this.objective = objective;
    this.rows = rows.stream().filter(row -> Double.isFinite(row.mean())).toList();
  }

  /** Returns all figures; none if no setting has a result. */
  List<Figure> figures() {
    List<Figure> figures = new ArrayList<>();
    if (rows.isEmpty()) {
      return figures;
    }
    figures.add(curves());
    if (!grid.levels().isEmpty()) {
      return figures; // Sensitivity draws what its levels cost
    }
    List<List<String>> axes = grid.axes();
    for (int a = 0; a < axes.size(); a++) {
      figures.add(axis(axes.get(a)));
      for (int b = a + 1; b < axes.size(); b++) {
        List<String> places = places(axes.get(a));
        List<String> others = places(axes.get(b));
        if (places.size() > 1 && others.size() > 1 && !grid.drawn()) {
          figures.add(heatMap(axes.get(a), axes.get(b), places, others));
        }
      }
    }
    return figures;
  }

  private String title(List<String> axis, String separator) {
    String title = axis.stream().map(grid::name).collect(Collectors.joining(separator));
    return title.length() > NAME ? title.substring(0, NAME) + "+more" : title;
  }

  /** Returns an axis's key, or the short names of several that change together. */
  private String keys(List<String> axis) {
    return axis.size() == 1 ? axis.get(0) : title(axis, " / ");
  }

  private static String place(Summary.Row row, List<String> axis) {
    return axis.stream()
        .map(key -> row.values().getOrDefault(key, ""))
        .collect(Collectors.joining(" / "));
  }

  /** Returns the places of an axis that have a result, in the order of the grid. */
  private List<String> places(List<String> axis) {
    Map<Integer, String> places = new TreeMap<>();
    rows.forEach(row -> places.put(row.points().get(0).setting(), place(row, axis)));
    List<String> distinct = places.values().stream().distinct().toList();
    return distinct.stream().allMatch(GridCharts::isNumber)
        ? distinct.stream().sorted(Comparator.comparingDouble(Double::parseDouble)).toList()
        : distinct;
  }

  private static boolean isNumber(String text) {
    return Double.isFinite(Levels.number(text));
  }

  /** A setting at its place on an axis. */
  private record Dot(double x, double y, String told) {}

  /** Draws each setting at its place on an axis, and a line through the best one at each place. */
  private Figure axis(List<String> axis) {
    List<String> places = places(axis);
    boolean spread =
        axis.size() == 1
            && (grid.drawn() || places.size() > PLACES)
            && places.stream().allMatch(GridCharts::isNumber);
    List<Dot> dots =
        rows.stream()
            .map(row -> dot(row, axis, places, spread))
            .sorted(Comparator.comparingDouble(Dot::x))
            .toList();
    double low = dots.stream().mapToDouble(Dot::y).min().orElseThrow();
    double top = low > 0 ? HIGH * low : Double.POSITIVE_INFINITY;
    List<Dot> shown = dots.stream().filter(dot -> dot.y <= top).toList();
    int hidden = dots.size() - shown.size();
    String title = objective.title() + " against " + title(axis, ", ");
    LineChart chart = new LineChart(title, keys(axis), objective.axis());
    chart.dots(
        "one dot per setting" + (hidden == 0 ? "" : " (" + hidden + " off scale)"),
        "soft",
        shown.stream().map(Dot::x).toList(),
        shown.stream().map(Dot::y).toList(),
        shown.stream().map(Dot::told).toList());
    if (!spread) {
      Map<Double, Double> best = new TreeMap<>();
      shown.forEach(dot -> best.merge(dot.x, dot.y, Math::min));
      chart
          .across(places)
          .line("best", "c0", List.copyOf(best.keySet()), List.copyOf(best.values()));
    } else if (dots.get(0).x > 0 && dots.get(dots.size() - 1).x > 20 * dots.get(0).x) {
      chart.logarithmicAcross();
    }
    return Figure.chart(
        "axis-" + title(axis, "+"),
        title,
        "A good result: the best setting lies inside the axis; if it lies at an end, a value further out may"
            + " be even better.",
        chart);
  }

  private Dot dot(Summary.Row row, List<String> axis, List<String> places, boolean spread) {
    String place = place(row, axis);
    return new Dot(
        spread ? Double.parseDouble(place) : places.indexOf(place),
        objective.scaled(row.mean()),
        told(row, row.mean()));
  }

  private String told(Summary.Row row, double value) {
    return grid.label(row.points().get(0)) + ": " + objective.shown(value) + objective.unit();
  }

  /** Draws the best setting for each pair of places. */
  private Figure heatMap(
      List<String> axis, List<String> other, List<String> places, List<String> others) {
    Map<Integer, Double> best = new TreeMap<>();
    for (Summary.Row row : rows) {
      int cell =
          places.indexOf(place(row, axis)) * others.size() + others.indexOf(place(row, other));
      best.merge(cell, row.mean(), Math::min);
    }
    String title =
        "lowest " + objective.axis() + " by " + title(axis, ", ") + " and " + title(other, ", ");
    HeatMap map = new HeatMap(title, keys(axis), places, keys(other), others);
    best.forEach(
        (cell, value) ->
            map.cell(
                cell / others.size(),
                cell % others.size(),
                objective.scaled(value),
                objective.shown(value)));
    double low = objective.scaled(Collections.min(best.values()));
    if (low > 0) {
      map.upTo(HIGH * low);
    }
    return Figure.heatMap(
        "heat-" + title(axis, "+") + "-" + title(other, "+"),
        title,
        "A good result: a broad blue basin around the lowest value, which is framed; a single blue cell may"
            + " be luck. Values from 1.5 times the lowest up are orange.",
        map);
  }

  private Figure curves() {
    LineChart chart =
        new LineChart(objective.title() + " per epoch of each setting", "epoch", objective.axis());
    List<List<Double>> curves = rows.stream().map(this::meanCurve).toList();
    if (curves.stream().flatMap(List::stream).allMatch(value -> value > 0)) {
      chart.logarithmic();
    }
    for (int i = rows.size() - 1; i >= COLOURED; i--) { // the best are drawn on top
      line(chart, "", "faint", curves.get(i));
    }
    for (int i = 0; i < Math.min(COLOURED, rows.size()); i++) {
      String name = i + 1 + "  " + grid.label(rows.get(i).points().get(0));
      line(chart, name, "c" + i, curves.get(i));
    }
    return Figure.chart(
        "learning-curves",
        "learning curves",
        "Means over seeds; the best "
            + COLOURED
            + " settings are coloured, with their ranks. A good result: the best are ahead early; successive"
            + " halving relies on that to save epochs.",
        chart);
  }

  private static void line(LineChart chart, String name, String style, List<Double> curve) {
    if (curve.stream().allMatch(Double::isFinite)) {
      chart.line(
          name,
          style,
          IntStream.rangeClosed(1, curve.size()).mapToObj(epoch -> (double) epoch).toList(),
          curve);
    }
  }

  private List<Double> meanCurve(Summary.Row row) {
    int epochs =
        row.results().stream()
            .filter(result -> result.failure() == null)
            .mapToInt(PointResult::epochs)
            .min()
            .orElse(0);
    List<Double> curve = new ArrayList<>();
    for (int epoch = 1; epoch <= epochs; epoch++) {
      int at = epoch;
      curve.add(
          objective.scaled(
              Summary.mean(
                  row.results().stream()
                      .filter(result -> result.failure() == null)
                      .map(result -> objective.at(result.curve(), at))
                      .toList())));
    }
    return curve;
  }
}
