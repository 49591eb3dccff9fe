package org.eqprop.report;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * A chart of lines and dots as SVG that takes its colours from the page. Lines also differ by
 * dashes, and the page's script shows the values at a pointer or a cursor.
 */
public final class LineChart {
  private static final int HEIGHT = 300;
  private static final int LEFT = 62;
  private static final int MOST_ABOVE = 62;
  private static final int DIVIDE = 14;

  /** Larger numbers are not drawn, so that the length of an axis stays finite. */
  private static final double LARGEST = 1e300;

  private static final MathContext DIGITS = new MathContext(4);

  private final String title;
  private final String xTitle;
  private final String yTitle;
  private final List<Line> lines = new ArrayList<>();
  private final List<Dots> dots = new ArrayList<>();
  private final List<Bars> bars = new ArrayList<>();
  private List<String> places = List.of();
  private boolean log;
  private boolean logAcross;
  private double first = Double.POSITIVE_INFINITY;
  private double last = Double.NEGATIVE_INFINITY;
  private boolean fromZero;
  private double divide = Double.NaN;
  private String divideTitle = "";

  private record Line(String name, String style, List<Double> x, List<Double> y) {}

  private record Bars(String style, List<Double> x, List<Double> low, List<Double> high) {}

  private record Dots(
      String name, String style, List<Double> x, List<Double> y, List<String> told) {}

  /**
   * @param title read out in place of the picture
   * @param xTitle of the axis, with its unit
   * @param yTitle of the axis, with its unit
   */
  public LineChart(String title, String xTitle, String yTitle) {
    this.title = title;
    this.xTitle = xTitle;
    this.yTitle = yTitle;
  }

  /**
   * Adds a line through the points, broken where a value is not a number. Of many points only some
   * are drawn ({@link Downsampling}).
   *
   * @param name in the legend and beside the values; a line with an empty name appears in neither
   * @param style a CSS class of the page: c0, c1, …, base or faint
   */
  public LineChart line(String name, String style, List<Double> x, List<Double> y) {
    List<Double> xs = new ArrayList<>();
    List<Double> ys = new ArrayList<>();
    List<Integer> kept = Downsampling.kept(y, this::isDrawn);
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

  /**
   * Adds dots. All values must be numbers.
   *
   * @param name in the legend
   * @param style a CSS class of the page: soft
   * @param told the text per dot, shown when a pointer is on it
   */
  public LineChart dots(
      String name, String style, List<Double> x, List<Double> y, List<String> told) {
    dots.add(new Dots(name, style, List.copyOf(x), List.copyOf(y), List.copyOf(told)));
    return this;
  }

  /**
   * Adds error bars from y − error to y + error; leaves out those of points that are not drawn or
   * have no error. On a logarithmic axis, a bar that reaches 0 or below starts at y.
   *
   * @param style of the line that they belong to
   * @param error ≥ 0
   */
  public LineChart bars(String style, List<Double> x, List<Double> y, List<Double> error) {
    List<Double> xs = new ArrayList<>();
    List<Double> low = new ArrayList<>();
    List<Double> high = new ArrayList<>();
    for (int i = 0; i < x.size(); i++) {
      if (isDrawn(y.get(i)) && error.get(i) > 0 && isDrawn(y.get(i) + error.get(i))) {
        double below = y.get(i) - error.get(i);
        xs.add(x.get(i));
        low.add(isDrawn(below) ? below : y.get(i));
        high.add(y.get(i) + error.get(i));
      }
    }
    bars.add(new Bars(style, xs, low, high));
    return this;
  }

  private boolean isDrawn(double value) {
    return Math.abs(value) <= LARGEST && (!log || value > 0); // NaN is not
  }

  /** Makes the y axis logarithmic, without points at or below 0. Call before adding lines. */
  public LineChart logarithmic() {
    log = true;
    return this;
  }

  /** Makes the x axis logarithmic; all points must be above 0. */
  public LineChart logarithmicAcross() {
    logAcross = true;
    return this;
  }

  /** Makes the x axis an axis of names: x = 0 is the first, 1 the second, … */
  public LineChart across(List<String> names) {
    places = List.copyOf(names);
    return this;
  }

  /** Makes the y axis include 0. */
  LineChart fromZero() {
    fromZero = true;
    return this;
  }

  /** Makes the x axis cover at least this range. */
  LineChart over(double least, double most) {
    first = least;
    last = most;
    return this;
  }

  /** Marks a value on the x axis with a vertical line. */
  LineChart divided(double x, String name) {
    divide = x;
    divideTitle = name;
    return this;
  }

  /** Returns whether there is nothing to draw. */
  boolean isEmpty() {
    return lines.isEmpty() && dots.isEmpty();
  }

  private List<Double> all(
      Function<Line, List<Double>> ofLine, Function<Dots, List<Double>> ofDots) {
    List<Double> all = new ArrayList<>();
    lines.forEach(line -> all.addAll(ofLine.apply(line)));
    dots.forEach(each -> all.addAll(ofDots.apply(each)));
    return all;
  }

  private static double lowest(List<Double> values) {
    return values.stream().min(Double::compare).orElse(0.0);
  }

  private static double highest(List<Double> values) {
    return values.stream().max(Double::compare).orElse(1.0);
  }

  private Axis x() {
    if (!places.isEmpty()) {
      return Axis.named(places);
    }
    List<Double> all = all(Line::x, Dots::x);
    double low = Math.min(first, lowest(all));
    double high = Math.max(last, highest(all));
    return logAcross && low > 0 ? Axis.logarithmic(low, high) : Axis.linear(low, high, true);
  }

  private Axis y() {
    List<Double> all = all(Line::y, Dots::y);
    bars.forEach(each -> all.addAll(each.low));
    bars.forEach(each -> all.addAll(each.high));
    double low = fromZero ? Math.min(0, lowest(all)) : lowest(all);
    return log && !isEmpty()
        ? Axis.logarithmic(low, highest(all))
        : Axis.linear(low, highest(all), false);
  }

  private Legend legend() {
    Set<Legend.Entry> named = new LinkedHashSet<>();
    dots.forEach(each -> named.add(new Legend.Entry(each.name, "points " + each.style, true)));
    lines.stream()
        .filter(line -> !line.name.isEmpty())
        .forEach(line -> named.add(new Legend.Entry(line.name, line.style, false)));
    boolean needed = named.size() > 1 || !dots.isEmpty();
    return new Legend(needed ? List.copyOf(named) : List.of(), LEFT, Frame.WIDTH);
  }

  /** Returns the picture. */
  String svg() {
    Legend legend = legend();
    int top = 12 + legend.height() + (Double.isNaN(divide) ? 0 : DIVIDE);
    int height = HEIGHT + Math.max(0, top - MOST_ABOVE);
    Axis across = x();
    Frame frame = new Frame(across, xTitle, y(), yTitle, Frame.WIDTH, top, height);
    StringBuilder svg = new StringBuilder(frame.begin(title, true)).append(frame.axes());
    if (!Double.isNaN(divide)) {
      double at = frame.x(divide);
      svg.append(Svg.line(at, top, at, frame.bottom(), "divide"));
      String anchor = across.at(divide) > 0.8 ? "end" : "middle";
      svg.append(Svg.text(at, top - 3, anchor, "tick", divideTitle));
    }
    dots.forEach(each -> append(svg, each, frame));
    bars.forEach(each -> append(svg, each, frame));
    lines.forEach(line -> append(svg, line, frame));
    return svg.append(legend.svg()).append("</svg>").toString();
  }

  private void append(StringBuilder svg, Dots each, Frame frame) {
    for (int i = 0; i < each.x.size(); i++) {
      svg.append(
              Svg.circle(frame.x(each.x.get(i)), frame.y(each.y.get(i)), 4, "points " + each.style))
          .append("<title>")
          .append(Svg.escape(each.told.get(i)))
          .append("</title></circle>");
    }
    if (places.isEmpty()) { // the script cannot show several dots at one name
      svg.append(polyline(yTitle, "unjoined", each.x, each.y, frame));
    }
  }

  private static void append(StringBuilder svg, Bars each, Frame frame) {
    for (int i = 0; i < each.x.size(); i++) {
      double x = frame.x(each.x.get(i));
      double low = frame.y(each.low.get(i));
      svg.append(Svg.line(x, low, x, frame.y(each.high.get(i)), "error " + each.style));
    }
  }

  private void append(StringBuilder svg, Line line, Frame frame) {
    if (line.x.size() == 1) {
      double x = frame.x(line.x.get(0));
      svg.append(Svg.circle(x, frame.y(line.y.get(0)), 3, "dot " + line.style) + "</circle>");
    }
    svg.append(polyline(line.name, "line " + line.style, line.x, line.y, frame));
  }

  private String polyline(String name, String style, List<Double> x, List<Double> y, Frame frame) {
    List<String> points = new ArrayList<>();
    for (int i = 0; i < x.size(); i++) {
      points.add(Svg.number(frame.x(x.get(i))) + "," + Svg.number(frame.y(y.get(i))));
    }
    return String.format(
        Locale.ROOT,
        "<polyline points=\"%s\" class=\"%s\" data-name=\"%s\" data-x=\"%s\" data-y=\"%s\"/>",
        String.join(" ", points),
        style,
        Svg.escape(name),
        Svg.escape(told(x)),
        joined(y));
  }

  private String told(List<Double> x) {
    return places.isEmpty()
        ? joined(x)
        : Frame.joined(x.stream().map(at -> places.get((int) Math.rint(at))).toList());
  }

  private static String rounded(double value) {
    if (value == Math.rint(value) && Math.abs(value) < 1e9) {
      return String.valueOf((long) value); // numbers of epochs stay exact
    }
    return new BigDecimal(value).round(DIGITS).stripTrailingZeros().toPlainString();
  }

  private static String joined(List<Double> values) {
    return values.stream().map(LineChart::rounded).collect(Collectors.joining(" "));
  }
}
