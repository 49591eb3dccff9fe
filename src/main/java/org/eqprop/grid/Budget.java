package org.eqprop.grid;

import java.util.Locale;
import org.eqprop.base.SafeText;

/**
 * What a grid may cost at most.
 *
 * @param epochs trained by all points together; none if negative
 * @param minutes after which no further point begins; none if negative
 */
record Budget(long epochs, double minutes) {
  /** Returns whether so many epochs may be trained. */
  boolean affords(long trained) {
    return epochs < 0 || trained <= epochs;
  }

  /** Returns whether a point may still begin. */
  boolean affordsAfter(double seconds) {
    return minutes < 0 || seconds < 60 * minutes;
  }

  /** Returns it in words; empty if there is none. */
  String words() {
    String text = epochs < 0 ? "" : SafeText.count(epochs, "epoch");
    String time = minutes < 0 ? "" : String.format(Locale.ROOT, "%s minutes", minutes);
    return text + (text.isEmpty() || time.isEmpty() ? "" : ", ") + time;
  }
}
