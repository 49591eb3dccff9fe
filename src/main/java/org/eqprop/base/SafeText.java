package org.eqprop.base;

/**
 * Makes text from users or files safe to show: a line stays one line, a terminal gets no escape
 * sequences, and lengths are limited. Also writes out counts of things.
 */
public final class SafeText {
  private static final int LONGEST_WORD = 400;
  private static final int LONGEST_VALUE = 200;
  private static final int LONGEST_LINE = 4000;

  private SafeText() {}

  /**
   * Returns a text as one line: control characters are escaped (a line feed as {@code \n}), and
   * very long words or lines are cut in the middle.
   */
  public static String line(String text) {
    StringBuilder line = new StringBuilder();
    int begin = 0; // start of the word
    for (int i = 0; i <= text.length(); i++) {
      if (i == text.length() || text.charAt(i) == ' ') {
        line.append(cut(text.substring(begin, i), LONGEST_WORD));
        line.append(i == text.length() ? "" : " ");
        begin = i + 1;
      }
    }
    return escaped(cut(line.toString(), LONGEST_LINE));
  }

  /** Returns a number of things: «1 epoch», «2,000 epochs». */
  public static String count(long number, String thing) {
    return String.format(java.util.Locale.ROOT, "%,d %s%s", number, thing, number == 1 ? "" : "s");
  }

  /** Returns a value for display in messages: cut and escaped. */
  public static String value(Object value) {
    return escaped(cut(String.valueOf(value), LONGEST_VALUE));
  }

  private static String cut(String text, int most) {
    if (text.length() <= most) {
      return text;
    }
    int half = most / 2;
    return text.substring(0, half) + "…" + text.substring(text.length() - half);
  }

  private static String escaped(String text) {
    StringBuilder escaped = new StringBuilder();
    text.codePoints()
        .forEach(
            c -> {
              switch (c) {
                case '\n' -> escaped.append("\\n");
                case '\r' -> escaped.append("\\r");
                case '\t' -> escaped.append("\\t");
                default -> {
                  if (isInvisible(c)) {
                    escaped.append(String.format(java.util.Locale.ROOT, "\\u%04x", c));
                  } else {
                    escaped.appendCodePoint(c);
                  }
                }
              }
            });
    return escaped.toString();
  }

  /** Returns whether c is a control character, reorders a line, or is half of a surrogate pair. */
  private static boolean isInvisible(int c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SURROGATE ->
          true;
      default -> false;
    };
  }
}
