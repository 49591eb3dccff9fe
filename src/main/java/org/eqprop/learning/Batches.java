package org.eqprop.learning;

import java.util.List;
import java.util.stream.IntStream;
import org.eqprop.base.RandomStream;
import org.eqprop.base.Slice;

/**
 * The batches of one round of an epoch on one partition. They follow the epoch's own permutation of
 * the partition's examples, so an epoch has the same batches for any number of rounds.
 */
public final class Batches {
  private final int[] order;
  private final Slice numbers;
  private final int size;

  private Batches(int[] order, Slice numbers, int size) {
    this.order = order;
    this.numbers = numbers;
    this.size = size;
  }

  /**
   * Returns the batches of a round.
   *
   * @param examples number of examples in the partition
   */
  public static Batches of(Hyperparameters hyperparameters, int examples, RoundAssignment share) {
    int all = hyperparameters.batches(examples, share.partition(), share.partitions());
    var random = RandomStream.SHUFFLE.of(hyperparameters.seed(), share.epoch(), share.partition());
    return new Batches(
        RandomStream.permutation(examples, random),
        new Slice(0, all).part(share.round(), share.rounds()),
        hyperparameters.batch());
  }

  /**
   * One batch: the examples {@code order()[from]} … {@code order()[to−1]}.
   *
   * @param number index of the batch in its partition's epoch, from 0
   */
  public record Batch(int number, int from, int to) {
    /** Returns the number of examples, B. */
    public int size() {
      return to - from;
    }
  }

  /** Returns the permutation of all examples of the partition; not to be modified. */
  public int[] order() {
    return order;
  }

  /** Returns the batches in order. */
  public List<Batch> list() {
    return IntStream.range(numbers.from(), numbers.to())
        .mapToObj(
            number -> new Batch(number, number * size, Math.min((number + 1) * size, order.length)))
        .toList();
  }
}
