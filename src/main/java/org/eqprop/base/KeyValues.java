package org.eqprop.base;

import java.util.List;
import java.util.Locale;

/**
 * The values of configuration keys. Each settings record reads its own keys from here and names
 * them once. A value that does not have the requested type is refused with an {@link
 * InvalidValueException}.
 */
public interface KeyValues {
  /** Returns a finite number. */
  double number(String key);

  /** Returns a list of numbers. */
  List<Double> numbers(String key);

  /** Returns whether a value is the empty list; false for a word. */
  boolean isEmpty(String key);

  /** Returns a list of texts. */
  List<String> texts(String key);

  /** Returns a whole number, from −2^31 to 2^31 − 1. */
  int whole(String key);

  /** Returns a whole number, from −2^63 to 2^63 − 1, exactly. */
  long wholeLong(String key);

  /** Returns whether a value is {@code auto}, for keys that also accept a number. */
  boolean isAuto(String key);

  /**
   * Returns a whole number, or {@code auto}'s substitute.
   *
   * @param auto the number that stands for {@code auto}; refused as a value
   */
  int wholeOrAuto(String key, int auto);

  /**
   * Returns a number, or {@code auto}'s substitute.
   *
   * @param auto the number that stands for {@code auto}; refused as a value
   */
  double numberOrAuto(String key, double auto);

  /** Returns whether a value is true. */
  boolean flag(String key);

  /** Returns the constant whose {@link #word} is the value. */
  <E extends Enum<E>> E choice(String key, Class<E> type);

  /** Returns a value that must be one of the given words. */
  String word(String key, List<String> words);

  /** Returns a text, such as a path. */
  String location(String key);

  /** Returns how a constant is written as a value: {@code EVEN_ODD} is {@code even-odd}. */
  static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
