package org.eqprop.dl4j;

import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.TaskContext;
import org.apache.spark.util.AccumulatorV2;
import org.eqprop.dynamics.Measurement;

/**
 * Collects what each replica's task measured in a round and how long it trained. Values are kept
 * per partition, and later ones replace earlier ones, so a task that is retried or runs twice
 * counts once.
 */
final class ReplicaTally
    extends AccumulatorV2<ReplicaTally.Batch, Map<Integer, ReplicaTally.Batch>> {
  private static final long serialVersionUID = 1L;

  private final TreeMap<Integer, Batch> replicas = new TreeMap<>();

  /**
   * The totals of one or several batches.
   *
   * @param measurement at the free equilibria
   * @param seconds that training on them took
   */
  record Batch(Measurement measurement, double seconds) implements java.io.Serializable {
    Batch plus(Batch other) {
      return new Batch(measurement.plus(other.measurement), seconds + other.seconds);
    }
  }

  @Override
  public boolean isZero() {
    return replicas.isEmpty();
  }

  @Override
  public ReplicaTally copy() {
    ReplicaTally copy = new ReplicaTally();
    copy.replicas.putAll(replicas);
    return copy;
  }

  @Override
  public void reset() {
    replicas.clear();
  }

  @Override
  public void add(Batch batch) {
    replicas.merge(TaskContext.getPartitionId(), batch, Batch::plus);
  }

  @Override
  public void merge(AccumulatorV2<Batch, Map<Integer, Batch>> other) {
    replicas.putAll(other.value());
  }

  /** Returns the totals by partition, in the order of the partitions. */
  @Override
  public Map<Integer, Batch> value() {
    return replicas;
  }
}
