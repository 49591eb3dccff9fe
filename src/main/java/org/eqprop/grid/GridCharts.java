package org.eqprop.grid;

import java.awt.BasicStroke;
import java.awt.Color;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.eqprop.report.Thinning;
import org.knowm.xchart.ChartEncoder;
import org.knowm.xchart.HeatMapChart;
import org.knowm.xchart.HeatMapChartBuilder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.internal.chartpart.Chart;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * Pictures of a grid, as PNG: the objective against each axis, a heat map for each pair of axes,
 * and the learning curves over one another. Objectives are means over seeds.
 */
final class GridCharts {
  private static final int WIDTH = 900;
  private static final int HEIGHT = 600;
  private static final int COLOURED = 8;
  private static final int LEGIBLE = 150;
  private static final int NAME = 100;
  private static final int PLACES = 12;
  private static final double HIGH = 1.5;
  private static final Color FAINT = new Color(0xb8, 0xc0, 0xc8);
  private static final Color STRONG = new Color(0x1f, 0x5f, 0xa8);
  private static final Color[] COLOURS = {
    STRONG,
    new Color(0xd9, 0x5f, 0x02),
    new Color(0x1b, 0x9e, 0x77),
    new Color(0x75, 0x70, 0xb3),
    new Color(0xe7, 0x29, 0x8a),
    new Color(0x66, 0xa6, 0x1e),
    new Color(0xa6, 0x76, 0x1d),
    new Color(0x40, 0x40, 0x40)
  };
  private static final Color[] HEAT = {
    new Color(0x5b, 0x9f, 0xd6),
    new Color(0x9c, 0xc8, 0xe8),
    new Color(0xde, 0xeb, 0xf7),
    new Color(0xfd, 0xd0, 0xa2),
    new Color(0xf0, 0x8a, 0x4a)
  };

  static {
    // Pictures are drawn in memory, also where a display is named that is not there.
    System.setProperty("java.awt.headless", "true");
  }

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

  /**
   * Draws all pictures.
   *
   * @return PNG files by name; none if no setting has shown anything
   */
  Map<String, byte[]> draw() {
    Map<String, byte[]> pictures = new LinkedHashMap<>();
    if (rows.isEmpty()) {
      return pictures;
    }
    pictures.put("learning-curves.png", png(curves()));
    List<List<String>> axes = grid.axes();
    for (int a = 0; a < axes.size(); a++) {
      pictures.put("axis-" + title(axes.get(a), "+") + ".png", png(axis(axes.get(a))));
      for (int b = a + 1; b < axes.size(); b++) {
        List<String> places = places(axes.get(a));
        List<String> others = places(axes.get(b));
        if (places.size() > 1 && others.size() > 1 && !grid.drawn()) {
          pictures.put(
              "heat-" + title(axes.get(a), "+") + "-" + title(axes.get(b), "+") + ".png",
              png(heatMap(axes.get(a), axes.get(b), places, others)));
        }
      }
    }
    return pictures;
  }

  private static byte[] png(Chart<?, ?> chart) {
    try {
      return ChartEncoder.getBytes(chart, "png");
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private String title(List<String> axis, String separator) {
    String title = axis.stream().map(grid::name).collect(Collectors.joining(separator));
    return title.length() > NAME ? title.substring(0, NAME) + "+more" : title;
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
    try {
      return Double.isFinite(Double.parseDouble(text));
    } catch (NumberFormatException e) {
      return false;
    }
  }

  private String objectiveTitle() {
    return objective.title() + (objective.unit().isEmpty() ? "" : " (%)");
  }

  private XYChart chart(String title, String xTitle) {
    XYChart chart =
        new XYChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title(title)
            .xAxisTitle(xTitle)
            .yAxisTitle(objectiveTitle())
            .build();
    plain(chart.getStyler());
    chart.getStyler().setPlotGridVerticalLinesVisible(false);
    chart.getStyler().setLegendPosition(Styler.LegendPosition.OutsideS);
    chart.getStyler().setLegendLayout(Styler.LegendLayout.Vertical);
    chart.getStyler().setLegendBorderColor(Color.WHITE);
    return chart;
  }

  private static void plain(Styler styler) {
    styler.setChartBackgroundColor(Color.WHITE);
    styler.setPlotBorderVisible(false);
    styler.setChartTitleBoxVisible(false);
    styler.setLocale(java.util.Locale.ROOT);
    styler.setDecimalPattern("#.####");
  }

  private static void series(
      XYChart chart, String name, List<Double> x, List<Double> y, Color colour, boolean line) {
    XYSeries series = chart.addSeries(name, x, y);
    series.setXYSeriesRenderStyle(
        line ? XYSeries.XYSeriesRenderStyle.Line : XYSeries.XYSeriesRenderStyle.Scatter);
    series.setLineColor(colour);
    series.setMarkerColor(colour);
    series.setMarker(SeriesMarkers.CIRCLE);
    series.setLineWidth(2);
  }

  /** A setting where it is on an axis. */
  private record Dot(double x, double y) {}

  /** Every setting where it is on an axis, and through the best of each place a line. */
  private XYChart axis(List<String> axis) {
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
    double top = Math.min(HIGH * low, dots.stream().mapToDouble(Dot::y).max().orElseThrow());
    long hidden = low > 0 ? dots.stream().filter(dot -> dot.y > top).count() : 0;
    XYChart chart =
        chart(objective.title() + " against " + title(axis, ", "), String.join(" / ", axis));
    if (spread) {
      double first = dots.get(0).x;
      chart.getStyler().setXAxisLogarithmic(first > 0 && dots.get(dots.size() - 1).x > 20 * first);
      chart.getStyler().setXAxisLogarithmicDecadeOnly(false);
    } else { // XChart puts a tick at each value where all are as far from one another
      chart.getStyler().setXAxisMin(-1.0).setXAxisMax((double) places.size());
      chart.setCustomXAxisTickLabelsFormatter(value -> label(places, value));
    }
    if (hidden > 0 && low > 0) { // settings that learn nothing would leave no room for the others
      chart.getStyler().setYAxisMax(top);
    }
    chart.getStyler().setMarkerSize(8);
    series(
        chart,
        "each setting" + (hidden == 0 ? "" : "; " + hidden + " are above"),
        dots.stream().map(Dot::x).toList(),
        dots.stream().map(Dot::y).toList(),
        FAINT,
        false);
    if (!spread) {
      Map<Double, Double> best = new TreeMap<>();
      dots.forEach(dot -> best.merge(dot.x, dot.y, Math::min));
      series(chart, "best", List.copyOf(best.keySet()), List.copyOf(best.values()), STRONG, true);
    }
    return chart;
  }

  private Dot dot(Summary.Row row, List<String> axis, List<String> places, boolean spread) {
    String place = place(row, axis);
    return new Dot(
        spread ? Double.parseDouble(place) : places.indexOf(place), objective.scaled(row.mean()));
  }

  private static String label(List<String> places, double value) {
    int index = (int) Math.rint(value);
    if (Math.abs(value - index) > 1e-6 || index < 0) {
      return " ";
    }
    return index < places.size()
        ? places.get(index)
        : "  "; // ends alike would have no ticks at all
  }

  /** For each pair of places the best setting that has both. */
  private HeatMapChart heatMap(
      List<String> axis, List<String> other, List<String> places, List<String> others) {
    Map<String, Double> best = new TreeMap<>();
    for (Summary.Row row : rows) {
      int a = places.indexOf(place(row, axis));
      int b = others.indexOf(place(row, other));
      best.merge(a + " " + b, objective.scaled(row.mean()), Math::min);
    }
    List<Number[]> cells = new ArrayList<>();
    for (int a = 0; a < places.size(); a++) {
      for (int b = 0; b < others.size(); b++) {
        Double value = best.get(a + " " + b);
        if (value != null) {
          cells.add(new Number[] {a, b, value});
        }
      }
    }
    HeatMapChart chart =
        new HeatMapChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title("lowest " + objectiveTitle())
            .xAxisTitle(String.join(" / ", axis))
            .yAxisTitle(String.join(" / ", other))
            .build();
    plain(chart.getStyler());
    double low = Math.floor(100 * Collections.min(best.values())) / 100;
    chart.getStyler().setRangeColors(HEAT);
    chart.getStyler().setShowValue(cells.size() <= LEGIBLE);
    chart.getStyler().setHeatMapValueDecimalPattern(objective.unit().isEmpty() ? "0.0000" : "0.00");
    double high = Collections.max(best.values());
    double top = low > 0 ? Math.min(high, HIGH * low) : high;
    chart.getStyler().setMin(low).setMax(Math.rint(100 * top) / 100);
    chart.addSeries("settings", places, others, cells);
    return chart;
  }

  private XYChart curves() {
    XYChart chart = chart("learning curves, means over seeds", "epoch");
    chart.getStyler().setMarkerSize(0);
    List<List<Double>> curves = rows.stream().map(this::meanCurve).toList();
    boolean positive = curves.stream().flatMap(List::stream).allMatch(value -> value > 0);
    chart.getStyler().setYAxisLogarithmic(positive);
    chart.getStyler().setYAxisLogarithmicDecadeOnly(false);
    for (int i = rows.size() - 1; i >= 0; i--) { // the best over the others
      Point point = rows.get(i).points().get(0);
      List<Double> curve = curves.get(i);
      if (!curve.isEmpty() && curve.stream().allMatch(Double::isFinite)) {
        List<Integer> kept = Thinning.kept(curve);
        List<Double> x = kept.stream().map(k -> k + 1.0).toList();
        boolean coloured = i < COLOURED;
        // Names are not shown where lines are not coloured, but must differ.
        String name = coloured ? grid.label(point) : "setting " + point.setting();
        XYSeries series = chart.addSeries(name, x, kept.stream().map(curve::get).toList());
        series.setMarker(curve.size() > 1 ? SeriesMarkers.NONE : SeriesMarkers.CIRCLE);
        series.setLineColor(coloured ? COLOURS[i] : FAINT);
        series.setMarkerColor(coloured ? COLOURS[i] : FAINT);
        series.setLineStyle(new BasicStroke(coloured ? 2f : 1f));
        series.setShowInLegend(coloured);
      }
    }
    return chart;
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
