package org.eqprop.distributed;

import java.util.Comparator;
import java.util.List;

/**
 * Parameter averaging: θ = Σ_r n_r θ_r / Σ_r n_r over the replicas r, each weighted by the examples
 * n_r it trained on. Sums are taken in double precision in the order of the partitions, whatever
 * order the results arrive in, so that a run repeats bit for bit; the average of one replica is
 * that replica exactly.
 */
final class Averaging {
  private Averaging() {}

  /**
   * Returns the average.
   *
   * @param results one of each partition, in any order; not modified
   * @throws IllegalArgumentException if there are none, or none has examples
   */
  static float[] merge(List<ReplicaResult> results) {
    List<ReplicaResult> ordered =
        results.stream().sorted(Comparator.comparingInt(ReplicaResult::partition)).toList();
    long examples = ordered.stream().mapToLong(r -> r.measurement().examples()).sum();
    if (examples == 0) {
      throw new IllegalArgumentException("no replica has trained on any example");
    }
    double[] sum = new double[ordered.get(0).parameters().length];
    for (ReplicaResult result : ordered) {
      float[] parameters = result.parameters();
      double weight = result.measurement().examples();
      for (int i = 0; i < sum.length; i++) {
        sum[i] += weight * parameters[i];
      }
    }
    float[] mean = new float[sum.length];
    for (int i = 0; i < mean.length; i++) {
      mean[i] = (float) (sum[i] / examples);
    }
    return mean;
  }
}
