package org.eqprop.track;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import org.eqprop.base.InputException;
import org.jspecify.annotations.Nullable;

/**
 * The MLflow tracking server that shows a run, from {@code --track} and MLflow's own environment
 * variables.
 *
 * @param server the address of the server, without a slash at the end
 * @param authorization the Authorization header; null if no credentials are set
 * @param experiment the name of the experiment to which the run belongs
 */
public record MlflowSettings(URI server, @Nullable String authorization, String experiment) {
  /** The option that names the server. */
  public static final String OPTION = "--track";

  /** The environment variable that names the server if the option is not given. */
  public static final String VARIABLE = "MLFLOW_TRACKING_URI";

  private static final String TOKEN = "MLFLOW_TRACKING_TOKEN";
  private static final String USER = "MLFLOW_TRACKING_USERNAME";
  private static final String PASSWORD = "MLFLOW_TRACKING_PASSWORD";
  private static final String EXPERIMENT = "MLFLOW_EXPERIMENT_NAME";
  private static final String STANDARD_EXPERIMENT = "eqprop-spark";
  private static final int LONGEST_EXPERIMENT = 500;

  /**
   * Returns the settings; empty if tracking is not requested.
   *
   * @param option the value of {@link #OPTION}; null if it is not given
   * @param environment variables by name; empty ones count as unset
   * @throws InputException if one of them cannot be used
   */
  public static Optional<MlflowSettings> of(
      @Nullable String option, Map<String, String> environment) {
    String variable = environment.getOrDefault(VARIABLE, "");
    if (option == null && variable.isEmpty()) {
      return Optional.empty();
    }
    URI server =
        option != null
            ? server(OPTION + " ", option, "")
            : server(VARIABLE + " = ", variable, "; unset it to train without tracking");
    String experiment = value(environment, EXPERIMENT);
    if (experiment != null && experiment.length() > LONGEST_EXPERIMENT) {
      throw new InputException(
          EXPERIMENT + ": expected at most " + LONGEST_EXPERIMENT + " characters");
    }
    return Optional.of(
        new MlflowSettings(
            server,
            authorization(environment),
            experiment == null ? STANDARD_EXPERIMENT : experiment));
  }

  private static URI server(String what, String address, String remedy) {
    if (address.contains("@")) { // not shown: it may contain a password
      throw unusable(
          what + "…@…",
          " without a user; set " + USER + " and " + PASSWORD + ", or " + TOKEN + ", instead");
    }
    URI uri;
    try {
      uri = new URI(address.replaceAll("/+$", ""));
    } catch (URISyntaxException e) {
      throw unusable(what + address, remedy);
    }
    boolean web =
        "http".equalsIgnoreCase(uri.getScheme()) || "https".equalsIgnoreCase(uri.getScheme());
    if (!web || uri.getHost() == null || uri.getQuery() != null || uri.getFragment() != null) {
      throw unusable(what + address, remedy);
    }
    return uri;
  }

  private static InputException unusable(String what, String more) {
    return new InputException(
        what
            + ": expected the address of an MLflow tracking server, http://HOST:PORT or https://HOST"
            + more);
  }

  private static @Nullable String authorization(Map<String, String> environment) {
    String user = value(environment, USER);
    String password = value(environment, PASSWORD);
    if ((user == null) != (password == null)) {
      throw new InputException(
          (user == null ? PASSWORD : USER)
              + " is set, but "
              + (user == null ? USER : PASSWORD)
              + " is not: expected both or neither");
    }
    if (user != null) { // takes precedence over the token, as in MLflow's own client
      String both = user + ":" + password;
      return "Basic " + Base64.getEncoder().encodeToString(both.getBytes(StandardCharsets.UTF_8));
    }
    String token = value(environment, TOKEN);
    if (token != null && !token.matches("[!-~]+")) {
      throw new InputException(TOKEN + ": expected visible ASCII characters, no spaces");
    }
    return token == null ? null : "Bearer " + token;
  }

  private static @Nullable String value(Map<String, String> environment, String name) {
    String value = environment.get(name);
    return value == null || value.isEmpty() ? null : value;
  }

  /** Returns the server and the experiment, without the credentials, which are secret. */
  @Override
  public String toString() {
    return server + ", experiment " + experiment;
  }
}
