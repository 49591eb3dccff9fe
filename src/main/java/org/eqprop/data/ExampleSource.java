package org.eqprop.data;

import java.io.Serializable;
import java.util.Arrays;
import java.util.OptionalInt;
import org.eqprop.base.InputException;
import org.eqprop.base.Slice;
import org.eqprop.storage.Storage;

/**
 * A source of examples. To add a kind of data, write one class that implements {@link #name},
 * {@link #header} and {@link #read(Storage, Slice)}.
 *
 * <p>The driver reads the header and sends the source to the executors, which read one slice each.
 * So a source must be small when serialized, and the same slice must have the same examples on
 * every executor.
 */
public interface ExampleSource extends Serializable {

  /**
   * The facts known without reading the examples.
   *
   * @param examples number of examples, ≥ 1
   * @param shape of each example
   * @param classes upper bound that all labels are below, if the source knows it
   */
  record Header(int examples, Shape shape, OptionalInt classes) {}

  /** Returns the name of the examples in messages, such as the location of a file. */
  String name();

  /**
   * Returns the source to read from: this one, unless it only describes where the examples are.
   *
   * @param input shape of the network's input
   * @throws InputException if they cannot be read
   */
  default ExampleSource opened(Shape input) {
    return this;
  }

  /** Returns whether {@link #opened} needs a running Spark session. */
  default boolean needsSpark() {
    return false;
  }

  /**
   * Checks what can be known before {@link #opened}, in particular before Spark starts.
   *
   * @throws InputException if a file or folder does not exist
   */
  default void check(Storage storage) {}

  /**
   * Returns the name of the labels in messages; differs from {@link #name} if they come from
   * elsewhere.
   */
  default String labelName() {
    return name();
  }

  /**
   * Returns the header, without reading the examples.
   *
   * @param storage opens files, for sources that use files
   * @throws InputException if it cannot be read
   */
  Header header(Storage storage);

  /**
   * Reads consecutive examples and keeps nothing else.
   *
   * @param storage opens files, for sources that use files
   * @param slice which examples to read; not empty, within the number in the header
   * @return as many examples as the slice has, of the header's shape
   * @throws InputException if they cannot be read
   */
  Examples read(Storage storage, Slice slice);

  /**
   * Reads single examples and keeps nothing else. Unless overridden, reads all examples between the
   * first and the last of them.
   *
   * @param storage opens files, for sources that use files
   * @param indices which examples to read, in any order, possibly repeated; not empty, within the
   *     number in the header
   * @return the examples in the order of {@code indices}
   * @throws InputException if they cannot be read
   */
  default Examples pick(Storage storage, int[] indices) {
    int from = Arrays.stream(indices).min().orElseThrow();
    int to = Arrays.stream(indices).max().orElseThrow() + 1;
    return read(storage, new Slice(from, to))
        .pick(Arrays.stream(indices).map(i -> i - from).toArray());
  }

  /**
   * Reads consecutive examples and checks their labels; reads nothing if the slice is empty.
   *
   * @param storage opens files, for sources that use files
   * @param classes labels must be below this
   * @throws InputException if the examples cannot be read or a label is out of range
   */
  default Examples read(Storage storage, Slice slice, int classes) {
    if (slice.size() == 0) {
      return ByteExamples.NONE;
    }
    Examples examples = read(storage, slice);
    if (examples.size() != slice.size()) {
      throw new IllegalStateException(
          name() + ": read " + examples.size() + " examples instead of " + slice.size());
    }
    for (int i = 0; i < examples.size(); i++) {
      requireClass(examples.label(i), slice.from() + i, classes);
    }
    return examples;
  }

  /**
   * Reads single examples and checks their labels.
   *
   * @param storage opens files, for sources that use files
   * @param indices which examples to read, in any order, possibly repeated
   * @param classes labels must be below this
   * @return the examples in the order of {@code indices}
   * @throws InputException if the examples cannot be read or a label is out of range
   */
  default Examples pick(Storage storage, int[] indices, int classes) {
    if (indices.length == 0) {
      return ByteExamples.NONE;
    }
    Examples examples = pick(storage, indices);
    for (int i = 0; i < examples.size(); i++) {
      requireClass(examples.label(i), indices[i], classes);
    }
    return examples;
  }

  private void requireClass(int label, int example, int classes) {
    if (label >= classes) {
      throw new InputException(
          labelName()
              + ": label "
              + label
              + " of example "
              + example
              + ": expected 0 to "
              + (classes - 1)
              + " (the topology's last layer has "
              + classes
              + " units)");
    }
  }
}
