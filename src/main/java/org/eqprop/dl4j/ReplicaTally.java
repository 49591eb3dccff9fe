package org.eqprop.dl4j;

import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.TaskContext;
import org.apache.spark.util.AccumulatorV2;
import org.eqprop.dynamics.Measurement;

/**
 * What each replica's task has measured in a round, and how long it trained. By partition, the
 * later replacing the earlier: a task that is run again, or twice, counts once.
 */
final class ReplicaTally
    extends AccumulatorV2<ReplicaTally.Batch, Map<Integer, ReplicaTally.Batch>> {
  private static final long serialVersionUID = 1L;

  private final TreeMap<Integer, Batch> replicas = new TreeMap<>();

  /**
   * A batch, or several.
   *
   * @param measurement at their free equilibria
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

  /** Returns the sums by partition, in their order. */
  @Override
  public Map<Integer, Batch> value() {
    return replicas;
  }
}
