package org.eqprop.grid;

import java.util.List;

/**
 * The values of a key that is changed one at a time, while all others of its kind keep their first
 * values.
 *
 * @param key of the configuration
 * @param values as HOCON text, at least two: the ideal, then an imperfection of growing strength
 */
record Levels(String key, List<String> values) {
  Levels {
    values = List.copyOf(values);
  }

  /** Returns the value that the key has while another one is changed. */
  String ideal() {
    return values.get(0);
  }

  /** Returns a value as a number; NaN if it is not a number. */
  static double number(String value) {
    try {
      return Double.parseDouble(value);
    } catch (NumberFormatException e) {
      return Double.NaN;
    }
  }
}
