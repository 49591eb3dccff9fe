package org.eqprop.grid;

import java.util.List;

/**
 * A key that is moved alone, while all others of its kind keep their first values.
 *
 * @param key of the configuration
 * @param values as HOCON text, two at least: the ideal, then more and more of an imperfection
 */
record Levels(String key, List<String> values) {
  Levels {
    values = List.copyOf(values);
  }

  /** Returns the value that the key has where another one is moved. */
  String ideal() {
    return values.get(0);
  }

  /** Returns a value as a number; NaN if it is none. */
  static double number(String value) {
    try {
      return Double.parseDouble(value);
    } catch (NumberFormatException e) {
      return Double.NaN;
    }
  }
}
