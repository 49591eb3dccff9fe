package org.eqprop.cli;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.apache.spark.SparkConf;
import org.eqprop.base.InputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SparkTest {
  private static SparkConf conf(String master, String taskCores) {
    return new SparkConf(false).set("spark.master", master).set("spark.task.cpus", taskCores);
  }

  @ParameterizedTest
  @CsvSource({
    "'local[2]', 3, '2 (--master local[2])'",
    "local, 2, 1 (--master local)",
    "yarn, 2, 1 (spark.executor.cores)"
  })
  void refusesATaskThatNeedsMoreCoresThanAnExecutorHas(String master, String cores, String has) {
    assertThatThrownBy(() -> Spark.checkTaskCores(conf(master, cores)))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "spark.task.cpus = %s: expected at most the number of cores of an executor, %s",
            cores, has);
  }

  @ParameterizedTest
  @CsvSource({"0", "x", "-1", "1.5"})
  void refusesATaskWhoseNumberOfCoresIsNotWhole(String cores) {
    assertThatThrownBy(() -> Spark.checkTaskCores(conf("local[2]", cores)))
        .isInstanceOf(InputException.class)
        .hasMessage("spark.task.cpus = %s: expected a whole number from 1", cores);
  }

  @Test
  void acceptsATaskThatFits() {
    Spark.checkTaskCores(new SparkConf(false).set("spark.master", "local"));
    Spark.checkTaskCores(conf("local[4]", "4"));
    Spark.checkTaskCores(conf("yarn", "2").set("spark.executor.cores", "2"));
    Spark.checkTaskCores(conf("spark://host:7077", "8")); // its workers' cores are not known yet
  }
}
