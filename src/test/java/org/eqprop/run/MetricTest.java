package org.eqprop.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class MetricTest {
  /** Other people's programs read metrics.jsonl and result.json: changing a key breaks them. */
  @Test
  void keysDoNotChange() {
    assertThat(Arrays.stream(Metric.values()).map(Metric::key))
        .containsExactly(
            "epoch",
            "trainError",
            "validationError",
            "testError",
            "energy",
            "cost",
            "examples",
            "seconds",
            "computeSeconds",
            "broadcastSeconds",
            "mergeSeconds",
            "evaluateSeconds",
            "imagesPerSecond",
            "replicaSpread");
  }

  @Test
  void showsValuesInTheirUnitsAndADashIfThereIsNone() {
    assertThat(Metric.TEST_ERROR.shown(0.01239)).isEqualTo("1.24 %");
    assertThat(Metric.TEST_ERROR.plotted(0.0125)).isEqualTo(1.25);
    assertThat(Metric.COST.plotted(0.0125)).isEqualTo(0.0125);
    assertThat(Metric.COST.shown(0.01239)).isEqualTo("0.0124");
    assertThat(Metric.EPOCH.shown(12)).isEqualTo("12");
    assertThat(Metric.IMAGES_PER_SECOND.shown(12345.6)).isEqualTo("12,346");
    assertThat(Metric.REPLICA_SPREAD.shown(Double.NaN)).isEqualTo("–");
    var line = JsonFile.object("{\"cost\": 1.5, \"energy\": \"low\", \"seconds\": 1e400}", "line");
    assertThat(List.of(Metric.COST.of(line), Metric.ENERGY.of(line), Metric.SECONDS.of(line)))
        .containsExactly(1.5, Double.NaN, Double.NaN);
    assertThat(Metric.TEST_ERROR.of(line)).isNaN();
  }

  /** Only files of these names are deleted from a folder where a user may keep others. */
  @Test
  void recognizesFilesOfFiguresByTheirWholeNames() {
    for (String ours : List.of("error.svg", "relaxation-energy.svg", "outputs-12.svg")) {
      assertThat(FigureName.FILES.matcher(ours).matches()).as(ours).isTrue();
    }
    assertThat(FigureName.FILES.matcher("weights-corner.png").matches()).isTrue();
    for (String other : List.of("error.png", "error-1.svg", "outputs.svg", "weights-tiles.svg")) {
      assertThat(FigureName.FILES.matcher(other).matches()).as(other).isFalse();
    }
  }
}
