package org.eqprop.config;

import org.eqprop.base.InputException;
import org.eqprop.base.Json;

/**
 * Measures how deeply a HOCON text is nested, before the parser, which recurses once per level,
 * reads it. Brackets, braces and the elements of a path count; those in quotes and comments do not.
 */
final class NestingDepth {
  private static final String QUOTES = "\"\"\"";

  private final String text;
  private final String origin;

  /** The level around each open bracket. */
  private final int[] around = new int[Json.MOST_LEVELS + 1];

  private int open;
  private int level;
  private int elements;
  private boolean lineEnded;

  private NestingDepth(String text, String origin) {
    this.text = text;
    this.origin = origin;
  }

  /**
   * Checks a text.
   *
   * @throws InputException if it is nested more than {@link Json#MOST_LEVELS} levels deep
   */
  static void check(String text, String origin) {
    new NestingDepth(text, origin).scan();
  }

  private void scan() {
    for (int at = 0; at < text.length(); at++) {
      char c = text.charAt(at);
      if (c == '"') {
        at = endOfQuotes(at);
      } else if (c == '#' || text.startsWith("//", at)) {
        at = text.indexOf('\n', at) - 1;
        if (at < 0) {
          return;
        }
      } else {
        read(c);
      }
    }
  }

  private void read(char c) {
    switch (c) {
      case '[', '{' -> {
        descend(elements + 1);
        around[open++] = level;
        level += elements + 1;
        begin();
      }
      case ']', '}' -> {
        if (open > 0) {
          level = around[--open];
        }
        begin();
      }
      case ',' -> begin();
      case '\n' -> lineEnded = true;
      case ' ', '\t', '\r', '=', ':', '+' -> {}
      default -> {
        if (lineEnded) {
          begin();
        }
        if (c == '.') {
          elements++;
          descend(elements);
        }
      }
    }
  }

  private void begin() {
    elements = 0;
    lineEnded = false;
  }

  private void descend(int further) {
    if (level + further > Json.MOST_LEVELS) {
      throw new InputException(
          origin + ": nested too deep: expected at most " + Json.MOST_LEVELS + " levels");
    }
  }

  /**
   * Returns where quoted text ends. If it does not, that is the end of the whole text, which the
   * parser refuses.
   */
  private int endOfQuotes(int begin) {
    if (lineEnded) {
      begin();
    }
    if (text.startsWith(QUOTES, begin)) {
      int end = text.indexOf(QUOTES, begin + QUOTES.length());
      if (end < 0) {
        return text.length();
      }
      end += QUOTES.length();
      while (end < text.length() && text.charAt(end) == '"') {
        end++;
      }
      return end - 1;
    }
    for (int at = begin + 1; at < text.length(); at++) {
      switch (text.charAt(at)) {
        case '\\' -> at++;
        case '"' -> {
          return at;
        }
        case '\n' -> {
          return text.length();
        }
        default -> {}
      }
    }
    return text.length();
  }
}
