package org.eqprop.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.apache.spark.resource.ResourceInformation;
import org.eqprop.base.InputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TaskPlaceTest {
  @ParameterizedTest
  @CsvSource({
    "0, 8, 4, 1, 4", // local[4]: all tasks use one GPU
    "0, 3, 4, 1, 3", // fewer tasks than could run
    "0, 8, 7, 2, 4", // executors of 4 and 3 cores
    "0, 8, 0, 1, 1", // no executor yet
    "0.25, 8, 8, 1, 4", // Spark lets four tasks share a GPU
    "0.3, 8, 8, 1, 3",
    "0.25, 2, 8, 1, 2",
    "1, 8, 8, 1, 1",
    "2, 8, 8, 1, 1", // each task has two, and uses one
  })
  void countsTheTasksThatShareAGpu(
      double amount, int tasks, int slots, int executors, int sharing) {
    assertThat(TaskPlace.sharing(amount, tasks, slots, executors)).isEqualTo(sharing);
  }

  private static Map<String, ResourceInformation> gpu(String... addresses) {
    return Map.of("gpu", new ResourceInformation("gpu", addresses));
  }

  @Test
  void usesTheGpuThatSparkAssigned() {
    assertThat(TaskPlace.device(gpu("3"))).isEqualTo(3);
    assertThat(TaskPlace.device(gpu("2", "5"))).isEqualTo(2);
    assertThat(TaskPlace.device(gpu())).isZero();
    assertThat(TaskPlace.device(Map.of())).isZero();
    assertThat(
            TaskPlace.device(Map.of("fpga", new ResourceInformation("fpga", new String[] {"7"}))))
        .isZero();
    assertThatThrownBy(() -> TaskPlace.device(gpu("GPU-8a56a4bc")))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith(
            "Spark assigned a task the GPU address 'GPU-8a56a4bc': expected the GPU's number");
  }
}
