package org.eqprop.config;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class AveragingSettingsTest {
  private static AveragingSettings resolved(int replicas, String... assignments) {
    ConfigurationReader reader = new ConfigurationReader();
    for (String assignment : assignments) {
      reader = reader.set("averaging." + assignment);
    }
    return reader.read().averaging().resolved(replicas);
  }

  @Test
  void averagesFewReplicasPlainlyOncePerEpoch() {
    for (int replicas = 1; replicas <= 2; replicas++) {
      AveragingSettings few = resolved(replicas);
      assertThat(few.isPlain()).isTrue();
      assertThat(few.rounds(1)).isOne();
      assertThat(few.rounds(9)).isOne();
    }
    assertThat(resolved(2, "learning-rate-factor=2").isPlain()).isFalse();
    assertThat(resolved(2, "outer.optimizer=momentum").isPlain()).isFalse();
  }

  @Test
  void manyReplicasWarmUpAndThenGoFurtherThanTheAverage() {
    AveragingSettings sixteen = resolved(16);
    assertThat(sixteen)
        .isEqualTo(
            new AveragingSettings(
                16, 4, 2, 16, 2, OuterKind.NESTEROV, 1, 0.8, StateMerging.AVERAGE));
    assertThat(sixteen.rounds(2)).isEqualTo(16);
    assertThat(sixteen.rounds(3)).isEqualTo(4);
    assertThat(resolved(3))
        .isEqualTo(
            new AveragingSettings(3, 4, 2, 16, 2, OuterKind.NESTEROV, 1, 0, StateMerging.AVERAGE));
    assertThat(resolved(4))
        .isEqualTo(
            new AveragingSettings(
                4, 4, 2, 16, 2, OuterKind.NESTEROV, 1, 0.2, StateMerging.AVERAGE));
    assertThat(resolved(5))
        .isEqualTo(
            new AveragingSettings(
                5, 4, 2, 16, 2, OuterKind.NESTEROV, 1, 0.36, StateMerging.AVERAGE));
    assertThat(resolved(100_000))
        .isEqualTo(
            new AveragingSettings(
                100_000, 64, 16, 16, 2, OuterKind.NESTEROV, 1, 0.95, StateMerging.AVERAGE));
  }

  @Test
  void keepsValuesThatAreSet() {
    assertThat(
            resolved(
                32,
                "rounds-per-epoch=3",
                "warm-up.epochs=0",
                "learning-rate-factor=1",
                "outer.optimizer=momentum",
                "outer.momentum=0"))
        .isEqualTo(
            new AveragingSettings(32, 3, 0, 16, 1, OuterKind.MOMENTUM, 1, 0, StateMerging.AVERAGE));
  }

  @Test
  void theResolvedConfigurationHasNoAutoLeft() {
    RunConfiguration chosen = new ConfigurationReader().read().resolved(32);
    assertThat(chosen.averaging()).isEqualTo(resolved(32));
    assertThat(chosen.source().getConfig("averaging").root().render()).doesNotContain("auto\"");
    assertThat(chosen.resolved(32).difference(chosen)).isEmpty();
  }
}
