package org.eqprop.cli;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.eqprop.base.InputException;

/**
 * Checks that Java could decode the arguments and the working folder. Java decodes them by the
 * locale of the process; what the locale cannot decode arrives as other characters, which would
 * name another file.
 */
final class Locales {
  private static final char UNDECODABLE = '\uFFFD';

  private Locales() {}

  /**
   * Checks that the arguments and the working folder are what the user has typed.
   *
   * @throws InputException if one of them could not be decoded
   */
  static void check(String... args) {
    check(
        Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8")),
        System.getProperty("user.dir", ""),
        List.of(args));
  }

  static void check(Charset locale, String folder, List<String> args) {
    if (folder.indexOf(UNDECODABLE) >= 0) {
      throw new InputException(failure("the working folder " + folder, locale));
    }
    for (String arg : args) {
      // spark-submit's own JVM passes on a question mark for each byte that ASCII cannot decode.
      boolean replaced = locale.equals(StandardCharsets.US_ASCII) && arg.indexOf('?') >= 0;
      if (replaced || arg.indexOf(UNDECODABLE) >= 0 || !locale.newEncoder().canEncode(arg)) {
        throw new InputException(failure("the argument " + arg, locale));
      }
    }
  }

  private static String failure(String what, Charset locale) {
    return what
        + " cannot be decoded by this locale ("
        + locale.name()
        + "): expected names in UTF-8 and a UTF-8 locale: set LC_ALL=C.UTF-8";
  }
}
