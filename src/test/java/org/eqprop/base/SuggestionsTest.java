package org.eqprop.base;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SuggestionsTest {
  private static final List<String> KEYS =
      List.of(
          "topology",
          "training.epochs",
          "training.learning-rates",
          "training.schedule",
          "relaxation.schedule",
          "estimator.beta",
          "conv-mnist",
          "conv-mnist-best");

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "training.epoch | did you mean training.epochs?",
        "Training.Epochs | did you mean training.epochs?",
        "trianing.epochs | did you mean training.epochs?",
        "training.learning-rate | did you mean training.learning-rates?",
        "epochs | did you mean training.epochs?",
        "training.beta | did you mean estimator.beta?",
        "schedule | did you mean training.schedule or relaxation.schedule?",
        "toplogy | did you mean topology?",
        "conv | did you mean conv-mnist or conv-mnist-best?"
      })
  void suggestsTheNearestNames(String name, String expected) {
    assertThat(Suggestions.of(name, KEYS)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({"x", "training", "momentum.of.all.things", "bet", "''"})
  void listsAllNamesIfNoneIsNear(String name) {
    assertThat(Suggestions.of(name, List.of("b", "topology", "estimator.beta")))
        .isEqualTo("expected one of b, topology, estimator.beta");
  }

  @Test
  void listsAllNamesForAVeryLongOne() {
    assertThat(Suggestions.of("a".repeat(1_000_000), List.of("aa", "aaa")))
        .isEqualTo("expected one of aa, aaa");
  }
}
