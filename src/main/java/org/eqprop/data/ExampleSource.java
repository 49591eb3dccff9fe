package org.eqprop.data;

import java.io.Serializable;
import java.util.Arrays;
import java.util.OptionalInt;
import org.eqprop.base.InputException;
import org.eqprop.base.Slice;
import org.eqprop.storage.Storage;

/**
 * Where examples come from. A new kind of data is one class that implements {@link #name}, {@link
 * #header} and {@link #read(Storage, Slice)}.
 *
 * <p>The driver asks for the header and hands the source to executors, which read a slice each, so
 * a source is small when serialized and the same slice has the same examples on every executor.
 */
public interface ExampleSource extends Serializable {

  /**
   * What is known without reading the examples.
   *
   * @param examples number of examples, ≥ 1
   * @param shape of each
   * @param classes all labels are below this, if the source knows
   */
  record Header(int examples, Shape shape, OptionalInt classes) {}

  /** Returns what messages call the examples, such as the location of a file. */
  String name();

  /**
   * Returns what the examples are read from: this, unless it only describes where they are.
   *
   * @param input shape of the network's input
   * @throws InputException if they cannot be read
   */
  default ExampleSource opened(Shape input) {
    return this;
  }

  /** Returns whether {@link #opened} takes a running Spark session. */
  default boolean needsSpark() {
    return false;
  }

  /** Returns what messages call the labels, if they come from elsewhere. */
  default String labelName() {
    return name();
  }

  /**
   * Returns what is known without reading the examples.
   *
   * @param storage opens files, for sources that have any
   * @throws InputException if it cannot be read
   */
  Header header(Storage storage);

  /**
   * Reads consecutive examples; nothing else is kept.
   *
   * @param storage opens files, for sources that have any
   * @param slice which; not empty, within what the header says
   * @return as many examples as the slice has, of the header's shape
   * @throws InputException if they cannot be read
   */
  Examples read(Storage storage, Slice slice);

  /**
   * Reads single examples; nothing else is kept. Unless overridden, all between the first and the
   * last of them are read.
   *
   * @param storage opens files, for sources that have any
   * @param indices which, in any order, possibly repeated; not empty, within what the header says
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
   * Reads consecutive examples and checks their labels; nothing is read of an empty slice.
   *
   * @param storage opens files, for sources that have any
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
          name() + ": " + examples.size() + " examples read in place of " + slice.size());
    }
    for (int i = 0; i < examples.size(); i++) {
      requireClass(examples.label(i), slice.from() + i, classes);
    }
    return examples;
  }

  /**
   * Reads single examples and checks their labels.
   *
   * @param storage opens files, for sources that have any
   * @param indices which, in any order, possibly repeated
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
