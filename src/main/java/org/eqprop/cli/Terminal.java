package org.eqprop.cli;

import java.util.Map;
import picocli.CommandLine.Help.Ansi;

/** Decides what may be printed to the user's terminal. */
final class Terminal {
  /** Set by submit/launch if standard error is a terminal. */
  private static final String WATCHED = "EQPROP_TERMINAL";

  private Terminal() {}

  /** Returns whether the user watches the output on a terminal that can redraw lines. */
  static boolean watched() {
    return watched(System.getenv());
  }

  static boolean watched(Map<String, String> environment) {
    return environment.containsKey(WATCHED) && !plain(environment);
  }

  /** Returns whether help texts may use ANSI styles. */
  static Ansi ansi() {
    return ansi(System.getenv());
  }

  static Ansi ansi(Map<String, String> environment) {
    return plain(environment) ? Ansi.OFF : Ansi.AUTO;
  }

  /** Returns whether escape codes are unwanted, or would show up as raw characters. */
  private static boolean plain(Map<String, String> environment) {
    String term = environment.getOrDefault("TERM", "");
    return term.isEmpty()
        || term.equals("dumb")
        || !environment.getOrDefault("NO_COLOR", "").isEmpty();
  }
}
