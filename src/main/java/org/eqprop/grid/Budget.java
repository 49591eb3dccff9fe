package org.eqprop.grid;

import java.util.Locale;
import org.eqprop.base.SafeText;

/**
 * The limits on a grid's cost.
 *
 * @param epochs limit on the epochs that all points together are trained; no limit if negative
 * @param minutes time after which no further point starts; no limit if negative
 */
record Budget(long epochs, double minutes) {
  /** Returns whether this many epochs may be trained. */
  boolean affords(long trained) {
    return epochs < 0 || trained <= epochs;
  }

  /** Returns whether a point may still start. */
  boolean affordsAfter(double seconds) {
    return minutes < 0 || seconds < 60 * minutes;
  }

  /** Returns the limits in words; empty if there are none. */
  String words() {
    String text = epochs < 0 ? "" : SafeText.count(epochs, "epoch");
    String time = minutes < 0 ? "" : String.format(Locale.ROOT, "%s minutes", minutes);
    return text + (text.isEmpty() || time.isEmpty() ? "" : ", ") + time;
  }
}
