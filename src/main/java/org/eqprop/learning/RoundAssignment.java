package org.eqprop.learning;

import java.io.Serializable;

/**
 * The part of the training that a trainer is assigned: one round of one epoch on one partition.
 *
 * @param epoch from 0
 * @param round 0 … rounds−1
 * @param rounds rounds per epoch, ≥ 1
 * @param partition 0 … partitions−1
 * @param partitions number of replicas, ≥ 1
 */
public record RoundAssignment(int epoch, int round, int rounds, int partition, int partitions)
    implements Serializable {

  /** Returns the assignment of a single process: a whole epoch, no averaging. */
  public static RoundAssignment whole(int epoch) {
    return new RoundAssignment(epoch, 0, 1, 0, 1);
  }
}
