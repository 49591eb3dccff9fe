package org.eqprop.dl4j;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.eqprop.learning.Centering;
import org.eqprop.learning.Hyperparameters;
import org.eqprop.learning.RateSchedule;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.schedule.ExponentialSchedule;
import org.nd4j.linalg.schedule.MapSchedule;
import org.nd4j.linalg.schedule.ScheduleType;

/** Compares DL4J's learning rates with this program's. */
class RateSchedulesTest {
  private static Hyperparameters hyperparameters(RateSchedule.Kind kind, int warmUp) {
    return new Hyperparameters(
        6, 20, List.of(0.2, 0.1), new RateSchedule(kind, 0.9, warmUp), 0, 5, 0.3, Centering.NONE);
  }

  @ParameterizedTest
  @CsvSource({
    "CONSTANT, 0",
    "CONSTANT, 2",
    "EXPONENTIAL, 0",
    "EXPONENTIAL, 2",
    "COSINE, 0",
    "COSINE, 5"
  })
  void everyEpochHasTheSameRateInDl4j(RateSchedule.Kind kind, int warmUp) {
    Hyperparameters h = hyperparameters(kind, warmUp);
    IUpdater[] updaters = RateSchedules.updaters(h);
    assertThat(updaters).hasSize(2);
    for (int k = 1; k <= 2; k++) {
      for (int epoch = 0; epoch < 6; epoch++) {
        assertThat(updaters[k - 1].getLearningRate(99, epoch)).isEqualTo(h.learningRate(k, epoch));
      }
    }
  }

  @Test
  void keepsTheLastRateAfterTheLastEpoch() {
    Hyperparameters h = hyperparameters(RateSchedule.Kind.COSINE, 0);
    assertThat(RateSchedules.updaters(h)[1].getLearningRate(0, 7)).isEqualTo(h.learningRate(2, 5));
  }

  /** Earlier versions wrote this form into zips, too. */
  @Test
  void exponentialRatesUseDl4jsOwnFormula() {
    assertThat(RateSchedules.updaters(hyperparameters(RateSchedule.Kind.EXPONENTIAL, 0)))
        .containsExactly(
            new Sgd(new ExponentialSchedule(ScheduleType.EPOCH, 0.2 * 0.3, 0.9)),
            new Sgd(new ExponentialSchedule(ScheduleType.EPOCH, 0.1, 0.9)));
  }

  @Test
  void constantRatesNeedOnlyOneEntry() {
    Sgd sgd = (Sgd) RateSchedules.updaters(hyperparameters(RateSchedule.Kind.CONSTANT, 0))[1];
    assertThat(((MapSchedule) sgd.getLearningRateSchedule()).getValues())
        .containsExactlyEntriesOf(java.util.Map.of(0, 0.1));
  }

  @Test
  void readsRatesBackFromTheLayersJson() {
    Hyperparameters h = hyperparameters(RateSchedule.Kind.COSINE, 2);
    MultiLayerConfiguration network =
        new NeuralNetConfiguration.Builder()
            .list()
            .layer(
                new EquilibriumLayer.Builder()
                    .nIn(16)
                    .hidden(5)
                    .nOut(4)
                    .updaters(RateSchedules.updaters(h))
                    .build())
            .build();
    byte[] json = network.toJson().getBytes(java.nio.charset.StandardCharsets.UTF_8);
    EquilibriumLayer read = (EquilibriumLayer) NetworkJson.read(json).getConf(0).getLayer();
    for (int epoch = 0; epoch < 6; epoch++) {
      assertThat(read.updaters().get(0).getLearningRate(0, epoch))
          .isEqualTo(h.learningRate(1, epoch));
    }
  }
}
