package org.eqprop.report;

import java.util.Locale;

/** Writes pieces of SVG and HTML. */
final class Svg {
  /** Style of a picture in its own file: that of the page, in light colours. */
  private static final String ALONE =
      Page.resource("chart.css")
          + Page.resource("light.css").replace(":root", "svg")
          + "svg { background: var(--back); }";

  /** The largest width of a digit of a label. */
  private static final double DIGIT = 7.7;

  private Svg() {}

  /** Escapes the characters of a text that have a meaning in HTML and XML. */
  static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;")
        .replace("'", "&#39;");
  }

  /** Formats a number with at most two decimals. */
  static String number(double value) {
    String text = String.format(Locale.ROOT, "%.2f", value);
    return text.contains(".") ? text.replaceAll("0+$", "").replaceAll("\\.$", "") : text;
  }

  /** Returns text at a position. */
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
   * Returns the label of a tick on a horizontal axis, moved to the left if a picture of this width
   * would cut it off.
   */
  static String tickBelow(double x, double axis, String label, double width) {
    double most = width - DIGIT * label.length() / 2;
    return text(Math.min(x, most), axis + 17, "middle", "tick", label);
  }

  /** Returns the start tag of a filled circle; the caller adds contents and the end tag. */
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

  /** Returns a picture of the page as the contents of a separate file. */
  static String alone(String svg) {
    return svg.replaceFirst("<svg ", "<svg xmlns=\"http://www.w3.org/2000/svg\" ")
        .replaceFirst(
            ">", "><style>" + java.util.regex.Matcher.quoteReplacement(ALONE) + "</style>");
  }
}
