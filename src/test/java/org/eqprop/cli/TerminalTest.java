package org.eqprop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.Help.Ansi;

class TerminalTest {
  private static Map<String, String> terminal(String name, String noColor) {
    return Map.of("EQPROP_TERMINAL", "1", "TERM", name, "NO_COLOR", noColor);
  }

  @Test
  void redrawsLinesIfTheTerminalCanAndTheUserWantsIt() {
    assertThat(Terminal.watched(terminal("xterm", ""))).isTrue();
    assertThat(Terminal.watched(Map.of("TERM", "xterm"))).isFalse();
    assertThat(Terminal.watched(terminal("dumb", ""))).isFalse();
    assertThat(Terminal.watched(terminal("xterm", "1"))).isFalse();
    assertThat(Terminal.watched(Map.of("EQPROP_TERMINAL", "1"))).isFalse();
  }

  @Test
  void emphasizesHelpUnderTheSameConditions() {
    assertThat(Terminal.ansi(Map.of("TERM", "xterm"))).isEqualTo(Ansi.AUTO);
    assertThat(Terminal.ansi(terminal("dumb", ""))).isEqualTo(Ansi.OFF);
    assertThat(Terminal.ansi(terminal("xterm", "1"))).isEqualTo(Ansi.OFF);
  }
}
