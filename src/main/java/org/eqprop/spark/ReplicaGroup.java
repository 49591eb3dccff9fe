package org.eqprop.spark;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.eqprop.backend.Backend;
import org.eqprop.base.InputException;
import org.eqprop.data.Examples;
import org.eqprop.data.InputStatistics;
import org.eqprop.dynamics.Measurement;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.learning.Evaluator;
import org.eqprop.learning.ReplicaSpec;
import org.eqprop.learning.Updater;
import org.eqprop.network.Weights;

/**
 * The replicas of a training, each with its partition of the data: on executors, or a single one in
 * this process.
 */
public abstract sealed class ReplicaGroup implements AutoCloseable permits Replicas, LocalReplica {
  final DataPlan plan;
  final ReplicaSpec spec;
  final int count;
  private InputStatistics inputs = InputStatistics.none();
  private String computing = "";
  private final Map<Split, List<Integer>> classCounts;

  ReplicaGroup(DataPlan plan, ReplicaSpec spec, int count) {
    this.plan = plan;
    this.spec = spec;
    this.count = count;
    this.classCounts = new EnumMap<>(Split.class);
  }

  ReplicaGroup(ReplicaGroup other, ReplicaSpec spec) {
    this.plan = other.plan;
    this.spec = spec;
    this.count = other.count;
    this.inputs = other.inputs;
    this.computing = other.computing;
    this.classCounts = other.classCounts;
  }

  /**
   * Returns replicas with another spec on the same partitions, which still belong to these
   * replicas.
   *
   * @param other with the same inputs and outputs
   */
  abstract ReplicaGroup with(ReplicaSpec other);

  /**
   * Returns a summary of each partition, in order; reads partitions that have not been read yet.
   */
  abstract List<Partition.Summary> summaries();

  /** Returns the rule by which each replica updates its weights. */
  Updater updater() {
    return spec.hyperparameters().updater().updater();
  }

  /**
   * Trains every replica for one round from the same weights and the same updater's state.
   *
   * @param start state to start from
   * @param rateFactor factor on the learning rates
   * @param keepsState whether the updater's state is sent to the replicas and back; otherwise each
   *     replica starts with zeros
   * @return what is left to average: one result per replica, or sums of several
   */
  abstract List<? extends Contribution> train(
      TrainingState start, double rateFactor, int round, int rounds, boolean keepsState);

  /**
   * Returns how long it takes at least to compute a round.
   *
   * @param slowest seconds of the slowest replica
   * @param all seconds of all replicas together
   */
  abstract double computeSeconds(double slowest, double all);

  /** Returns the progress of the current epoch. */
  public abstract Progress progress();

  /** Starts counting a new epoch, and returns its progress. */
  abstract Progress startProgress();

  /** Computes something about a slice with the weights loaded; runs where the slice is. */
  @FunctionalInterface
  interface Finding<T> extends Serializable {
    T of(Relaxer relaxer, Examples images);
  }

  /**
   * Computes a finding about every slice of a set; returns them in the order of the partitions.
   *
   * @param what names the work
   * @param weights not modified
   */
  abstract <T> List<T> onEverySlice(String what, Weights weights, Split split, Finding<T> finding);

  /** Stops running work after its current batch; no new work starts. Thread-safe. */
  public abstract void cancel();

  @Override
  public abstract void close();

  /** Returns the number of replicas. */
  public int count() {
    return count;
  }

  /** Returns the number of batches per epoch on the partition that has the most, ≥ 1. */
  public int mostBatches() {
    return plan.batches(count, spec.hyperparameters()).max().orElse(1);
  }

  /**
   * Makes every replica read its slices, unless they have been read already.
   *
   * @return warnings about the data, one line each
   * @throws InputException if a slice cannot be read, a label is out of range, or a replica cannot
   *     compute
   */
  public List<String> load() {
    List<Partition.Summary> summaries = summaries();
    for (Split split : Split.values()) {
      classCounts.put(split, total(summaries, split));
    }
    inputs =
        summaries.stream()
            .map(Partition.Summary::inputs)
            .reduce(InputStatistics.none(), InputStatistics::plus);
    List<String> warnings = new ArrayList<>(DataWarnings.ofInputs(inputs));
    Set<String> kernels = new TreeSet<>();
    summaries.forEach(summary -> kernels.add(summary.kernels()));
    if (kernels.size() > 1) {
      warnings.add(
          "executors compute with different kernels ("
              + String.join(", ", kernels)
              + "): the weights will depend on which executor trains which replica; "
              + (spec.backend().equals(Backend.CUDA)
                  ? "use GPUs of one kind, with one version of CUDA"
                  : "set OPENBLAS_CORETYPE to a type that all of them support"));
    }
    computing =
        summaries.stream()
            .map(Partition.Summary::computing)
            .distinct()
            .sorted()
            .collect(Collectors.joining("; "));
    warnings.addAll(
        DataWarnings.ofSets(
            classCounts(Split.TRAINING), classCounts(Split.VALIDATION), classCounts(Split.TEST)));
    warnings.addAll(
        DataWarnings.ofPartitions(summaries.stream().map(s -> counts(s, Split.TRAINING)).toList()));
    return warnings;
  }

  /** Returns the statistics of the training images; those of no images before {@link #load}. */
  public InputStatistics inputs() {
    return inputs;
  }

  /** Returns what the replicas compute with, in words; empty before {@link #load}. */
  public String computing() {
    return computing;
  }

  private static List<Integer> counts(Partition.Summary summary, Split split) {
    return java.util.Objects.requireNonNull(summary.classCounts().get(split));
  }

  private List<Integer> total(List<Partition.Summary> summaries, Split split) {
    return IntStream.range(0, spec.network().outputs())
        .mapToObj(c -> summaries.stream().mapToInt(s -> counts(s, split).get(c)).sum())
        .toList();
  }

  /**
   * Returns how many examples of a set each class has, [n_L].
   *
   * @throws IllegalStateException before {@link #load}
   */
  public List<Integer> classCounts(Split split) {
    List<Integer> counts = classCounts.get(split);
    if (counts == null) {
      throw new IllegalStateException("the data are not loaded");
    }
    return counts;
  }

  /**
   * Measures the weights on a set, each replica on its slice.
   *
   * @param weights not modified
   * @param what names the Spark job
   * @param batch images relaxed at a time
   */
  public Measurement evaluate(Weights weights, Split split, String what, int batch) {
    return evaluate(weights, split, what, batch, Integer.MAX_VALUE);
  }

  /**
   * Measures the weights on the first examples of each slice.
   *
   * @param most maximum number of examples per slice
   */
  Measurement evaluate(Weights weights, Split split, String what, int batch, int most) {
    // Collected in the order of the partitions, so the sum repeats bit for bit.
    return onEverySlice(
            what,
            weights,
            split,
            (relaxer, images) ->
                new Evaluator(relaxer, batch).measure(images, Math.min(most, images.size())))
        .stream()
        .reduce(Measurement.none(spec.network().depth()), Measurement::plus);
  }

  /**
   * Collects the statistics of every unit on a set, each replica on its slice.
   *
   * @param weights not modified
   * @param batch images relaxed at a time
   * @return the examples in the order of the set
   */
  public UnitStatistics examine(Weights weights, Split split, int batch) {
    return onEverySlice(
            "examine " + split.name().toLowerCase(java.util.Locale.ROOT),
            weights,
            split,
            (relaxer, images) -> UnitStatistics.of(relaxer, images, batch))
        .stream()
        .reduce(UnitStatistics::plus)
        .orElseThrow();
  }

  /**
   * Measures how the free phases of the first examples of each slice settle.
   *
   * @param weights not modified
   * @param what names the Spark job
   * @param batch images relaxed at a time
   * @param steps number of steps per example
   * @param most maximum number of examples per slice
   */
  public Settling settling(
      Weights weights, Split split, String what, int batch, int steps, int most) {
    double tolerance = Settling.tolerance(spec.relaxation());
    return onEverySlice(
            what,
            weights,
            split,
            (relaxer, images) ->
                Settling.of(relaxer, images, Math.min(most, images.size()), batch, steps))
        .stream()
        .reduce(Settling.none(tolerance, steps), Settling::plus);
  }

  /**
   * Counts the predictions for each class of a set, each replica on its slice.
   *
   * @param weights not modified
   * @param batch images relaxed at a time
   */
  public ClassTally tally(Weights weights, Split split, int batch) {
    return onEverySlice(
            "count classes of " + split.name().toLowerCase(java.util.Locale.ROOT),
            weights,
            split,
            (relaxer, images) -> ClassTally.of(relaxer, images, batch))
        .stream()
        .reduce(ClassTally.none(spec.network().outputs()), ClassTally::plus);
  }
}
