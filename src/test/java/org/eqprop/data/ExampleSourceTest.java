package org.eqprop.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.OptionalInt;
import org.eqprop.base.InputException;
import org.eqprop.base.Slice;
import org.eqprop.storage.Storage;
import org.junit.jupiter.api.Test;

class ExampleSourceTest {
  private final Storage storage = Storage.local();

  /**
   * A source whose example i has the value i and the class i mod 3.
   *
   * @param examples number of examples
   * @param most the most examples that one read returns
   */
  private record Numbers(int examples, int most) implements ExampleSource {
    @Override
    public String name() {
      return "numbers";
    }

    @Override
    public Header header(Storage storage) {
      return new Header(examples, Shape.vector(1), OptionalInt.of(3));
    }

    @Override
    public Examples read(Storage storage, Slice slice) {
      int size = Math.min(slice.size(), most);
      float[] values = new float[size];
      int[] labels = new int[size];
      for (int i = 0; i < size; i++) {
        values[i] = slice.from() + i;
        labels[i] = (slice.from() + i) % 3;
      }
      return new FloatExamples(values, labels, Shape.vector(1), name(), slice.from());
    }
  }

  private static void assertPicks(ExampleSource source) {
    int[] indices = {7, 3, 7, 9};
    Examples picked = source.pick(Storage.local(), indices, 3);
    assertThat(picked.size()).isEqualTo(4);
    for (int i = 0; i < 4; i++) {
      assertThat(picked.values(i)).containsExactly(indices[i]);
      assertThat(picked.label(i)).isEqualTo(indices[i] % 3);
    }
  }

  @Test
  void picksSingleExamplesByReadingTheirRange() {
    assertPicks(new Numbers(10, 10));
  }

  @Test
  void aMemorySourceReturnsItsExamples() {
    Examples all = new Numbers(10, 10).read(storage, new Slice(0, 10));
    MemorySource source = new MemorySource("given", all);
    assertThat(source.header(storage))
        .isEqualTo(new ExampleSource.Header(10, Shape.vector(1), OptionalInt.of(3)));
    Examples middle = source.read(storage, new Slice(4, 6), 3);
    assertThat(middle.size()).isEqualTo(2);
    assertThat(middle.values(1)).containsExactly(5);
    assertPicks(source);
    assertThatThrownBy(() -> new MemorySource("given", all.slice(new Slice(2, 2))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("given: no examples: expected at least one");
  }

  @Test
  void checksTheLabelsOfEverySource() {
    ExampleSource source = new Numbers(10, 10);
    String expected =
        "numbers: label 2 of example 5: expected 0 to 1 (the topology's last layer has 2 units)";
    assertThatThrownBy(() -> source.read(storage, new Slice(3, 6), 2))
        .isInstanceOf(InputException.class)
        .hasMessage(expected);
    assertThatThrownBy(() -> source.pick(storage, new int[] {6, 5, 9}, 2))
        .isInstanceOf(InputException.class)
        .hasMessage(expected);
  }

  @Test
  void detectsASourceThatReadsTooFewExamples() {
    assertThatThrownBy(() -> new Numbers(10, 2).read(storage, new Slice(3, 6), 3))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("numbers: read 2 examples instead of 3");
  }

  @Test
  void readsNothingForAnEmptyRequest() {
    ExampleSource source = new IdxSource("none", "none");
    assertThat(source.read(storage, new Slice(3, 3), 3).size()).isZero();
    assertThat(source.pick(storage, new int[0], 3).size()).isZero();
  }
}
