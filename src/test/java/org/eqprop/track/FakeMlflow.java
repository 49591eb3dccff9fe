package org.eqprop.track;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * An MLflow tracking server that behaves as its REST API 2.0 is documented: it refuses requests
 * beyond the documented limits, changes of parameters, and unknown calls.
 */
public final class FakeMlflow implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Runs by identifier. */
  public final Map<String, Run> runs = new ConcurrentHashMap<>();

  /** Files by path. */
  public final Map<String, byte[]> artifacts = new ConcurrentHashMap<>();

  /** All requests in order: method, path and authorization. */
  final List<String> requests = Collections.synchronizedList(new ArrayList<>());

  /** Requests that violated the API, with the answers to them. */
  public final List<String> refused = Collections.synchronizedList(new ArrayList<>());

  final Map<String, String> experiments = new ConcurrentHashMap<>();
  volatile Fault fault = exchange -> false;
  volatile String artifactRoot = "mlflow-artifacts:/";

  private final HttpServer server;
  private final ExecutorService threads = Executors.newCachedThreadPool();

  /** A fault that may occur before a request is handled. */
  @FunctionalInterface
  interface Fault {
    /** Returns whether the fault has answered the request. */
    boolean answers(HttpExchange exchange) throws IOException;

    /** Answers with only a status. */
    static Fault status(int status) {
      return exchange -> {
        exchange.sendResponseHeaders(status, -1);
        return true;
      };
    }
  }

  /** A run on the server. */
  public static final class Run {
    final String experiment;
    final String name;
    public volatile String status = "RUNNING";
    volatile boolean deleted;
    public final Map<String, String> params = new ConcurrentHashMap<>();
    final Map<String, String> tags = new ConcurrentHashMap<>();

    /** The values in order, each as «key@step=value». */
    public final List<String> metrics = Collections.synchronizedList(new ArrayList<>());

    Run(String experiment, String name) {
      this.experiment = experiment;
      this.name = name;
    }
  }

  /** An error as MLflow reports it. */
  private static final class Refusal extends IOException {
    private static final long serialVersionUID = 1L;
    final int status;
    final String code;

    Refusal(int status, String code, String message) {
      super(message);
      this.status = status;
      this.code = code;
    }
  }

  public FakeMlflow() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/", this::answer);
    server.start();
  }

  public String uri() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      String path = exchange.getRequestURI().getPath();
      String authorization = exchange.getRequestHeaders().getFirst("Authorization");
      requests.add(exchange.getRequestMethod() + " " + path + " " + authorization);
      if (fault.answers(exchange)) {
        return;
      }
      byte[] body = exchange.getRequestBody().readAllBytes();
      Object answer;
      int status = 200;
      try {
        answer = answer(exchange, path, body);
      } catch (Refusal e) {
        refused.add(path + ": " + e.getMessage());
        status = e.status;
        answer = Map.of("error_code", e.code, "message", String.valueOf(e.getMessage()));
      }
      byte[] json = JSON.writeValueAsBytes(answer);
      exchange.getResponseHeaders().set("Content-Type", "application/json");
      exchange.sendResponseHeaders(status, json.length);
      exchange.getResponseBody().write(json);
    }
  }

  private Object answer(HttpExchange exchange, String path, byte[] body) throws IOException {
    String artifacts = "/api/2.0/mlflow-artifacts/artifacts/";
    if (path.startsWith(artifacts) && exchange.getRequestMethod().equals("PUT")) {
      require(
          exchange.getRequestHeaders().containsKey("Content-Length"), "a length of the artefact");
      this.artifacts.put(path.substring(artifacts.length()), body);
      return Map.of();
    }
    String call = exchange.getRequestMethod() + path.replace("/api/2.0/mlflow", "");
    JsonNode json = MissingNode.getInstance();
    if (call.startsWith("POST")) {
      String type = exchange.getRequestHeaders().getFirst("Content-Type");
      require("application/json".equals(type), "JSON, not " + type);
      json = JSON.readTree(body);
    }
    return switch (call) {
      case "GET/experiments/get-by-name" -> {
        String name = query(exchange.getRequestURI(), "experiment_name");
        if (!experiments.containsKey(name)) {
          throw missing("Could not find experiment with name '" + name + "'");
        }
        yield Map.of("experiment", Map.of("experiment_id", experiments.get(name), "name", name));
      }
      case "POST/experiments/create" -> {
        String id = String.valueOf(experiments.size() + 1);
        experiments.put(json.get("name").asText(), id);
        yield Map.of("experiment_id", id);
      }
      case "POST/runs/create" -> {
        String experiment = json.get("experiment_id").asText();
        require(experiments.containsValue(experiment), "an experiment that there is");
        require(json.get("start_time").isIntegralNumber(), "a time in milliseconds");
        String id = String.format(java.util.Locale.ROOT, "%032x", runs.size() + 1);
        runs.put(id, new Run(experiment, json.get("run_name").asText()));
        yield Map.of("run", Map.of("info", info(id)));
      }
      case "GET/runs/get" -> {
        yield Map.of("run", Map.of("info", info(query(exchange.getRequestURI(), "run_id"))));
      }
      case "POST/runs/update" -> {
        Run run = run(json.get("run_id").asText());
        run.status = json.get("status").asText();
        require(
            List.of("RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED").contains(run.status),
            "a status");
        require(run.status.equals("RUNNING") || json.get("end_time").isIntegralNumber(), "an end");
        yield Map.of("run_info", info(json.get("run_id").asText()));
      }
      case "POST/runs/log-batch" -> {
        log(json, body.length);
        yield Map.of();
      }
      default -> throw new Refusal(404, "ENDPOINT_NOT_FOUND", "no such call: " + call);
    };
  }

  private void log(JsonNode json, int bytes) throws Refusal {
    Run run = run(json.get("run_id").asText());
    require(!run.deleted, "an active run");
    int metrics = json.path("metrics").size();
    int params = json.path("params").size();
    int tags = json.path("tags").size();
    require(bytes <= 1_000_000, "at most 1 MB");
    require(metrics <= 1000, "at most 1000 metrics");
    require(params <= 100, "at most 100 params");
    require(tags <= 100, "at most 100 tags");
    require(metrics + params + tags <= 1000, "at most 1000 items together");
    for (JsonNode metric : json.path("metrics")) {
      String key = key(metric);
      require(metric.get("value").isNumber(), "a number for " + key);
      require(metric.get("timestamp").isIntegralNumber(), "a time for " + key);
      require(metric.get("step").isIntegralNumber(), "a step for " + key);
      run.metrics.add(
          key + "@" + metric.get("step").asLong() + "=" + metric.get("value").asDouble());
    }
    for (JsonNode param : json.path("params")) {
      String value = value(param, 6000);
      String before = run.params.put(key(param), value);
      require(before == null || before.equals(value), "the same value for " + key(param));
    }
    for (JsonNode tag : json.path("tags")) {
      run.tags.put(key(tag), value(tag, 5000));
    }
  }

  private static String key(JsonNode item) throws Refusal {
    String key = item.get("key").asText();
    require(key.matches("[/\\w.\\- ]{1,250}"), "a valid name, not " + key);
    return key;
  }

  private static String value(JsonNode item, int most) throws Refusal {
    String value = item.get("value").asText();
    int bytes = value.getBytes(StandardCharsets.UTF_8).length;
    require(bytes <= most, "at most " + most + " bytes for " + item.get("key"));
    return value;
  }

  private static void require(boolean holds, String expected) throws Refusal {
    if (!holds) {
      throw new Refusal(400, "INVALID_PARAMETER_VALUE", "expected " + expected);
    }
  }

  private static Refusal missing(String message) {
    return new Refusal(404, "RESOURCE_DOES_NOT_EXIST", message);
  }

  private Run run(String id) throws Refusal {
    Run run = runs.get(id);
    if (run == null) {
      throw missing("Run '" + id + "' not found");
    }
    return run;
  }

  private Map<String, Object> info(String id) throws Refusal {
    Run run = run(id);
    return Map.of(
        "run_id",
        id,
        "experiment_id",
        run.experiment,
        "status",
        run.status,
        "artifact_uri",
        artifactRoot + run.experiment + "/" + id + "/artifacts",
        "lifecycle_stage",
        run.deleted ? "deleted" : "active");
  }

  private static String query(URI uri, String key) throws Refusal {
    for (String part : uri.getRawQuery().split("&", -1)) {
      if (part.startsWith(key + "=")) {
        return URLDecoder.decode(part.substring(key.length() + 1), StandardCharsets.UTF_8);
      }
    }
    throw new Refusal(400, "INVALID_PARAMETER_VALUE", "expected " + key);
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
