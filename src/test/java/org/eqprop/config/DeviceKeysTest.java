package org.eqprop.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.Map;
import org.eqprop.base.InputException;
import org.eqprop.device.Bounds;
import org.eqprop.device.DeviceModels;
import org.eqprop.device.Drift;
import org.eqprop.device.Mismatch;
import org.eqprop.device.Rounding;
import org.eqprop.device.Signs;
import org.eqprop.device.UpdateModel;
import org.eqprop.device.WeightRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The keys below {@code device}. */
class DeviceKeysTest {
  private static RunConfiguration read(String... assignments) {
    ConfigurationReader reader = new ConfigurationReader();
    for (String assignment : assignments) {
      reader = reader.set(assignment);
    }
    return reader.read();
  }

  @Test
  void hardwareIsIdealByDefault() {
    assertThat(read().spec().devices()).isEqualTo(DeviceModels.NONE);
    assertThat(DeviceModels.NONE.isNone()).isTrue();
    assertThat(DeviceModels.NONE).hasToString("");
  }

  @Test
  void readsBackTheModelsThatWereWritten() {
    DeviceModels written =
        new DeviceModels(
            0.125,
            0.25,
            new WeightRange(0.5, 16, Rounding.STOCHASTIC),
            new Mismatch(0.0625, 0.03125),
            new UpdateModel(0.375, 1.5, 0.75, Bounds.SOFT),
            new Drift(0.01, 0.02),
            Signs.FIXED);
    Map<String, String> keys = new HashMap<>(written.keys());
    ConfigurationReader reader = new ConfigurationReader();
    for (Map.Entry<String, String> key : keys.entrySet()) {
      reader = reader.set(key.getKey(), key.getValue(), "the test");
    }
    assertThat(reader.read().spec().devices()).isEqualTo(written);
    assertThat(keys).hasSize(14);
    assertThat(written)
        .hasToString(
            "state-noise = 0.125, read-noise = 0.25, weights.range = 0.5, weights.levels = 16,"
                + " weights.rounding = stochastic, mismatch.deviation = 0.0625,"
                + " mismatch.between-nudges = 0.03125, update.noise = 0.375, update.up = 1.5,"
                + " update.down = 0.75, update.bounds = soft, drift.rate = 0.01, drift.noise = 0.02,"
                + " signs = fixed");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "device.state-noise | -0.1 | a number in [0, 10]",
        "device.state-noise | 11 | a number in [0, 10]",
        "device.read-noise | -1 | a number in [0, 1]",
        "device.read-noise | 1.5 | a number in [0, 1]",
        "device.weights.range | -1 | a number from 0 (no limit) to 1000",
        "device.weights.range | 1001 | a number from 0 (no limit) to 1000",
        "device.weights.levels | 1 | 0 (any value), or a whole number from 2 to 65536",
        "device.weights.levels | 65537 | 0 (any value), or a whole number from 2 to 65536",
        "device.weights.levels | 16 | 0, or device.weights.range above 0",
        "device.weights.rounding | up | one of nearest, stochastic",
        "device.mismatch.deviation | 2 | a number in [0, 1]",
        "device.mismatch.between-nudges | -2 | a number in [0, 1]",
        "device.update.noise | -1 | a number in [0, 10]",
        "device.update.up | -1 | a number in [0, 10]",
        "device.update.down | 11 | a number in [0, 10]",
        "device.update.bounds | soft | hard, or device.weights.range above 0",
        "device.update.bounds | none | one of hard, soft",
        "device.drift.rate | -1 | a number in [0, 10]",
        "device.drift.noise | 2 | a number in [0, 1]",
        "device.signs | positive | one of free, fixed"
      })
  void refusesAValueOutOfItsRangeInOneLine(String key, String value, String expected) {
    assertThatThrownBy(() -> read(key + "=" + value))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("--set: " + key + " = " + value)
        .hasMessageContaining("expected " + expected)
        .hasMessageNotContaining("\n");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "state-noise=0.1",
        "read-noise=0.1",
        "weights.range=1",
        "mismatch.deviation=0.1",
        "update.up=2",
        "drift.rate=0.1",
        "signs=fixed"
      })
  void backendsAndEnginesThatCannotSimulateDevicesRefuseThemByKey(String key) {
    String named = key.replace("=", " = ").replaceAll("= 1$", "= 1.0").replaceAll("= 2$", "= 2.0");
    assertThatThrownBy(() -> read("backend=cuda", "device." + key))
        .isInstanceOf(InputException.class)
        .hasMessage("--set: backend = cuda: expected blas or nd4j with device { " + named + " }");
    assertThatThrownBy(() -> read("engine=dl4j", "device." + key))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith(
            "--set: engine = dl4j: expected eqprop with device { " + named + " }; DL4J")
        .hasMessageNotContaining("\n");
    for (String able : new String[] {"auto", "blas", "nd4j"}) {
      assertThat(read("backend=" + able, "device." + key).spec().devices().isNone()).isFalse();
    }
  }

  @Test
  void mismatchBetweenNudgesNeedsTwoNudges() {
    assertThatThrownBy(() -> read("device.mismatch.between-nudges=0.1", "estimator.kind=one-sided"))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "--set: device.mismatch.between-nudges = 0.1: expected 0, or estimator.kind ="
                + " centered, which has two nudges");
  }

  @Test
  void fixedSignsNeedDrawnWeights() {
    assertThatThrownBy(() -> read("device.signs=fixed", "init.model=some"))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "--set: device.signs = fixed: expected free with init.model: fixed signs are those of"
                + " the weights that training.seed draws");
  }

  /** A run of a version without devices trained on ideal ones, whatever its keys override. */
  @Test
  void aStoredConfigurationWithoutDeviceKeysMeansIdealHardware() {
    String json = read().toJson().replaceAll("\"device\":\\{(\\{[^}]*}|[^{}])*},?", "");
    assertThat(json).doesNotContain("read-noise");
    assertThat(
            new ConfigurationReader()
                .set("device.read-noise=0.5")
                .text(json, "stored")
                .read()
                .spec()
                .devices())
        .isEqualTo(DeviceModels.NONE);
  }
}
