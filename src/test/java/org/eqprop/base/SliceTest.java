package org.eqprop.base;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SliceTest {
  @ParameterizedTest
  @CsvSource({"0,60000,7", "50000,60000,3", "5,8,3", "5,8,5", "0,0,2", "0,2000000000,1000"})
  void partsAreEvenAndMakeUpTheWhole(int from, int to, int parts) {
    Slice whole = new Slice(from, to);
    int next = from;
    for (int p = 0; p < parts; p++) {
      Slice part = whole.part(p, parts);
      assertThat(part.from()).isEqualTo(next);
      assertThat(part.size()).isBetween(whole.size() / parts, whole.size() / parts + 1);
      next = part.to();
    }
    assertThat(next).isEqualTo(to);
  }
}
