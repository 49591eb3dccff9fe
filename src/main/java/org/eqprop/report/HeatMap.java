package org.eqprop.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * A heat map as SVG that takes its colours from the page: cells range from blue (the lowest value)
 * through no colour to orange. The lowest cell is framed. Cells with enough room show their values;
 * pointing at any cell shows its value.
 */
public final class HeatMap {
  private static final double FULL = 0.55; // opacity at which text stays legible
  private static final int TOP = 30;
  private static final int BELOW = 42;
  private static final double CELL = 40;
  private static final int MOST_WIDE = 32;
  private static final int STEPS = 20;
  private static final double STEP = 6;

  private final String title;
  private final Axis columns;
  private final String columnTitle;
  private final Axis rows;
  private final String rowTitle;
  private final List<Cell> cells = new ArrayList<>();
  private double top = Double.POSITIVE_INFINITY;

  private record Cell(int column, int row, double value, String shown) {}

  /**
   * @param title read out in place of the picture
   * @param columnTitle of the horizontal axis
   * @param columns names, from left to right
   * @param rowTitle of the vertical axis
   * @param rows names, from the bottom up
   */
  public HeatMap(
      String title, String columnTitle, List<String> columns, String rowTitle, List<String> rows) {
    this.title = title;
    this.columns = Axis.named(columns);
    this.columnTitle = columnTitle;
    this.rows = Axis.named(rows);
    this.rowTitle = rowTitle;
  }

  /**
   * Adds a cell.
   *
   * @param column from 0
   * @param row from 0
   * @param value finite
   * @param shown the value as text
   */
  public HeatMap cell(int column, int row, double value, String shown) {
    cells.add(new Cell(column, row, value, shown));
    return this;
  }

  /** Gives all values from this one on the same colour, the strongest orange. */
  public HeatMap upTo(double most) {
    top = most;
    return this;
  }

  /** Returns the picture. Needs at least one cell. */
  String svg() {
    Cell lowest = cells.stream().min(Comparator.comparingDouble(Cell::value)).orElseThrow();
    Cell highest = cells.stream().max(Comparator.comparingDouble(Cell::value)).orElseThrow();
    double most = Math.min(top, highest.value);
    int across = columns.names().size();
    int down = rows.names().size();
    double width =
        Math.max(Frame.WIDTH, Frame.left(rows) + Frame.RIGHT + CELL * Math.min(MOST_WIDE, across));
    double high = Math.max(18, Math.min(48, 216.0 / down));
    Frame frame =
        new Frame(columns, columnTitle, rows, rowTitle, width, TOP, TOP + BELOW + high * down);
    double wide = frame.x(1) - frame.x(0);
    StringBuilder svg = new StringBuilder(frame.begin(title, false));
    svg.append(frame.axes());
    for (Cell cell : cells) {
      double x = frame.x(cell.column);
      double y = frame.y(cell.row);
      svg.append("<g><title>")
          .append(
              Svg.escape(
                  columns.label(cell.column) + ", " + rows.label(cell.row) + ": " + cell.shown))
          .append("</title>")
          .append(tile(x, y, wide, high, share(cell.value, lowest.value, most)));
      if (7.1 * cell.shown.length() + 4 <= wide) {
        svg.append(Svg.text(x, y + 4.5, "middle", "name", cell.shown));
      }
      svg.append("</g>");
    }
    svg.append(rectangle(frame.x(lowest.column), frame.y(lowest.row), wide, high, "lowest", ""));
    String end = (highest.value > most ? "from " : "") + shown(most, lowest.shown);
    return svg.append(scale(width - Frame.RIGHT, lowest.shown, end)).append("</svg>").toString();
  }

  /** Formats a value with as many decimals as another one is shown with. */
  private static String shown(double value, String like) {
    int point = like.indexOf('.');
    return String.format(
        Locale.ROOT, "%." + (point < 0 ? 0 : like.length() - point - 1) + "f", value);
  }

  private static double share(double value, double low, double most) {
    return most > low ? Math.min(1, (value - low) / (most - low)) : 0;
  }

  /** Returns a cell with its center at (x, y). */
  private static String tile(double x, double y, double wide, double high, double share) {
    double opacity = FULL * Math.abs(2 * share - 1);
    return rectangle(
        x,
        y,
        wide - 1,
        high - 1,
        share < 0.5 ? "bar f0" : "bar f1",
        String.format(Locale.ROOT, " fill-opacity=\"%.3f\"", opacity));
  }

  private static String rectangle(
      double x, double y, double wide, double high, String style, String more) {
    return String.format(
        Locale.ROOT,
        "<rect x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\" class=\"%s\"%s/>",
        Svg.number(x - wide / 2),
        Svg.number(y - high / 2),
        Svg.number(wide),
        Svg.number(high),
        style,
        more);
  }

  /** Returns the colour scale. */
  private static String scale(double right, String low, String end) {
    double from = right - 7.1 * end.length() - 6 - STEPS * STEP;
    StringBuilder svg = new StringBuilder(Svg.text(from - 6, 16, "end", "tick", low));
    for (int i = 0; i < STEPS; i++) {
      svg.append(tile(from + (i + 0.5) * STEP, 12, STEP + 1, 11, i / (STEPS - 1.0)));
    }
    return svg.append(Svg.text(right, 16, "end", "tick", end)).toString();
  }
}
