package org.eqprop.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.eqprop.base.InputException;
import org.junit.jupiter.api.Test;

class IndexListTest {
  @Test
  void parsesNumbersAndRanges() {
    assertThat(IndexList.parse("--index", "3,0-2,9", 10)).containsExactly(3, 0, 1, 2, 9);
  }

  @Test
  void refusesInvalidLists() {
    for (String text :
        new String[] {"", "a", "1-", "-1", "3-1", "10", "0-10", "1,,2", "99999999999"}) {
      assertThatThrownBy(() -> IndexList.parse("--index", text, 10))
          .isInstanceOf(InputException.class)
          .hasMessageStartingWith("--index " + text + ": ")
          .hasMessageContaining("expected");
    }
  }
}
