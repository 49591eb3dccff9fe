package org.eqprop.data;

import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.eqprop.base.Slice;
import org.eqprop.storage.Storage;

/**
 * Examples that are already in memory, for programs and tests. Every Spark job sends them to the
 * executors, so let the executors read large data themselves.
 *
 * @param name of the examples in messages
 * @param examples at least one example
 */
public record MemorySource(String name, Examples examples) implements ExampleSource {

  /**
   * @throws IllegalArgumentException if there are no examples
   */
  public MemorySource {
    if (examples.size() == 0) {
      throw new IllegalArgumentException(name + ": no examples: expected at least one");
    }
  }

  @Override
  public Header header(Storage storage) {
    int largest = IntStream.range(0, examples.size()).map(examples::label).max().orElseThrow();
    return new Header(examples.size(), examples.shape(), OptionalInt.of(largest + 1));
  }

  @Override
  public Examples read(Storage storage, Slice slice) {
    return examples.slice(slice);
  }

  @Override
  public Examples pick(Storage storage, int[] indices) {
    return examples.pick(indices);
  }
}
