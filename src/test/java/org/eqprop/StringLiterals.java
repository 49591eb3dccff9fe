package org.eqprop;

import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The string literals of Java sources, to look up what a program says. Literals and string
 * constants that are joined by + are one text.
 */
final class StringLiterals {
  /** Stands between texts that are not joined. */
  private static final String GAP = "\0";

  private static final String LITERAL = "\"(?:[^\"\\\\\n]|\\\\.)*+\"";
  private static final Pattern CONSTANT =
      Pattern.compile(
          "\\bString ([A-Z][A-Z0-9_]*)\\s*=\\s*("
              + LITERAL
              + "(?:\\s*\\+\\s*"
              + LITERAL
              + ")*+)\\s*;");
  private static final Pattern TOKEN =
      Pattern.compile(
          "(?<block>\"\"\"[ \t]*+\n.*?\"\"\")"
              + "|(?<literal>"
              + LITERAL
              + ")|(?<constant>\\b(?:[A-Z]\\w*\\.)?[A-Z][A-Z0-9_]*\\b)"
              + "|(?<plus>\\+)"
              + "|(?<ignored>\\s++|//[^\n]*+|/\\*.*?\\*/)"
              + "|'(?:[^'\\\\\n]|\\\\.)++'|.",
          Pattern.DOTALL);

  /** The values of string constants, by {@code Class.NAME}. */
  private final Map<String, String> constants = new HashMap<>();

  private final Map<String, String> sources;

  /**
   * @param sources Java sources by the names of their classes
   */
  StringLiterals(Map<String, String> sources) {
    this.sources = sources;
    sources.forEach(
        (name, source) ->
            CONSTANT
                .matcher(source)
                .results()
                .forEach(
                    found -> constants.put(name + "." + found.group(1), joined(found.group(2)))));
  }

  private static String joined(String literals) {
    return Pattern.compile(LITERAL)
        .matcher(literals)
        .results()
        .map(literal -> unquoted(literal.group(), 1))
        .collect(Collectors.joining());
  }

  private static String unquoted(String literal, int quotes) {
    return literal.substring(quotes, literal.length() - quotes).translateEscapes();
  }

  /** Returns all texts, with a character between them that no text contains. */
  String texts() {
    return sources.entrySet().stream()
        .map(source -> texts(source.getKey(), source.getValue()))
        .collect(Collectors.joining(GAP));
  }

  private String texts(String name, String source) {
    StringBuilder texts = new StringBuilder();
    boolean behindText = false;
    boolean joined = false;
    Matcher token = TOKEN.matcher(source);
    while (token.find()) {
      String text = text(name, token);
      if (text != null) {
        texts.append(joined ? "" : GAP).append(text);
        behindText = true;
        joined = false;
      } else if (token.group("plus") != null) {
        joined = behindText;
      } else if (token.group("ignored") == null) {
        behindText = false;
        joined = false;
      }
    }
    return texts.toString();
  }

  private @Nullable String text(String name, Matcher token) {
    if (token.group("block") != null) {
      String block = token.group();
      return unquoted(block.substring(block.indexOf('\n') - 2), 3).stripIndent();
    }
    if (token.group("literal") != null) {
      return unquoted(token.group(), 1);
    }
    String constant = token.group("constant");
    return constant == null
        ? null
        : constants.get(constant.contains(".") ? constant : name + "." + constant);
  }
}
