package org.eqprop.grid;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A text table with aligned columns. */
final class GridTable {
  private static final String GAP = "  ";

  private final List<List<String>> lines = new ArrayList<>();
  private final int numbers;

  /**
   * @param numbers how many of the first columns are right-aligned
   * @param headings of all columns
   */
  GridTable(int numbers, List<String> headings) {
    this.numbers = numbers;
    lines.add(List.copyOf(headings));
  }

  /** Adds a row. */
  void add(List<String> cells) {
    lines.add(List.copyOf(cells));
  }

  /** Returns the lines, the headings first. */
  List<String> lines() {
    int columns = lines.get(0).size();
    int[] widths = new int[columns];
    for (List<String> line : lines) {
      for (int c = 0; c < columns; c++) {
        widths[c] = Math.max(widths[c], line.get(c).length());
      }
    }
    List<String> text = new ArrayList<>();
    for (List<String> line : lines) {
      List<String> cells = new ArrayList<>();
      for (int c = 0; c < columns; c++) {
        String sign = c < numbers ? "" : "-";
        cells.add(
            widths[c] == 0
                ? ""
                : String.format(Locale.ROOT, "%" + sign + widths[c] + "s", line.get(c)));
      }
      text.add(String.join(GAP, cells).stripTrailing());
    }
    return text;
  }
}
