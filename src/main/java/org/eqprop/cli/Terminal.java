package org.eqprop.cli;

import java.util.Map;
import picocli.CommandLine.Help.Ansi;

/** What may be printed to the user's terminal. */
final class Terminal {
  /** Set by submit/launch where standard error is a terminal. */
  private static final String WATCHED = "EQPROP_TERMINAL";

  private Terminal() {}

  /** Returns whether somebody watches a terminal on which lines can be redrawn. */
  static boolean watched() {
    return watched(System.getenv());
  }

  static boolean watched(Map<String, String> environment) {
    return environment.containsKey(WATCHED) && !plain(environment);
  }

  /** Returns whether help texts may be emphasized. */
  static Ansi ansi() {
    return ansi(System.getenv());
  }

  static Ansi ansi(Map<String, String> environment) {
    return plain(environment) ? Ansi.OFF : Ansi.AUTO;
  }

  /** Whether escape codes are unwanted, or would be shown as they are. */
  private static boolean plain(Map<String, String> environment) {
    String term = environment.getOrDefault("TERM", "");
    return term.isEmpty()
        || term.equals("dumb")
        || !environment.getOrDefault("NO_COLOR", "").isEmpty();
  }
}
