package org.eqprop.report;

import java.util.List;
import java.util.Locale;

/** The legend of a chart's lines and dots, in rows at its top. */
final class Legend {
  private static final int LONGEST = 54;
  private static final int ROW = 18;
  private static final double LETTER = 7.1;
  private static final int SWATCH = 30;

  private final StringBuilder svg = new StringBuilder();
  private final int rows;

  /**
   * An entry of the legend.
   *
   * @param style CSS class of the line or the dots
   * @param dots whether it names dots instead of a line
   */
  record Entry(String name, String style, boolean dots) {}

  /**
   * @param left where rows start
   * @param right where they end
   */
  Legend(List<Entry> entries, double left, double right) {
    double x = left;
    int row = 0;
    for (Entry entry : entries) {
      String name = shortened(entry.name);
      double width = SWATCH + LETTER * name.length() + 14;
      if (x + width > right && x > left) {
        x = left;
        row++;
      }
      double y = 12 + ROW * row;
      svg.append(swatch(entry, x, y - 4)).append(Svg.text(x + SWATCH, y, "start", "legend", name));
      x += width;
    }
    rows = entries.isEmpty() ? 0 : row + 1;
  }

  private static String swatch(Entry entry, double x, double y) {
    return entry.dots
        ? Svg.circle(x + SWATCH / 2.0 - 3, y, 4, entry.style) + "</circle>"
        : String.format(
            Locale.ROOT,
            "<polyline points=\"%s,%s %s,%s\" class=\"line %s\"/>",
            Svg.number(x),
            Svg.number(y),
            Svg.number(x + SWATCH - 6),
            Svg.number(y),
            entry.style);
  }

  private static String shortened(String name) {
    return name.length() <= LONGEST ? name : name.substring(0, LONGEST - 1) + "…";
  }

  /** Returns the height of the legend. */
  int height() {
    return ROW * rows;
  }

  /** Returns the picture. */
  String svg() {
    return svg.toString();
  }
}
