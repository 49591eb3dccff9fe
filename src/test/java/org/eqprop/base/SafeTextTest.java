package org.eqprop.base;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SafeTextTest {
  @Test
  void leavesPlainTextUnchanged() {
    String plain = "größe/run 1: β = 0.4, 784-500-10, «a»: expected \"b\\n\" 🙂";
    assertThat(SafeText.line(plain)).isEqualTo(plain);
    assertThat(SafeText.value(784)).isEqualTo("784");
  }

  @Test
  void controlCharactersAreEscaped() {
    assertThat(SafeText.line("a\nb\r\tc")).isEqualTo("a\\nb\\r\\tc");
    assertThat(SafeText.line("\u001b[2Jx\u0007\u009b\u0000"))
        .isEqualTo("\\u001b[2Jx\\u0007\\u009b\\u0000");
    assertThat(SafeText.line("a\u202eb\u2028c\u0085")).isEqualTo("a\\u202eb\\u2028c\\u0085");
    assertThat(SafeText.value("x\neqprop: all is well")).isEqualTo("x\\neqprop: all is well");
  }

  @Test
  void longWordsAreCutInTheMiddleAndTheRestIsKept() {
    String line =
        SafeText.line("f.conf: " + "[".repeat(30_000) + "]".repeat(30_000) + ": expected less");
    assertThat(line).hasSizeLessThan(500).startsWith("f.conf: [[[").endsWith("]]]: expected less");
    assertThat(SafeText.line(line)).isEqualTo(line);
    assertThat(SafeText.line("word ".repeat(10_000))).hasSizeLessThan(4100);
    assertThat(SafeText.value("1, ".repeat(10_000))).hasSizeLessThan(250);
    assertThat(SafeText.line("x".repeat(199) + "🙂".repeat(300))).contains("\\ud83d…");
  }

  @Test
  void countsOneThingInTheSingular() {
    assertThat(SafeText.count(0, "epoch")).isEqualTo("0 epochs");
    assertThat(SafeText.count(1, "epoch")).isEqualTo("1 epoch");
    assertThat(SafeText.count(2000, "epoch")).isEqualTo("2,000 epochs");
  }

  @Test
  void messagesOfBadInputAreOneLine() {
    assertThat(new InputException("a\nb")).hasMessage("a\\nb");
    assertThat(new InputException("a\u001b[31mb", new IllegalStateException()))
        .hasMessage("a\\u001b[31mb");
    assertThat(new InvalidValueException("key", "a\nb", "c")).hasMessage("key = a\\nb: expected c");
  }
}
