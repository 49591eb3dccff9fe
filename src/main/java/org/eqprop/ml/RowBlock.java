package org.eqprop.ml;

import java.io.Serializable;
import java.nio.ByteBuffer;
import java.util.zip.CRC32;
import org.eqprop.data.Examples;

/**
 * Consecutive rows of one partition of a DataFrame, as examples: all held out, or none.
 *
 * @param place where they belong
 * @param examples at least one
 */
record RowBlock(Place place, Examples examples) implements Serializable {
  /**
   * Where a block's rows are among those of its kind.
   *
   * @param held whether they are held out for validation
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
   * What the driver learns of a block.
   *
   * @param size how many examples
   * @param features of each
   * @param largest label
   * @param weight sum of the weights
   * @param checksum of all that the examples are
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
