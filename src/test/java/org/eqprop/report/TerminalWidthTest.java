package org.eqprop.report;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TerminalWidthTest {
  @ParameterizedTest
  @CsvSource({"'24 132\n', 130", "'50 3', 1", "'24 2', 78", "'0 0\n', 78", "'', 78", "'no', 78"})
  void leavesTheLastColumnsFreeAndAssumes80IfTheWidthIsUnknown(String size, int columns) {
    assertThat(TerminalWidth.parse(size)).isEqualTo(columns);
  }
}
