package org.eqprop.spark;

import java.util.List;

/** The rounds of a {@link ReplicaGroup}, merged by {@link Averaging}. */
final class ReplicaRounds implements Rounds {
  private final ReplicaGroup replicas;

  /**
   * @param replicas loaded
   */
  ReplicaRounds(ReplicaGroup replicas) {
    this.replicas = replicas;
  }

  @Override
  public Round train(float[] parameters, double rateFactor, int epoch, int round, int rounds) {
    long begin = System.nanoTime();
    List<? extends Contribution> results =
        replicas.train(parameters, rateFactor, epoch, round, rounds);
    long end = System.nanoTime();
    double compute = computeSeconds(results);
    double broadcast = Math.max(0, (end - begin) / 1e9 - compute);
    PartialSum total = Averaging.sum(results, 0);
    boolean trained = total.measurement().examples() > 0;
    float[] mean = trained ? total.mean() : parameters;
    double spread = trained && replicas.count() > 1 ? total.spread() : Double.NaN;
    double merge = (System.nanoTime() - end) / 1e9;
    return new Round(mean, total.measurement(), spread, compute, broadcast, merge);
  }

  private double computeSeconds(List<? extends Contribution> results) {
    double slowest = results.stream().mapToDouble(Contribution::computeSeconds).max().orElse(0);
    double all = results.stream().mapToDouble(Contribution::totalSeconds).sum();
    return replicas.computeSeconds(slowest, all);
  }
}
