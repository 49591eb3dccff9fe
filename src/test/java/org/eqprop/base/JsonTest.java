package org.eqprop.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {
  @Test
  void readsJsonUpToTheMaximumNesting() throws JsonProcessingException {
    assertThat(Json.mapper().readTree("{\"a\": [1, 2.5]}\n").path("a").size()).isEqualTo(2);
    assertThat(Json.mapper().readTree("[".repeat(64) + "]".repeat(64)).isArray()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"{\"a\":1,\"a\":2}", "{} {}", "{}x", "{\"a\":NaN}"})
  void refusesInvalidJson(String json) {
    assertThatThrownBy(() -> Json.mapper().readTree(json))
        .isInstanceOf(JsonProcessingException.class);
  }

  @Test
  void refusesExcessiveNestingAndNumbers() {
    for (String json : new String[] {"[".repeat(65), "{\"a\":".repeat(65), "1".repeat(101)}) {
      assertThatThrownBy(() -> Json.mapper().readTree(json))
          .isInstanceOf(JsonProcessingException.class);
    }
  }
}
