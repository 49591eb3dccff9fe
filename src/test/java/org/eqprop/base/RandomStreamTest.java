package org.eqprop.base;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RandomStreamTest {
  @Test
  void theSameCoordinatesGiveTheSameNumbers() {
    assertThat(RandomStream.SHUFFLE.of(1, 2, 3).nextLong())
        .isEqualTo(RandomStream.SHUFFLE.of(1, 2, 3).nextLong());
  }

  /** Runs of earlier versions must repeat: these are the numbers that they drew. */
  @Test
  void theNumbersEqualThoseOfEarlierVersions() {
    assertThat(RandomStream.WEIGHTS.of(1, 1).nextLong()).isEqualTo(-701910709582817886L);
    assertThat(RandomStream.SHUFFLE.of(1, 0, 0).nextLong()).isEqualTo(1854921778978999850L);
    assertThat(RandomStream.SIGN.of(1, 2, 3, 4).nextLong()).isEqualTo(-7673838971577465401L);
    assertThat(RandomStream.SAMPLE.of(5).nextLong()).isEqualTo(-4121616775449325166L);
    assertThat(RandomStream.permutation(6, RandomStream.SHUFFLE.of(1, 2, 3)))
        .containsExactly(3, 4, 1, 0, 5, 2);
  }

  @Test
  void differentUsesShareNothing() {
    Set<Long> first = new HashSet<>();
    int uses = 0;
    for (RandomStream stream : RandomStream.values()) {
      for (long seed = 0; seed < 8; seed++) {
        for (long epoch = 0; epoch < 8; epoch++) {
          for (long partition = 0; partition < 8; partition++) {
            first.add(stream.of(seed, epoch, partition).nextLong());
            uses++;
          }
        }
      }
    }
    assertThat(first).hasSize(uses);
  }

  @Test
  void permutationsContainEachIndexOnceAndVary() {
    int[] a = RandomStream.permutation(100, RandomStream.SHUFFLE.of(1, 0));
    int[] b = RandomStream.permutation(100, RandomStream.SHUFFLE.of(1, 1));
    assertThat(a).containsExactlyInAnyOrder(IntStream.range(0, 100).toArray());
    assertThat(a).isNotEqualTo(b);
  }

  @Test
  void permutationsAreUniform() {
    int[][] counts = new int[4][4];
    for (int i = 0; i < 4000; i++) {
      int[] order = RandomStream.permutation(4, RandomStream.SHUFFLE.of(i));
      for (int j = 0; j < 4; j++) {
        counts[j][order[j]]++;
      }
    }
    for (int[] row : counts) {
      for (int count : row) {
        assertThat(count).isBetween(850, 1150); // 1000 ± 5.5 standard deviations
      }
    }
  }
}
