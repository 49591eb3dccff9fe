package org.eqprop.report;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Finds out how wide the terminal is. A library such as JLine would reset SIGINT to its default
 * handler, so that Ctrl-C would kill the process before a checkpoint is saved.
 */
final class TerminalWidth {
  private static final int UNKNOWN = 80;

  /** A character in the last column would wrap the line. */
  private static final int MARGIN = 2;

  private static final Pattern SIZE = Pattern.compile("\\d+ (\\d{1,4})\\s*");
  private static final long MOST_SECONDS = 2;

  private TerminalWidth() {}

  /** Returns how many columns a line may fill, ≥ 1. */
  static int columns() {
    try {
      Process stty = new ProcessBuilder("stty", "size").redirectInput(new File("/dev/tty")).start();
      if (!stty.waitFor(MOST_SECONDS, TimeUnit.SECONDS)) {
        stty.destroyForcibly();
        return parse("");
      }
      return parse(new String(stty.getInputStream().readAllBytes(), StandardCharsets.US_ASCII));
    } catch (IOException e) {
      return parse(""); // no stty, or no controlling terminal
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return parse("");
    }
  }

  /**
   * Returns how many columns a line may fill, ≥ 1.
   *
   * @param size the output of {@code stty size}: rows and columns, 0 if unknown
   */
  static int parse(String size) {
    Matcher matcher = SIZE.matcher(size);
    int columns = matcher.matches() ? Integer.parseInt(matcher.group(1)) : 0;
    return (columns > MARGIN ? columns : UNKNOWN) - MARGIN;
  }
}
