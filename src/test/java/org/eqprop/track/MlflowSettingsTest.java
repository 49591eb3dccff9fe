package org.eqprop.track;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.eqprop.base.InputException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MlflowSettingsTest {
  private static final String EXPECTED =
      ": expected the address of an MLflow tracking server, http://HOST:PORT or https://HOST";

  private static MlflowSettings of(@Nullable String option, Map<String, String> environment) {
    return MlflowSettings.of(option, environment).orElseThrow();
  }

  @Test
  void optionPrecedesVariableAndWithoutBothThereIsNoTracking() {
    Map<String, String> set = Map.of("MLFLOW_TRACKING_URI", "https://two.example/mlflow/");
    assertThat(of("http://one:5000", set).server()).hasToString("http://one:5000");
    assertThat(of(null, set).server()).hasToString("https://two.example/mlflow");
    assertThat(MlflowSettings.of(null, Map.of("MLFLOW_TRACKING_URI", ""))).isEmpty();
    assertThat(MlflowSettings.of(null, Map.of("MLFLOW_TRACKING_TOKEN", "t"))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "localhost:5000",
        "ftp://host",
        "http://",
        "file:///mlruns",
        "http://a b",
        "databricks",
        "http://host?x=1",
        "http://host#x"
      })
  void refusesOtherAddresses(String address) {
    assertThatThrownBy(() -> MlflowSettings.of(address, Map.of()))
        .isInstanceOf(InputException.class)
        .hasMessage("--track " + address + EXPECTED);
  }

  @Test
  void namesTheVariableIfItsAddressIsUnusable() {
    assertThatThrownBy(() -> MlflowSettings.of(null, Map.of("MLFLOW_TRACKING_URI", "databricks")))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "MLFLOW_TRACKING_URI = databricks" + EXPECTED + "; unset it to train without tracking");
  }

  @Test
  void authenticatesLikeMlflowsOwnClient() {
    Map<String, String> token = Map.of("MLFLOW_TRACKING_TOKEN", "abc");
    Map<String, String> all =
        Map.of(
            "MLFLOW_TRACKING_TOKEN",
            "abc",
            "MLFLOW_TRACKING_USERNAME",
            "Aladdin",
            "MLFLOW_TRACKING_PASSWORD",
            "open sesame",
            "MLFLOW_EXPERIMENT_NAME",
            "mine");
    assertThat(of("http://h", token).authorization()).isEqualTo("Bearer abc");
    assertThat(of("http://h", all).authorization()) // the example of RFC 7617
        .isEqualTo("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    assertThat(of("http://h", all).experiment()).isEqualTo("mine");
    assertThat(of("http://h", Map.of()).authorization()).isNull();
    assertThat(of("http://h", token).experiment()).isEqualTo("eqprop-spark");
  }

  @Test
  void neverShowsSecrets() {
    assertThat(of("http://h", Map.of("MLFLOW_TRACKING_TOKEN", "abc")))
        .hasToString("http://h, experiment eqprop-spark");
    for (String address : List.of("http://me:hidden@host", "http://me:hid den@host")) {
      assertThatThrownBy(() -> MlflowSettings.of(address, Map.of()))
          .isInstanceOf(InputException.class)
          .hasMessage(
              "--track …@…"
                  + EXPECTED
                  + " without a user; set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or"
                  + " MLFLOW_TRACKING_TOKEN, instead");
    }
    assertThatThrownBy(
            () -> MlflowSettings.of("http://h", Map.of("MLFLOW_TRACKING_TOKEN", "hidden\r\nX: y")))
        .isInstanceOf(InputException.class)
        .hasMessage("MLFLOW_TRACKING_TOKEN: expected visible ASCII characters, no spaces");
    assertThatThrownBy(
            () -> MlflowSettings.of("http://h", Map.of("MLFLOW_TRACKING_PASSWORD", "hidden")))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "MLFLOW_TRACKING_PASSWORD is set, but MLFLOW_TRACKING_USERNAME is not: expected both or"
                + " neither");
  }
}
