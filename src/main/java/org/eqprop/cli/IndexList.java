package org.eqprop.cli;

import java.util.ArrayList;
import java.util.List;
import org.eqprop.base.InputException;

/** Parses lists of indices such as {@code 0-7,42}. */
final class IndexList {
  private IndexList() {}

  /**
   * Parses a list.
   *
   * @param option named in messages
   * @param text numbers and ranges, separated by commas
   * @param size indices must be below this
   * @throws InputException if the text is not such a list, or an index is out of range
   */
  static int[] parse(String option, String text, int size) {
    List<Integer> indices = new ArrayList<>();
    for (String part : text.split(",", -1)) {
      if (!part.strip().matches("\\d{1,9}(-\\d{1,9})?")) {
        throw new InputException(
            option + " " + text + ": '" + part + "' is not an index: expected a list like 0-7,42");
      }
      int dash = part.indexOf('-');
      int from = Integer.parseInt((dash < 0 ? part : part.substring(0, dash)).strip());
      int to = dash < 0 ? from : Integer.parseInt(part.substring(dash + 1).strip());
      if (to < from || to >= size) {
        throw new InputException(
            option + " " + text + ": '" + part + "' is out of range: expected 0 to " + (size - 1));
      }
      for (int i = from; i <= to; i++) {
        indices.add(i);
      }
    }
    return indices.stream().mapToInt(i -> i).toArray();
  }
}
