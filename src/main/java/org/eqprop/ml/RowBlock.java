package org.eqprop.ml;

import java.io.Serializable;
import java.nio.ByteBuffer;
import java.util.zip.CRC32;
import org.eqprop.data.Examples;

/**
 * Consecutive rows of one partition of a DataFrame, as examples: either all or none are held out.
 *
 * @param place position among all blocks
 * @param examples at least one
 */
record RowBlock(Place place, Examples examples) implements Serializable {
  /**
   * Position of a block; the training blocks come before the held-out ones.
   *
   * @param held whether the rows are held out for validation
   * @param partition of the DataFrame
   * @param number of the block within the partition and kind, from 0
   */
  record Place(boolean held, int partition, int number) implements Comparable<Place>, Serializable {
    @Override
    public int compareTo(Place other) {
      int kind = Boolean.compare(held, other.held);
      int part = Integer.compare(partition, other.partition);
      return kind != 0 ? kind : part != 0 ? part : Integer.compare(number, other.number);
    }
  }

  /**
   * The facts about a block that the driver receives.
   *
   * @param size number of examples
   * @param features number of features per example
   * @param largest label
   * @param weight sum of the weights
   * @param checksum of the examples' values, labels and weights
   */
  record Summary(Place place, int size, int features, int largest, double weight, long checksum)
      implements Serializable {}

  Summary summary() {
    int largest = 0;
    double weight = 0;
    CRC32 crc = new CRC32();
    ByteBuffer bytes = ByteBuffer.allocate(Float.BYTES * (examples.shape().size() + 2));
    for (int i = 0; i < examples.size(); i++) {
      largest = Math.max(largest, examples.label(i));
      weight += examples.weight(i);
      bytes.clear();
      bytes.asFloatBuffer().put(examples.values(i)).put(examples.label(i)).put(examples.weight(i));
      crc.update(bytes);
    }
    return new Summary(
        place, examples.size(), examples.shape().size(), largest, weight, crc.getValue());
  }
}
