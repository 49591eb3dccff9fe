package org.eqprop.cli;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.eqprop.cli.ClusterCapacity.Worker;
import org.junit.jupiter.api.Test;

class ClusterCapacityTest {
  private static final ClusterCapacity ROOM = new ClusterCapacity("spark://h:1", 1, 1024);

  @Test
  void acceptsADriverAndAnExecutorOnOneWorkerOrOnTwo() {
    assertThatCode(() -> ROOM.check(List.of(new Worker(2, 2048)), 1, 1024))
        .doesNotThrowAnyException();
    assertThatCode(() -> ROOM.check(List.of(new Worker(1, 1024), new Worker(1, 1024)), 1, 1024))
        .doesNotThrowAnyException();
    assertThatCode(() -> ROOM.check(List.of(new Worker(1, 1024), new Worker(4, 512)), 4, 512))
        .doesNotThrowAnyException();
  }

  @Test
  void refusesADriverOrAnExecutorThatFitsOnNoWorker() {
    assertThatThrownBy(() -> ROOM.check(List.of(), 1, 1024))
        .hasMessage("--master spark://h:1: it has no workers");
    assertThatThrownBy(() -> ROOM.check(List.of(new Worker(2, 512), new Worker(8, 1000)), 1, 512))
        .hasMessage(
            "--deploy-mode cluster: the driver needs 1 core and 1024 MB, but no worker of"
                + " spark://h:1 has that much: the largest has 8 cores and 1000 MB: lower"
                + " --driver-memory or --driver-cores");
    assertThatThrownBy(() -> ROOM.check(List.of(new Worker(1, 4096)), 1, 1024))
        .hasMessageContaining(
            "no worker of spark://h:1 has room for the 1 core and 1024 MB of an executor");
    assertThatThrownBy(() -> ROOM.check(List.of(new Worker(2, 1500), new Worker(2, 1023)), 1, 1024))
        .hasMessageContaining("next to the driver");
  }
}
