package org.eqprop.spark;

import java.util.List;
import org.eqprop.config.StateMerging;
import org.eqprop.learning.UpdaterState;
import org.eqprop.network.Weights;

/** The rounds of a {@link ReplicaGroup}, merged by {@link Averaging}. */
final class ReplicaRounds implements Rounds {
  private final ReplicaGroup replicas;
  private final boolean keepsState;

  /**
   * @param replicas loaded replicas
   * @param merging how the states of their updaters are merged; a single replica always keeps its
   *     own
   */
  ReplicaRounds(ReplicaGroup replicas, StateMerging merging) {
    this.replicas = replicas;
    this.keepsState =
        replicas.count() == 1
            || (merging == StateMerging.AVERAGE && replicas.updater().averagesState());
  }

  @Override
  public Round train(TrainingState start, double rateFactor, int round, int rounds) {
    long begin = System.nanoTime();
    List<? extends Contribution> results =
        replicas.train(start, rateFactor, round, rounds, keepsState);
    long end = System.nanoTime();
    double compute = computeSeconds(results);
    double broadcast = Math.max(0, (end - begin) / 1e9 - compute);
    PartialSum total = Averaging.sum(results, 0);
    boolean trained = total.measurement().examples() > 0;
    Weights mean = trained ? total.mean() : start.weights();
    UpdaterState updater = trained ? total.updater() : start.updater();
    double spread = trained && replicas.count() > 1 ? total.spread() : Double.NaN;
    double merge = (System.nanoTime() - end) / 1e9;
    return new Round(mean, updater, total.measurement(), spread, compute, broadcast, merge);
  }

  private double computeSeconds(List<? extends Contribution> results) {
    double slowest = results.stream().mapToDouble(Contribution::computeSeconds).max().orElse(0);
    double all = results.stream().mapToDouble(Contribution::totalSeconds).sum();
    return replicas.computeSeconds(slowest, all);
  }
}
