package org.eqprop.report;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A line chart as SVG that takes its colours from the page. Lines differ by dashes, too, and the
 * page's script tells the values under a pointer or a cursor.
 */
final class LineChart {
  private static final int WIDTH = 480;
  private static final int HEIGHT = 300;
  private static final int LEFT = 62;
  private static final int RIGHT = 14;
  private static final int BOTTOM = 42;
  private static final int ROW = 18;
  private static final int MOST_ABOVE = 62;
  private static final int LONGEST = 44;
  private static final double LETTER = 7.1;
  private static final int SWATCH = 30;

  /** The length of an axis is finite. */
  private static final double LARGEST = 1e300;

  private static final MathContext DIGITS = new MathContext(4);

  private final String title;
  private final String xTitle;
  private final String yTitle;
  private final List<Line> lines = new ArrayList<>();
  private boolean log;
  private double first = Double.POSITIVE_INFINITY;
  private double last = Double.NEGATIVE_INFINITY;
  private boolean fromZero;
  private double divide = Double.NaN;
  private String divideTitle = "";

  private record Line(String name, String style, List<Double> x, List<Double> y) {}

  /**
   * @param title read out in place of the picture
   * @param xTitle of the axis, with its unit
   * @param yTitle of the axis, with its unit
   */
  LineChart(String title, String xTitle, String yTitle) {
    this.title = title;
    this.xTitle = xTitle;
    this.yTitle = yTitle;
  }

  /**
   * Adds a line through the points that are numbers, broken where they are not. Of many points some
   * are drawn ({@link Thinning}).
   *
   * @param style a class of the page's: c0, c1, …, or base, faint
   */
  LineChart line(String name, String style, List<Double> x, List<Double> y) {
    List<Double> xs = new ArrayList<>();
    List<Double> ys = new ArrayList<>();
    List<Integer> kept = Thinning.kept(y, this::isDrawn);
    for (int k = 0; k <= kept.size(); k++) {
      boolean drawn =
          k < kept.size() && isDrawn(y.get(kept.get(k))) && Math.abs(x.get(kept.get(k))) <= LARGEST;
      if (drawn) {
        xs.add(x.get(kept.get(k)));
        ys.add(y.get(kept.get(k)));
      } else if (!xs.isEmpty()) {
        lines.add(new Line(name, style, List.copyOf(xs), List.copyOf(ys)));
        xs.clear();
        ys.clear();
      }
    }
    return this;
  }

  private boolean isDrawn(double value) {
    return Math.abs(value) <= LARGEST && (!log || value > 0); // NaN is not
  }

  /** Makes the y axis logarithmic; points that are not above 0 are left out. Before any line. */
  LineChart logarithmic() {
    log = true;
    return this;
  }

  /** Makes the y axis begin at 0. */
  LineChart fromZero() {
    fromZero = true;
    return this;
  }

  /** Makes the x axis reach at least so far. */
  LineChart over(double least, double most) {
    first = least;
    last = most;
    return this;
  }

  /** Marks a place on the x axis. */
  LineChart divided(double x, String name) {
    divide = x;
    divideTitle = name;
    return this;
  }

  /** Returns whether there is nothing to draw. */
  boolean isEmpty() {
    return lines.isEmpty();
  }

  private double lowest(java.util.function.Function<Line, List<Double>> of) {
    return lines.stream().flatMap(l -> of.apply(l).stream()).min(Double::compare).orElse(0.0);
  }

  private double highest(java.util.function.Function<Line, List<Double>> of) {
    return lines.stream().flatMap(l -> of.apply(l).stream()).max(Double::compare).orElse(1.0);
  }

  private List<Line> named() {
    Map<String, Line> named = new LinkedHashMap<>();
    lines.stream()
        .filter(line -> !line.name.isEmpty())
        .forEach(line -> named.putIfAbsent(line.name, line));
    return List.copyOf(named.values());
  }

  /** Returns the picture. */
  String svg() {
    Axis x = Axis.linear(Math.min(first, lowest(Line::x)), Math.max(last, highest(Line::x)), true);
    double low = fromZero ? Math.min(0, lowest(Line::y)) : lowest(Line::y);
    Axis y =
        log && !lines.isEmpty()
            ? Axis.logarithmic(low, highest(Line::y))
            : Axis.linear(low, highest(Line::y), false);
    StringBuilder legend = new StringBuilder();
    int top = 12 + ROW * legend(legend) + (Double.isNaN(divide) ? 0 : ROW - 4);
    int height = HEIGHT + Math.max(0, top - MOST_ABOVE);
    StringBuilder svg = new StringBuilder();
    svg.append(
        String.format(
            Locale.ROOT,
            "<svg viewBox=\"0 0 %d %d\" class=\"chart\" role=\"img\" tabindex=\"0\" aria-label=\"%s\" data-x=\"%s\">",
            WIDTH,
            height,
            Svg.escape(title),
            Svg.escape(xTitle)));
    double bottom = height - BOTTOM;
    for (double tick : y.ticks()) {
      double at = bottom - (bottom - top) * y.at(tick);
      svg.append(Svg.line(LEFT, at, WIDTH - RIGHT, at, "grid"));
      svg.append(Svg.text(LEFT - 6, at + 4, "end", "tick", y.label(tick)));
    }
    for (double tick : x.ticks()) {
      double at = LEFT + (WIDTH - RIGHT - LEFT) * x.at(tick);
      svg.append(Svg.line(at, bottom, at, bottom + 4, "axis"));
      svg.append(Svg.tickBelow(at, bottom, x.label(tick), WIDTH));
    }
    svg.append(Svg.line(LEFT, bottom, WIDTH - RIGHT, bottom, "axis"));
    svg.append(Svg.text((LEFT + WIDTH - RIGHT) / 2.0, height - 6, "middle", "title", xTitle));
    svg.append(
        String.format(
            Locale.ROOT,
            "<text transform=\"translate(13 %s) rotate(-90)\" text-anchor=\"middle\" class=\"title\">%s</text>",
            Svg.number((top + bottom) / 2),
            Svg.escape(yTitle)));
    if (!Double.isNaN(divide)) {
      double at = LEFT + (WIDTH - RIGHT - LEFT) * x.at(divide);
      svg.append(Svg.line(at, top, at, bottom, "divide"));
      svg.append(Svg.text(at, top - 3, x.at(divide) > 0.8 ? "end" : "middle", "tick", divideTitle));
    }
    for (Line line : lines) {
      append(svg, line, x, y, top, bottom);
    }
    return svg.append(legend).append("</svg>").toString();
  }

  private static void append(
      StringBuilder svg, Line line, Axis x, Axis y, double top, double bottom) {
    List<String> points = new ArrayList<>();
    for (int i = 0; i < line.x.size(); i++) {
      points.add(
          Svg.number(LEFT + (WIDTH - RIGHT - LEFT) * x.at(line.x.get(i)))
              + ","
              + Svg.number(bottom - (bottom - top) * y.at(line.y.get(i))));
    }
    if (points.size() == 1) {
      svg.append(
          String.format(
              "<circle cx=\"%s\" cy=\"%s\" r=\"3\" class=\"dot %s\"/>",
              Svg.number(LEFT + (WIDTH - RIGHT - LEFT) * x.at(line.x.get(0))),
              Svg.number(bottom - (bottom - top) * y.at(line.y.get(0))),
              line.style));
    }
    svg.append(
        String.format(
            "<polyline points=\"%s\" class=\"line %s\" data-name=\"%s\" data-x=\"%s\" data-y=\"%s\"/>",
            String.join(" ", points),
            line.style,
            Svg.escape(line.name),
            joined(line.x),
            joined(line.y)));
  }

  private static String rounded(double value) {
    if (value == Math.rint(value) && Math.abs(value) < 1e9) {
      return String.valueOf((long) value); // an epoch's number is exact
    }
    return new BigDecimal(value).round(DIGITS).stripTrailingZeros().toPlainString();
  }

  private static String joined(List<Double> values) {
    return values.stream().map(LineChart::rounded).collect(Collectors.joining(" "));
  }

  private static String shortened(String name) {
    return name.length() <= LONGEST ? name : name.substring(0, LONGEST - 1) + "…";
  }

  /** Draws the names of the lines in rows at the top, and returns how many rows. */
  private int legend(StringBuilder svg) {
    double x = LEFT;
    int row = 0;
    if (named().size() < 2) {
      return 0;
    }
    for (Line line : named()) {
      double width = SWATCH + LETTER * shortened(line.name).length() + 14;
      if (x + width > WIDTH && x > LEFT) {
        x = LEFT;
        row++;
      }
      double y = 12 + ROW * row;
      svg.append(
          String.format(
              Locale.ROOT,
              "<polyline points=\"%s,%s %s,%s\" class=\"line %s\"/>",
              Svg.number(x),
              Svg.number(y - 4),
              Svg.number(x + SWATCH - 6),
              Svg.number(y - 4),
              line.style));
      svg.append(Svg.text(x + SWATCH, y, "start", "legend", shortened(line.name)));
      x += width;
    }
    return row + 1;
  }
}
