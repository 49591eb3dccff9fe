package org.eqprop.report;

import java.util.List;
import java.util.Locale;

/**
 * The axes of a chart with their ticks, labels and titles; also maps values to positions. Names
 * that do not fit side by side below the horizontal axis are slanted.
 */
final class Frame {
  /** The width of most charts, in pixels. */
  static final int WIDTH = 480;

  static final int RIGHT = 14;

  /** A wider chart gets a row of the page to itself. */
  private static final int WIDE = 640;

  private static final int LEFT = 62;
  private static final int BOTTOM = 42;
  private static final double LETTER = 7.1;
  private static final int LONGEST = 20;
  private static final double SLOPE = 0.6; // sin of 37°

  private final Axis x;
  private final String xTitle;
  private final Axis y;
  private final String yTitle;
  private final double width;
  private final double left;
  private final double top;
  private final double bottom;
  private final double height;

  /**
   * @param height of the chart, in pixels; slanted names make it higher
   * @param top distance of the upper end of the vertical axis from the upper edge
   */
  Frame(Axis x, String xTitle, Axis y, String yTitle, double width, double top, double height) {
    this.x = x;
    this.xTitle = xTitle;
    this.y = y;
    this.yTitle = yTitle;
    this.width = width;
    this.left = left(y);
    this.top = top;
    this.bottom = height - BOTTOM;
    this.height = height + (isSlanted() ? SLOPE * longest(x) : 0);
  }

  /** Returns the room that the labels and the title of a vertical axis need. */
  static double left(Axis y) {
    return y.names().isEmpty() ? LEFT : Math.max(LEFT, 36 + longest(y));
  }

  private static double longest(Axis axis) {
    return LETTER
        * axis.names().stream().mapToInt(name -> shortened(name).length()).max().orElse(0);
  }

  private boolean isSlanted() {
    return longest(x) + LETTER > (width - RIGHT - left) / Math.max(1, x.names().size());
  }

  private static String shortened(String name) {
    return shortened(name, LONGEST);
  }

  private static String shortened(String name, int most) {
    return name.length() <= most ? name : name.substring(0, most - 1) + "…";
  }

  /** Returns the position of a value on the horizontal axis. */
  double x(double value) {
    return left + (width - RIGHT - left) * x.at(value);
  }

  /** Returns the position of a value on the vertical axis. */
  double y(double value) {
    return bottom - (bottom - top) * y.at(value);
  }

  /** Returns the position of the horizontal axis. */
  double bottom() {
    return bottom;
  }

  /**
   * Returns the start tag of a chart.
   *
   * @param title read out in place of the picture
   * @param values whether the page's script shows the values at a pointer or a cursor
   */
  String begin(String title, boolean values) {
    return String.format(
        Locale.ROOT,
        "<svg viewBox=\"0 0 %s %s\" class=\"%s\" role=\"img\"%s aria-label=\"%s\" data-x=\"%s\" data-bottom=\"%s\">",
        Svg.number(width),
        Svg.number(height),
        width > WIDE ? "chart wide" : "chart",
        values ? " tabindex=\"0\"" : "",
        Svg.escape(title),
        Svg.escape(xTitle),
        Svg.number(bottom));
  }

  /** Returns the axes. */
  String axes() {
    StringBuilder svg = new StringBuilder();
    for (double tick : y.ticks()) {
      double at = y(tick);
      if (y.names().isEmpty()) {
        svg.append(Svg.line(left, at, width - RIGHT, at, "grid"));
      }
      svg.append(Svg.text(left - 6, at + 4, "end", "tick", shortened(y.label(tick))));
    }
    for (double tick : x.ticks()) {
      double at = x(tick);
      svg.append(Svg.line(at, bottom, at, bottom + 4, "axis"));
      svg.append(
          isSlanted()
              ? slanted(at, shortened(x.label(tick)))
              : Svg.tickBelow(at, bottom, shortened(x.label(tick)), width));
    }
    svg.append(Svg.line(left, bottom, width - RIGHT, bottom, "axis"));
    svg.append(Svg.text((left + width - RIGHT) / 2, height - 6, "middle", "title", xTitle));
    int room = (int) ((bottom - top + BOTTOM) / LETTER);
    return svg.append(turned(13, (top + bottom) / 2, shortened(yTitle, room))).toString();
  }

  private String slanted(double at, String label) {
    return String.format(
        Locale.ROOT,
        "<text transform=\"translate(%s %s) rotate(-37)\" text-anchor=\"end\" class=\"tick\">%s</text>",
        Svg.number(at + 4),
        Svg.number(bottom + 14),
        Svg.escape(label));
  }

  /** Returns a text that runs upwards, such as the title of a vertical axis. */
  static String turned(double x, double y, String text) {
    return String.format(
        Locale.ROOT,
        "<text transform=\"translate(%s %s) rotate(-90)\" text-anchor=\"middle\" class=\"title\">%s</text>",
        Svg.number(x),
        Svg.number(y),
        Svg.escape(text));
  }

  /** Returns names joined for the page's script, which splits them at spaces. */
  static String joined(List<String> names) {
    return String.join(" ", names.stream().map(name -> name.replace(' ', '\u00a0')).toList());
  }
}
