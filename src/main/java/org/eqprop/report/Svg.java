package org.eqprop.report;

import java.util.Locale;

/** Pieces of SVG and HTML as text. */
final class Svg {
  /** Style of a picture that stands alone: that of the page, in light colours. */
  private static final String ALONE =
      Page.resource("chart.css")
          + Page.resource("light.css").replace(":root", "svg")
          + "svg { background: var(--back); }";

  /** The width of a digit of a label, at most. */
  private static final double DIGIT = 7.7;

  private Svg() {}

  /** Returns text with the characters escaped that mean something in HTML and XML. */
  static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;")
        .replace("'", "&#39;");
  }

  /** Returns a number of few digits. */
  static String number(double value) {
    String text = String.format(Locale.ROOT, "%.2f", value);
    return text.contains(".") ? text.replaceAll("0+$", "").replaceAll("\\.$", "") : text;
  }

  /** Returns text at a place. */
  static String text(double x, double y, String anchor, String style, String content) {
    return String.format(
        Locale.ROOT,
        "<text x=\"%s\" y=\"%s\" text-anchor=\"%s\" class=\"%s\">%s</text>",
        number(x),
        number(y),
        anchor,
        style,
        escape(content));
  }

  /**
   * Returns the label of a mark on a horizontal axis, moved to the left where a picture of that
   * width would cut it off.
   */
  static String tickBelow(double x, double axis, String label, double width) {
    double most = width - DIGIT * label.length() / 2;
    return text(Math.min(x, most), axis + 17, "middle", "tick", label);
  }

  /** Returns a filled circle, open for what is inside it: its end tag is the caller's. */
  static String circle(double x, double y, double radius, String style) {
    return String.format(
        Locale.ROOT,
        "<circle cx=\"%s\" cy=\"%s\" r=\"%s\" class=\"%s\">",
        number(x),
        number(y),
        number(radius),
        style);
  }

  /** Returns a line. */
  static String line(double x1, double y1, double x2, double y2, String style) {
    return String.format(
        Locale.ROOT,
        "<line x1=\"%s\" y1=\"%s\" x2=\"%s\" y2=\"%s\" class=\"%s\"/>",
        number(x1),
        number(y1),
        number(x2),
        number(y2),
        style);
  }

  /** Returns a picture of the page as a file of its own. */
  static String alone(String svg) {
    return svg.replaceFirst("<svg ", "<svg xmlns=\"http://www.w3.org/2000/svg\" ")
        .replaceFirst(
            ">", "><style>" + java.util.regex.Matcher.quoteReplacement(ALONE) + "</style>");
  }
}
