package org.eqprop.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.eqprop.spark.Progress;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProgressDisplayTest {
  @ParameterizedTest
  @CsvSource({"78, false", "130, true"})
  void theBarHasRoomOnAnyUsualTerminal(int columns, boolean speed) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    PrintStream original = System.err;
    System.setErr(new PrintStream(out, true, StandardCharsets.UTF_8));
    ProgressDisplay display = new ProgressDisplay(original, true, () -> columns, 3000);
    try {
      display.begin("epoch 12/15", () -> new Progress.Count(1500, 30_000, 3000));
      Awaitility.await()
          .atMost(Duration.ofSeconds(30))
          .until(() -> out.toString(StandardCharsets.UTF_8).contains(", train 10.00 %"));
    } finally {
      display.end();
      System.setErr(original);
    }
    String shown = out.toString(StandardCharsets.UTF_8);
    assertThat(shown)
        .containsPattern("epoch 12/15 +50 % \\[={4,20} {4,20}] 1500/3000 batches, \\d+ s left");
    assertThat(shown.contains("images/s")).isEqualTo(speed);
    assertThat(shown.split("\r|\u001b\\[K")).allMatch(line -> line.length() <= columns);
  }
}
