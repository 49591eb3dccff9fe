package org.eqprop.report;

import java.util.Locale;

/** A colour scale: a bar below a picture of numbers that says what its colours mean. */
enum Colours {
  /** Red below 0, blue above. */
  DIVERGING("<i></i>"),
  /** Blue above 0, nothing below. */
  RISING("<i style=\"background: linear-gradient(90deg, transparent, rgb(40, 104, 190))\"></i>"),
  /** Red, green and blue separately, each dark below 0 and light above. */
  RGB("<i style=\"background: linear-gradient(90deg, #000, #808080, #fff)\"></i>");

  private final String bar;

  Colours(String bar) {
    this.bar = bar;
  }

  /**
   * Returns the bar as HTML.
   *
   * @param largest the number that has full colour
   */
  String scale(double largest) {
    String above = String.format(Locale.ROOT, "%.2g", largest);
    String below = this == RISING ? "0" : "−" + above;
    String words = this == RISING ? "0 to " + above : "minus to plus " + above;
    return "<div class=\"scale\" aria-label=\"colours from "
        + words
        + "\">"
        + below
        + " "
        + bar
        + " "
        + above
        + "</div>";
  }
}
