package org.eqprop.track;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpRequest.BodyPublishers;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.eqprop.base.Json;

/**
 * The part of MLflow's REST API 2.0 that is needed, one method per call. Each throws an {@link
 * IOException} with a message of one line if the server cannot be reached or refuses the call.
 */
final class MlflowApi {
  private static final String API = "/api/2.0/mlflow/";
  private static final String PROXY = "/api/2.0/mlflow-artifacts/artifacts";

  /** The URI of an artefact folder on the tracking server itself; other URIs are elsewhere. */
  private static final Pattern PROXIED = Pattern.compile("mlflow-artifacts:(?://)?(/(?!/).*)");

  private static final String NOT_FOUND = "RESOURCE_DOES_NOT_EXIST";
  private static final String EXISTS = "RESOURCE_ALREADY_EXISTS";

  private final MlflowHttp http;

  MlflowApi(MlflowSettings settings) {
    this.http = new MlflowHttp(settings);
  }

  /** The status of a run. */
  enum Status {
    RUNNING,
    FINISHED,
    FAILED,
    KILLED
  }

  /**
   * A run on the server.
   *
   * @param id the identifier of the run
   * @param experiment the identifier of its experiment
   * @param artifacts the URI of its artefacts
   * @param deleted whether somebody has deleted it
   */
  record Run(String id, String experiment, String artifacts, boolean deleted) {
    private static Run of(JsonNode answer) throws IOException {
      JsonNode info = answer.path("run").path("info");
      return new Run(
          required(info, "run_id"),
          info.path("experiment_id").asText(),
          info.path("artifact_uri").asText(),
          info.path("lifecycle_stage").asText().equals("deleted"));
    }
  }

  private static String required(JsonNode answer, String key) throws IOException {
    String value = answer.path(key).asText("");
    if (value.isEmpty()) {
      throw new IOException("expected an answer of an MLflow server, with " + key + " in it");
    }
    return value;
  }

  /** Returns the identifier of an experiment. Creates the experiment if it does not exist. */
  String experiment(String name) throws IOException, InterruptedException {
    try {
      return experimentNamed(name);
    } catch (MlflowException e) {
      if (!e.is(NOT_FOUND)) {
        throw e;
      }
    }
    try {
      return required(post("experiments/create", Map.of("name", name)), "experiment_id");
    } catch (MlflowException e) {
      if (e.is(EXISTS)) { // another run has created it in the meantime
        return experimentNamed(name);
      }
      throw e;
    }
  }

  private String experimentNamed(String name) throws IOException, InterruptedException {
    JsonNode answer =
        http.get(
            API + "experiments/get-by-name" + MlflowHttp.query(Map.of("experiment_name", name)));
    return required(answer.path("experiment"), "experiment_id");
  }

  /**
   * Creates a run.
   *
   * @param experiment the identifier of its experiment
   * @param start milliseconds since 1970
   */
  Run createRun(String experiment, String name, long start)
      throws IOException, InterruptedException {
    return Run.of(
        post(
            "runs/create",
            Map.of("experiment_id", experiment, "run_name", name, "start_time", start)));
  }

  /**
   * Returns a run.
   *
   * @throws MlflowException also if the run does not exist ({@link #isMissing})
   */
  Run run(String id) throws IOException, InterruptedException {
    return Run.of(http.get(API + "runs/get" + MlflowHttp.query(Map.of("run_id", id))));
  }

  /** Returns whether a call failed because the run does not exist. */
  static boolean isMissing(MlflowException e) {
    return e.is(NOT_FOUND);
  }

  /** Reports that a run is running. */
  void running(String id) throws IOException, InterruptedException {
    var unused = post("runs/update", Map.of("run_id", id, "status", Status.RUNNING.name()));
  }

  /**
   * Reports that a run has ended.
   *
   * @param end milliseconds since 1970
   */
  void ended(String id, Status status, long end) throws IOException, InterruptedException {
    var unused =
        post("runs/update", Map.of("run_id", id, "status", status.name(), "end_time", end));
  }

  /** Logs metrics, parameters and tags, in as many requests as needed. */
  void log(
      String run, List<MlflowMetric> metrics, Map<String, String> params, Map<String, String> tags)
      throws IOException, InterruptedException {
    for (String body : MlflowBatches.of(run, metrics, params, tags)) {
      var unused = http.post(API + "runs/log-batch", body);
    }
  }

  /** Returns whether the server itself accepts the artefacts of a run. */
  static boolean takesArtifacts(Run run) {
    return PROXIED.matcher(run.artifacts()).matches();
  }

  /**
   * Uploads an artefact of a run. Requires {@link #takesArtifacts}.
   *
   * @param name letters, digits, dots, dashes
   * @param content opened when the artefact is sent
   * @param size in bytes
   */
  void upload(Run run, String name, Supplier<InputStream> content, long size)
      throws IOException, InterruptedException {
    Matcher proxied = PROXIED.matcher(run.artifacts());
    if (!proxied.matches()) {
      throw new IllegalArgumentException(run.artifacts());
    }
    http.put(
        PROXY + encoded(proxied.group(1)) + "/" + name,
        size == 0
            ? BodyPublishers.noBody()
            : BodyPublishers.fromPublisher(
                BodyPublishers.ofInputStream(content), size)); // not every server accepts chunks
  }

  private static String encoded(String path) {
    try {
      return new URI(null, null, path, null).toASCIIString();
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException(path, e);
    }
  }

  private JsonNode post(String call, Map<String, Object> body)
      throws IOException, InterruptedException {
    return http.post(API + call, Json.text(body));
  }
}
