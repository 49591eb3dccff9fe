package org.eqprop.report;

import java.util.List;
import java.util.Locale;

/** A chart of bars: the counts of the values 1, 2, …. */
final class Histogram {
  private static final int HEIGHT = 300;
  private static final int TOP = 26;

  /** Width of a bar, as a fraction of the distance between bars. */
  private static final double BAR = 0.8;

  private final String title;
  private final String xTitle;
  private final String yTitle;

  /**
   * @param title read out in place of the picture
   * @param xTitle title of the values
   * @param yTitle title of the counts
   */
  Histogram(String title, String xTitle, String yTitle) {
    this.title = title;
    this.xTitle = xTitle;
    this.yTitle = yTitle;
  }

  /**
   * Returns the picture.
   *
   * @param counts of 1, 2, …; at least one
   * @param divide a dividing line is drawn right of the bar of this value
   * @param name of that line
   */
  String svg(List<Long> counts, int divide, String name) {
    double most = Math.max(1, counts.stream().mapToDouble(Long::doubleValue).max().orElse(1));
    Frame frame =
        new Frame(
            Axis.linear(0, counts.size() + 1.0, true),
            xTitle,
            Axis.linear(0, most, false),
            yTitle,
            Frame.WIDTH,
            TOP,
            HEIGHT);
    StringBuilder svg = new StringBuilder(frame.begin(title, false)).append(frame.axes());
    double width = BAR * (frame.x(2) - frame.x(1));
    for (int i = 0; i < counts.size(); i++) {
      double y = frame.y(counts.get(i).doubleValue());
      svg.append(
          String.format(
              Locale.ROOT,
              "<rect x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\" class=\"bar f0\"><title>%d: %,d</title></rect>",
              Svg.number(frame.x(i + 1.0) - width / 2),
              Svg.number(y),
              Svg.number(width),
              Svg.number(frame.bottom() - y),
              i + 1,
              counts.get(i)));
    }
    if (divide <= counts.size()) {
      double at = frame.x(divide + 0.5);
      svg.append(Svg.line(at, TOP, at, frame.bottom(), "divide"));
      svg.append(Svg.text(at, TOP - 3, "middle", "tick", name));
    }
    return svg.append("</svg>").toString();
  }
}
