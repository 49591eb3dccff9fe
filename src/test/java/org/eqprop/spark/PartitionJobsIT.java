package org.eqprop.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaRDD;
import org.eqprop.SharedSpark;
import org.eqprop.backend.Backend;
import org.eqprop.config.ConfigurationReader;
import org.eqprop.dynamics.Measurement;
import org.eqprop.learning.UpdaterState;
import org.eqprop.network.Network;
import org.eqprop.network.Weights;
import org.eqprop.storage.Storage;
import org.junit.jupiter.api.Test;

class PartitionJobsIT {
  private static final int REPLICAS = 17;
  private static final int FAN_IN = 4;

  /** With this many weights, executors add up 4 at a time; these are only broadcast. */
  private static final Weights WEIGHTS = Weights.zeros(Network.of((1 << 16) / FAN_IN - 1, 1 << 8));

  private static ReplicaResult result(int replica) {
    double large = Math.pow(10, replica * 7 % 19); // so that the order of adding matters
    float[] values = {(float) (large + replica), (float) -large, replica};
    Measurement measured = new Measurement(replica + 1, 0, 0, 0, List.of(1.0));
    return new ReplicaResult(
        replica, new Weights(Network.of(2, 1), values), UpdaterState.ZERO, measured, replica);
  }

  /** Two levels on the executors: 17 results, 5 sums, 2 sums. */
  @Test
  void addsUpResultsLevelByLevelInTheOrderOfThePartitions() {
    assertThat(Averaging.fanIn(WEIGHTS.values().length)).isEqualTo(FAN_IN);
    DataPlan plan = DataPlan.inspect(Storage.local(), new ConfigurationReader().read(), Split.TEST);
    JavaRDD<Partition> partitions =
        SharedSpark.context()
            .parallelize(IntStream.range(0, REPLICAS).boxed().toList(), REPLICAS)
            .map(index -> Partition.read(plan, Backend.BLAS, index, REPLICAS));
    try (PartitionJobs jobs = new PartitionJobs(SharedSpark.context(), partitions, REPLICAS)) {
      List<Contribution> sums =
          new ArrayList<>(
              jobs.addedUp("add up", WEIGHTS, FAN_IN, (p, weights) -> result(p.index())));
      sums.sort(Comparator.comparingInt(Contribution::index));
      List<PartialSum> expected =
          level(level(IntStream.range(0, REPLICAS).mapToObj(i -> result(i)).toList()));
      assertThat(sums).hasSize(2).hasSameSizeAs(expected);
      for (int i = 0; i < 2; i++) {
        assertThat(sums.get(i).index()).isEqualTo(i);
        assertThat(values(sums.get(i))).isEqualTo(values(expected.get(i)));
        assertThat(sums.get(i).squares()).isEqualTo(expected.get(i).squares());
        assertThat(sums.get(i).measurement()).isEqualTo(expected.get(i).measurement());
      }
    }
  }

  private static List<PartialSum> level(List<? extends Contribution> below) {
    List<PartialSum> sums = new ArrayList<>();
    for (int from = 0; from < below.size(); from += FAN_IN) {
      int to = Math.min(below.size(), from + FAN_IN);
      sums.add(Averaging.sum(below.subList(from, to), from / FAN_IN));
    }
    return sums;
  }

  private static double[] values(Contribution sum) {
    double[] values = new double[sum.length()];
    sum.addTo(values);
    return values;
  }
}
