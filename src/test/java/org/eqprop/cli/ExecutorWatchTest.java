package org.eqprop.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.apache.spark.SparkConf;
import org.eqprop.base.InputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ExecutorWatchTest {
  private static SparkConf conf(String master) {
    return new SparkConf(false).setMaster(master);
  }

  @Test
  void namesWhatIsMissingWhatWasRequestedAndTheRemedy() {
    SparkConf standalone = conf("spark://h:1").set("spark.executor.memory", "8g");
    assertThat(ExecutorWatch.lack(standalone, false))
        .isEqualTo(
            "spark://h:1 provides no executor with all free cores of a worker and 8g memory, which"
                + " this run requests (is that much free anywhere? Request less with"
                + " --executor-memory and --executor-cores, add workers, or wait until other"
                + " applications finish)");
    assertThat(ExecutorWatch.lack(standalone.set("spark.executor.cores", "1"), true))
        .startsWith(
            "all executors are lost, and spark://h:1 provides no executor with 1 core and 8g");
    assertThat(ExecutorWatch.lack(conf("yarn").set("spark.executor.cores", "4"), false))
        .startsWith("yarn provides no executor with 4 cores and 1g memory plus overhead, which")
        .contains("add nodes");
  }

  @ParameterizedTest
  @ValueSource(strings = {"soon", "0", "-3s", "500ms", "3 parsecs"})
  void refusesATimeoutThatIsNotADurationOfASecondOrMore(String value) {
    SparkConf conf = conf("spark://h:1").set(ExecutorWatch.TIMEOUT, value);
    assertThatThrownBy(() -> ExecutorWatch.start(conf))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "spark.eqprop.executorTimeout = "
                + value
                + ": expected a duration of at least 1s, such as 10min or 2h");
  }
}
