package org.eqprop.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class GuardedStderrTest {
  @Test
  void erasesTheDrawingBeforeEachLineOfOthers() {
    PrintStream before = System.err;
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream terminal = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    try {
      System.setErr(terminal);
      try (GuardedStderr guard =
          GuardedStderr.install(terminal, this, () -> terminal.print("<erase>"))) {
        assertThat(guard).isNotNull();
        terminal.print("[bar β]");
        System.err.println("warning: é");
        terminal.print("[bar]");
        System.err.print("half ");
        System.err.println("a line");
        System.err.print("the end");
      }
      System.err.print("plain");
      assertThat(System.err).isSameAs(terminal);
    } finally {
      System.setErr(before);
    }
    assertThat(bytes.toString(StandardCharsets.UTF_8))
        .isEqualTo("[bar β]<erase>warning: é\n[bar]<erase>half a line\n<erase>the endplain");
  }

  @Test
  void keepsAStandardErrorThatSomebodyElseHasInstalled() {
    PrintStream before = System.err;
    PrintStream other = new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8);
    try {
      GuardedStderr guard = GuardedStderr.install(before, this, () -> {});
      System.setErr(other);
      guard.close();
      assertThat(System.err).isSameAs(other);
    } finally {
      System.setErr(before);
    }
  }

  /** As from a thread that was about to print when the bar ended. */
  @Test
  void losesNoLineThatIsPrintedLate() {
    PrintStream before = System.err;
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream terminal = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    try {
      GuardedStderr guard = GuardedStderr.install(terminal, this, () -> terminal.print("<erase>"));
      PrintStream held = System.err;
      guard.close();
      held.println("late");
    } finally {
      System.setErr(before);
    }
    assertThat(bytes.toString(StandardCharsets.UTF_8)).isEqualTo("late\n");
  }
}
