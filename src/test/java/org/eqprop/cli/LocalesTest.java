package org.eqprop.cli;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.eqprop.base.InputException;
import org.junit.jupiter.api.Test;

class LocalesTest {
  @Test
  void acceptsNamesThatWereDecoded() {
    assertThatCode(
            () ->
                Locales.check(
                    StandardCharsets.UTF_8, "/größe", List.of("--out", "größe/run?", "😀")))
        .doesNotThrowAnyException();
    assertThatCode(() -> Locales.check(StandardCharsets.US_ASCII, "/a", List.of("--out", "b")))
        .doesNotThrowAnyException();
  }

  @Test
  void refusesNamesThatWereNotDecodedAndNamesTheRemedy() {
    for (String arg : List.of("gr\uFFFD\uFFFDe", "gr????e", "größe")) {
      assertThatThrownBy(() -> Locales.check(StandardCharsets.US_ASCII, "/a", List.of("a", arg)))
          .isInstanceOf(InputException.class)
          .hasMessage(
              "the argument "
                  + arg
                  + " cannot be decoded by this locale (US-ASCII): expected names in UTF-8 and a"
                  + " UTF-8 locale: set LC_ALL=C.UTF-8");
    }
    assertThatThrownBy(
            () -> Locales.check(StandardCharsets.UTF_8, "/a", List.of("bytes of Latin-1: \uFFFD")))
        .isInstanceOf(InputException.class);
    assertThatThrownBy(() -> Locales.check(StandardCharsets.US_ASCII, "/\uFFFD", List.of()))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("the working folder /\uFFFD cannot be decoded");
  }
}
