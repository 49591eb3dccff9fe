package org.eqprop.grid;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.eqprop.report.Figure;
import org.eqprop.report.LineChart;
import org.eqprop.report.Page;

/**
 * The cost of each imperfection: the error at each level of the keys that are changed one at a
 * time, for each combination of the axes, and the level at which the error has risen by {@link
 * #RISE} above that of the ideal with the same seed, interpolated between two levels. The values
 * are means over seeds with their 95 % confidence intervals.
 */
final class Sensitivity {
  /** Half a percentage point. */
  static final double RISE = 0.005;

  /** Number of line styles that a page has. */
  private static final int STYLES = 8;

  private static final MathContext DIGITS = new MathContext(2);

  private final Grid grid;
  private final Objective objective;
  private final List<String> groups;

  /** Errors by group, key and level, then by seed. */
  private final Map<List<String>, Map<Long, Double>> values = new LinkedHashMap<>();

  /**
   * @param results of the points, by index
   */
  Sensitivity(Grid grid, Objective objective, Map<Integer, PointResult> results) {
    this.grid = grid;
    this.objective = objective;
    Set<String> seen = new LinkedHashSet<>();
    for (Point point : grid.points()) {
      String group = group(point);
      seen.add(group);
      PointResult result = results.get(point.index());
      if (result != null && result.settled(point.epochs())) {
        for (Levels levels : keys(point)) {
          String level = String.valueOf(point.values().get(levels.key()));
          values
              .computeIfAbsent(List.of(group, levels.key(), level), k -> new TreeMap<>())
              .put(point.seed(), result.value(objective));
        }
      }
    }
    groups = List.copyOf(seen);
  }

  /** Returns the key that a point changes; all keys for a point at the ideal. */
  private List<Levels> keys(Point point) {
    List<Levels> moved =
        grid.levels().stream()
            .filter(each -> !each.ideal().equals(point.values().get(each.key())))
            .toList();
    return moved.isEmpty() ? grid.levels() : moved;
  }

  private String group(Point point) {
    return grid.axes().stream()
        .flatMap(List::stream)
        .map(key -> grid.name(key) + "=" + point.values().get(key))
        .collect(Collectors.joining(" "));
  }

  private Map<Long, Double> bySeed(String group, Levels levels, String level) {
    return values.getOrDefault(List.of(group, levels.key(), level), Map.of());
  }

  /** Returns the error at a level. */
  Interval error(String group, Levels levels, String level) {
    return Interval.of(List.copyOf(bySeed(group, levels, level).values()));
  }

  /** Returns how far the error has risen above that of the ideal with the same seed. */
  Interval rise(String group, Levels levels, String level) {
    Map<Long, Double> ideals = bySeed(group, levels, levels.ideal());
    List<Double> rises = new ArrayList<>();
    bySeed(group, levels, level)
        .forEach(
            (seed, error) -> {
              if (ideals.containsKey(seed)) {
                rises.add(error - ideals.get(seed));
              }
            });
    return Interval.of(rises);
  }

  /** Returns the combinations of the axes; a single empty one if there are no axes. */
  List<String> groups() {
    return groups;
  }

  /**
   * Returns the level at which the error has risen by {@link #RISE}, in words: the mean over the
   * seeds for which it is known.
   */
  String threshold(String group, Levels levels) {
    String last = levels.values().get(levels.values().size() - 1);
    List<Double> found = new ArrayList<>();
    int beyond = 0;
    for (long seed : bySeed(group, levels, levels.ideal()).keySet()) {
      double at = threshold(levels, errors(group, levels, seed));
      if (at == Double.POSITIVE_INFINITY) {
        beyond++;
      } else if (!Double.isNaN(at)) {
        found.add(at);
      }
    }
    int known = found.size() + beyond;
    int seeds = grid.points().size() / grid.settings();
    String of = known == seeds ? "" : " (" + known + " of " + seeds + " seeds known)";
    if (known == 0) {
      return "–";
    }
    if (found.isEmpty()) {
      return "beyond " + last + of;
    }
    String place = place(levels, Interval.of(found));
    return beyond == 0
        ? place + of
        : place + " (" + found.size() + " of " + known + " seeds, others beyond " + last + ")";
  }

  private static String place(Levels levels, Interval at) {
    if (!isNumeric(levels)) {
      return levels.values().get((int) Math.ceil(at.mean()));
    }
    return rounded(at.mean()) + (Double.isNaN(at.half()) ? "" : " ± " + rounded(at.half()));
  }

  private static String rounded(double value) {
    return new BigDecimal(value).round(DIGITS).stripTrailingZeros().toPlainString();
  }

  private List<Double> errors(String group, Levels levels, long seed) {
    return levels.values().stream()
        .map(level -> bySeed(group, levels, level).getOrDefault(seed, Double.NaN))
        .toList();
  }

  /**
   * Returns the level at which a seed's error has risen by {@link #RISE} above that of the ideal.
   * Between two levels it is interpolated linearly, or logarithmically if both are above 0. It is
   * the level itself if the error there is infinite, or if nothing lies between, as next to an
   * ideal that stands for infinity. If levels are words, it is the level's index. Infinity if the
   * error never rises that much, NaN if that is not known.
   *
   * @param errors at each level, the ideal first; NaN where it is not known
   */
  private static double threshold(Levels levels, List<Double> errors) {
    for (int i = 1; i < errors.size(); i++) {
      double rise = errors.get(i) - errors.get(0);
      if (Double.isNaN(rise)) {
        return Double.NaN;
      }
      if (rise >= RISE) {
        double before = errors.get(i - 1) - errors.get(0);
        return crossing(levels, i, (RISE - before) / (rise - before));
      }
    }
    return Double.POSITIVE_INFINITY;
  }

  /**
   * Returns the point between level i − 1 and level i at which the error has risen enough.
   *
   * @param share fraction of the way from level i − 1 to level i; 0 if the error at i is infinite
   */
  private static double crossing(Levels levels, int i, double share) {
    if (!isNumeric(levels)) {
      return i;
    }
    double to = Levels.number(levels.values().get(i));
    double from = Levels.number(levels.values().get(i - 1));
    if (i == 1) {
      boolean lone = levels.values().size() == 2;
      boolean turns = !lone && from < to != to < Levels.number(levels.values().get(2));
      if (Double.isNaN(from) || lone || turns) {
        return to;
      }
    }
    if (share == 0) {
      return to;
    }
    return from > 0 && to > 0 ? from * Math.pow(to / from, share) : from + share * (to - from);
  }

  /** Returns whether all levels except the ideal are numbers. */
  private static boolean isNumeric(Levels levels) {
    return levels.values().stream()
        .skip(1)
        .allMatch(level -> Double.isFinite(Levels.number(level)));
  }

  private String riseWords() {
    return objective.shown(RISE).replaceAll("0+$", "") + " points";
  }

  private List<List<String>> rows() {
    List<List<String>> rows = new ArrayList<>();
    for (Levels levels : grid.levels()) {
      for (String level : levels.values()) {
        List<String> row = new ArrayList<>(List.of(grid.name(levels.key()), level));
        groups.forEach(group -> row.add(error(group, levels, level).words(objective)));
        rows.add(row);
      }
      List<String> row = new ArrayList<>(List.of("", "+ " + riseWords() + " at"));
      groups.forEach(group -> row.add(threshold(group, levels)));
      rows.add(row);
    }
    return rows;
  }

  private List<String> headings() {
    List<String> headings = new ArrayList<>(List.of("imperfection", "level"));
    groups.forEach(group -> headings.add(group.isEmpty() ? objective.axis() : group));
    return headings;
  }

  private String explanation() {
    int seeds = grid.points().size() / grid.settings();
    return String.format(
        Locale.ROOT,
        "%s at each level, with all other keys at their first level, the ideal; mean%s; «+ %s at»"
            + " is the level at which it has risen by that much above the ideal with the same seed",
        objective.axis(),
        seeds < 2 ? "" : " ± 95 % confidence interval over " + seeds + " seeds",
        riseWords());
  }

  /** Returns the table and its explanation as lines. */
  List<String> lines() {
    GridTable table = new GridTable(0, headings());
    rows().forEach(table::add);
    List<String> lines = new ArrayList<>(table.lines());
    lines.add(explanation());
    return lines;
  }

  /** Returns the table as HTML; empty if no key is changed one at a time. */
  String html() {
    if (grid.levels().isEmpty()) {
      return "";
    }
    StringBuilder html =
        new StringBuilder("<section><h2>What each imperfection costs</h2><p class=\"soft\">")
            .append(Page.escape(explanation()))
            .append(".</p><div class=\"scroll\" tabindex=\"0\"><table id=\"tolerance\">");
    row(html, "th", headings());
    rows().forEach(cells -> row(html, "td", cells));
    return html.append("</table></div></section>").toString();
  }

  private static void row(StringBuilder html, String element, List<String> cells) {
    html.append("<tr>");
    cells.forEach(
        cell ->
            html.append(
                String.format(Locale.ROOT, "<%s>%s</%s>", element, Page.escape(cell), element)));
    html.append("</tr>");
  }

  /** Returns a chart for each key. */
  List<Figure> figures() {
    return grid.levels().stream().map(this::figure).toList();
  }

  private Figure figure(Levels levels) {
    String title = objective.title() + " against " + grid.name(levels.key());
    LineChart chart = new LineChart(title, levels.key(), objective.axis()).across(levels.values());
    List<Double> places =
        IntStream.range(0, levels.values().size()).mapToObj(i -> (double) i).toList();
    for (int g = 0; g < groups.size(); g++) {
      String group = groups.get(g);
      List<Interval> errors =
          levels.values().stream().map(level -> error(group, levels, level)).toList();
      List<Double> means = errors.stream().map(e -> objective.scaled(e.mean())).toList();
      String style = "c" + g % STYLES;
      chart.line(group.isEmpty() ? objective.title() : group, style, places, means);
      chart.bars(
          style, places, means, errors.stream().map(e -> objective.scaled(e.half())).toList());
      double limit = means.get(0) + objective.scaled(RISE);
      if (Double.isFinite(limit)) {
        chart.line("", "faint", List.of(0.0, places.size() - 1.0), List.of(limit, limit));
      }
    }
    return Figure.chart(
        "levels-" + grid.name(levels.key()),
        title,
        "A good result: the line stays below the faint one, which is "
            + riseWords()
            + " above the ideal. Vertical bars are 95 % confidence intervals over seeds.",
        chart);
  }
}
