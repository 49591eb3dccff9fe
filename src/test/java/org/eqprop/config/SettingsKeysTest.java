package org.eqprop.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.eqprop.backend.Backend;
import org.eqprop.base.KeyValues;
import org.eqprop.device.DeviceModels;
import org.eqprop.dynamics.NudgedStart;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.dynamics.Schedule;
import org.eqprop.learning.EstimatorKind;
import org.eqprop.learning.GradientEstimator;
import org.eqprop.learning.Hyperparameters;
import org.eqprop.learning.OperationCosts;
import org.junit.jupiter.api.Test;

/** Each settings record reads its own keys, and some write them, too. */
class SettingsKeysTest {
  private static RunConfiguration read(Map<String, String> keys) {
    ConfigurationReader reader = new ConfigurationReader();
    for (var key : keys.entrySet()) {
      reader = reader.set(key.getKey(), key.getValue(), "the test");
    }
    return reader.read();
  }

  @Test
  void readsBackTheRelaxation() {
    Relaxation written = new Relaxation(Schedule.SYNCHRONOUS, 0.25, 7, 3, 0.125, NudgedStart.ZEROS);

    assertThat(read(written.keys()).spec().relaxation()).isEqualTo(written);
  }

  @Test
  void readsBackTheEstimator() {
    GradientEstimator written = new GradientEstimator(EstimatorKind.RANDOM_SIGN, -0.125);

    assertThat(read(written.keys()).spec().estimator()).isEqualTo(written);
  }

  @Test
  void readsTheCosts() {
    Map<String, String> keys =
        Map.of(
            "energy.multiply-add", "1",
            "energy.state-update", "2.5",
            "energy.weight-read", "0",
            "energy.weight-write", "640");

    assertThat(read(keys).costs()).isEqualTo(new OperationCosts(1, 2.5, 0, 640));
  }

  @Test
  void readsBackResolvedAveraging() {
    AveragingSettings resolved = read(Map.of()).averaging().resolved(32);

    assertThat(read(resolved.resolvedKeys()).averaging()).isEqualTo(resolved);
  }

  /** A default that no record reads would be a key without effect. */
  @Test
  void theRecordsReadEveryDefaultOnce() {
    List<String> asked = new ArrayList<>();
    Values defaults = new Values(Keys.DEFAULTS);
    InvocationHandler record =
        (proxy, method, arguments) -> {
          if (!method.getName().matches("isAuto|isEmpty")) {
            asked.add((String) arguments[0]);
          }
          return method.invoke(defaults, arguments);
        };
    KeyValues recording =
        (KeyValues)
            Proxy.newProxyInstance(
                KeyValues.class.getClassLoader(), new Class<?>[] {KeyValues.class}, record);

    Object[] read = {
      DataSettings.of(recording),
      Relaxation.of(recording),
      GradientEstimator.of(recording),
      Hyperparameters.of(recording),
      Backend.of(recording),
      DeviceModels.of(recording),
      InitialSettings.of(recording),
      AveragingSettings.of(recording),
      CheckpointSettings.of(recording),
      EvaluationSettings.of(recording),
      OperationCosts.of(recording),
      Engine.of(recording)
    };
    asked.add(Hyperparameters.RATE_SCALE_KEY); // auto, so its number is never read

    assertThat(read).doesNotContainNull();
    assertThat(asked)
        .containsExactlyInAnyOrderElementsOf(
            Keys.DEFAULTS.entrySet().stream()
                .map(Map.Entry::getKey)
                .filter(key -> !key.matches("topology|network\\..*"))
                .toList());
  }
}
