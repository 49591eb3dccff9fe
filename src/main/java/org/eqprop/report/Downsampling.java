package org.eqprop.report;

import java.util.ArrayList;
import java.util.List;
import java.util.function.DoublePredicate;

/**
 * Chooses which points of a long curve are drawn: points beyond the number of columns of a screen
 * cannot be told apart, and slow the page down. Keeps the first and the last point, and the lowest
 * and the highest of every stretch between them, so that no spike is lost.
 */
final class Downsampling {
  /** The most points of a curve. */
  static final int MOST = 1000;

  private Downsampling() {}

  /**
   * Returns the indices of the points to keep, ascending: all of them up to {@link #MOST}. Also
   * keeps one point per stretch that is not drawn, if there is one: there the curve is broken.
   *
   * @param values of a curve
   * @param drawn tells whether a value is drawn
   */
  static List<Integer> kept(List<Double> values, DoublePredicate drawn) {
    int count = values.size();
    List<Integer> kept = new ArrayList<>();
    if (count <= MOST) {
      for (int i = 0; i < count; i++) {
        kept.add(i);
      }
      return kept;
    }
    int stretches = (MOST - 2) / 2;
    kept.add(0);
    for (int s = 0; s < stretches; s++) {
      int from = 1 + (int) ((long) s * (count - 2) / stretches);
      int to = 1 + (int) ((s + 1L) * (count - 2) / stretches);
      keep(values, drawn, from, to, kept);
    }
    kept.add(count - 1);
    return kept;
  }

  private static void keep(
      List<Double> values, DoublePredicate drawn, int from, int to, List<Integer> kept) {
    int lowest = -1;
    int highest = -1;
    int gap = -1;
    for (int i = from; i < to; i++) {
      double value = values.get(i);
      if (!drawn.test(value)) {
        gap = i;
      } else {
        lowest = lowest < 0 || value < values.get(lowest) ? i : lowest;
        highest = highest < 0 || value > values.get(highest) ? i : highest;
      }
    }
    java.util.stream.IntStream.of(lowest, highest, gap)
        .filter(i -> i >= 0)
        .distinct()
        .sorted()
        .forEach(kept::add);
  }

  /**
   * Returns a sentence that says what is left out; empty if nothing is left out.
   *
   * @param count the number of points of a curve
   */
  static String note(int count) {
    return count <= MOST
        ? ""
        : String.format(
            java.util.Locale.ROOT,
            "Of %,d epochs, each curve shows at most %,d points: the first, the last, and the lowest and the highest of every"
                + " stretch between them.",
            count,
            MOST);
  }
}
