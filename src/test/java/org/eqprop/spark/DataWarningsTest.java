package org.eqprop.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class DataWarningsTest {
  private static final List<Integer> NONE = List.of(0, 0, 0);

  @Test
  void acceptsSetsThatHaveEveryClass() {
    assertThat(DataWarnings.ofSets(List.of(5, 4, 3), List.of(1, 1, 1), List.of(9, 1, 1))).isEmpty();
    assertThat(DataWarnings.ofSets(List.of(5, 4, 3), NONE, NONE)).as("no such sets").isEmpty();
  }

  @Test
  void warnsInOneLineOfEachSetThatLacksClasses() {
    assertThat(DataWarnings.ofSets(List.of(5, 4, 3), List.of(2, 0, 0), List.of(1, 0, 1)))
        .containsExactly(
            "the validation set (the last training examples of the file) has no example of label 1,"
                + " 2: its error says nothing about them; shuffle the file or raise"
                + " data.validation",
            "the test set has no example of label 1: its error says nothing about them; check"
                + " data.test-labels");
    assertThat(DataWarnings.ofSets(List.of(5, 4, 0), List.of(1, 1, 0), List.of(1, 1, 0)))
        .as("a class without training examples is not missed")
        .singleElement()
        .asString()
        .startsWith("no training example has label 2:");
    assertThat(DataWarnings.labels(List.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9)))
        .isEqualTo("0, 1, 2, 3, 4, 5, 6, 7, 8, 9");
    List<Integer> training = new ArrayList<>(Collections.nCopies(50, 0));
    training.set(0, 7);
    List<Integer> none = Collections.nCopies(50, 0);
    assertThat(DataWarnings.ofSets(training, none, none))
        .containsExactly(
            "no training example has label 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, … (49 in all): the last"
                + " layer of the network may be too large");
  }

  @Test
  void warnsInOneLineOfAllPartitionsOfASortedFile() {
    List<List<Integer>> sorted =
        IntStream.range(0, 10)
            .mapToObj(p -> IntStream.range(0, 10).mapToObj(c -> c == p ? 600 : 0).toList())
            .toList();
    assertThat(DataWarnings.ofPartitions(sorted))
        .containsExactly(
            "10 of 10 partitions have a class mix far from that of all training examples (partition"
                + " 0: 100 % label 0; overall: 10 %): the file seems to be sorted by class; shuffle"
                + " it");
  }

  /** Partitions of 1 to 1000 examples, drawn fairly. */
  @Test
  void acceptsPartitionsOfAShuffledFileEvenIfTheyAreSmall() {
    Random random = new Random(1);
    for (int size : new int[] {1, 5, 20, 100, 1000}) {
      List<List<Integer>> partitions = new ArrayList<>();
      for (int p = 0; p < 50; p++) {
        List<Integer> counts = new ArrayList<>(Collections.nCopies(10, 0));
        for (int i = 0; i < size; i++) {
          int label = random.nextInt(10);
          counts.set(label, 1 + counts.get(label));
        }
        partitions.add(counts);
      }
      assertThat(DataWarnings.ofPartitions(partitions)).as(size + " examples").isEmpty();
    }
  }
}
