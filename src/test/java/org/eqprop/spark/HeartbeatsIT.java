package org.eqprop.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.util.LongAccumulator;
import org.awaitility.Awaitility;
import org.eqprop.SharedSpark;
import org.eqprop.dynamics.Measurement;
import org.junit.jupiter.api.Test;

class HeartbeatsIT {
  private static void add(JavaSparkContext spark, LongAccumulator counter) {
    spark.parallelize(List.of(1, 10, 100), 3).foreach(n -> counter.add((long) n));
  }

  private static void await(Runnable assertion) {
    Awaitility.await().atMost(Duration.ofSeconds(30)).untilAsserted(assertion::run);
  }

  @Test
  void readsWhatEachTaskHasAddedUntilTheAccumulatorIsForgotten() {
    JavaSparkContext spark = SharedSpark.context();
    LongAccumulator watched = spark.sc().longAccumulator("watched");
    LongAccumulator other = spark.sc().longAccumulator("other");
    Map<Long, Long> tasks = new ConcurrentHashMap<>();
    Map<Long, Long> others = new ConcurrentHashMap<>();
    try (Heartbeats heartbeats = new Heartbeats(spark)) {
      heartbeats.watch(watched.id(), (task, value) -> tasks.put(task, value.longValue()));
      heartbeats.watch(other.id(), (task, value) -> others.put(task, value.longValue()));
      add(spark, watched);
      await(() -> assertThat(tasks.values()).containsExactlyInAnyOrder(1L, 10L, 100L));
      heartbeats.forget(watched.id());
      add(spark, watched);
      add(spark, other);
      await(() -> assertThat(others.values()).containsExactlyInAnyOrder(1L, 10L, 100L));
      assertThat(tasks).hasSize(3);
    }
  }

  @Test
  void progressCountsOnlyTheCurrentEpoch() {
    JavaSparkContext spark = SharedSpark.context();
    try (TaskProgress progress = new TaskProgress(spark)) {
      for (int epoch = 1; epoch <= 2; epoch++) {
        progress.start();
        TaskProgress.Counters counters = progress.counters();
        spark
            .parallelize(List.of(2, 3), 2)
            .foreach(errors -> counters.add(new Measurement(10, 0, 0, errors, List.of())));
        await(() -> assertThat(progress.now()).isEqualTo(new Progress.Count(2, 20, 5)));
      }
    }
  }
}
