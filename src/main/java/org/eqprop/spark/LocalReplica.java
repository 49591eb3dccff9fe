package org.eqprop.spark;

import java.util.List;
import java.util.concurrent.CancellationException;
import org.eqprop.base.InputException;
import org.eqprop.dynamics.Measurement;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.learning.ReplicaSpec;
import org.eqprop.learning.RoundAssignment;
import org.eqprop.network.Weights;
import org.eqprop.storage.Storage;

/**
 * The only replica of a training without Spark. It computes in the calling thread on all of the
 * data, and gives the same results as one replica on Spark, bit for bit.
 */
final class LocalReplica extends ReplicaGroup {
  private static final TaskPlace HERE = new TaskPlace(1);

  private final Partition partition;
  private final RunningCount progress = new RunningCount();
  private volatile boolean cancelled;

  /**
   * Reads the data.
   *
   * @param storage opens the files of sources that have any
   * @throws InputException if a file cannot be read, a label is out of range, or this process
   *     cannot compute
   */
  LocalReplica(Storage storage, DataPlan plan, ReplicaSpec spec) {
    super(plan, spec, 1);
    this.partition = Partition.read(storage, plan, spec.backend(), 0, 1);
  }

  private LocalReplica(LocalReplica other, ReplicaSpec spec) {
    super(other, spec);
    this.partition = other.partition;
  }

  @Override
  LocalReplica with(ReplicaSpec other) {
    return new LocalReplica(this, other);
  }

  @Override
  List<Partition.Summary> summaries() {
    return List.of(partition.summary(spec.network().outputs(), spec.backend()));
  }

  @Override
  List<ReplicaResult> train(
      TrainingState start, double rateFactor, int round, int rounds, boolean keepsState) {
    RoundAssignment share = new RoundAssignment(start.epoch(), round, rounds, 0, 1);
    return List.of(
        Replicas.train(
            HERE, spec.scaled(rateFactor), partition, start, share, this::tell, keepsState));
  }

  private void tell(Measurement batch) {
    requireNotCancelled();
    progress.add(batch);
  }

  private void requireNotCancelled() {
    if (cancelled) {
      throw new CancellationException("cancelled");
    }
  }

  @Override
  double computeSeconds(double slowest, double all) {
    return slowest;
  }

  @Override
  public Progress progress() {
    return progress;
  }

  @Override
  Progress startProgress() {
    progress.now = new Progress.Count(0, 0, 0);
    return progress;
  }

  @Override
  <T> List<T> onEverySlice(String what, Weights weights, Split split, Finding<T> finding) {
    requireNotCancelled();
    try (Relaxer relaxer = HERE.relaxer(spec)) {
      relaxer.load(weights);
      return List.of(finding.of(relaxer, partition.set(split)));
    }
  }

  @Override
  public void cancel() {
    cancelled = true;
  }

  @Override
  public void close() {}

  /** Count that the training thread writes and any thread reads. */
  private static final class RunningCount implements Progress {
    private volatile Count now = new Count(0, 0, 0);

    void add(Measurement batch) {
      now = now.plus(new Count(1, batch.examples(), batch.errors()));
    }

    @Override
    public Count now() {
      return now;
    }
  }
}
