package org.eqprop.track;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.eqprop.base.Json;

/**
 * Sends HTTP requests to one tracking server. Does not follow redirects, so that no other server
 * gets the token. Each request has a time limit.
 */
final class MlflowHttp {
  /** Enough for a busy server; training does not wait for it. */
  private static final Duration ANSWER = Duration.ofSeconds(60);

  private static final Duration CONNECT = Duration.ofSeconds(10);
  private static final int OK = 200;
  private static final int REDIRECT = 300;
  private static final int BAD_REQUEST = 400;
  private static final int LONGEST_REASON = 300;

  private final HttpClient client =
      HttpClient.newBuilder()
          .followRedirects(HttpClient.Redirect.NEVER)
          .connectTimeout(CONNECT)
          .build();

  private final MlflowSettings settings;

  MlflowHttp(MlflowSettings settings) {
    this.settings = settings;
  }

  /** Gets a path with its query, and returns the JSON object of the answer. */
  JsonNode get(String path) throws IOException, InterruptedException {
    return send(request(path).GET());
  }

  /** Posts a JSON object, and returns the JSON object of the answer. */
  JsonNode post(String path, String json) throws IOException, InterruptedException {
    return send(
        request(path)
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(json, StandardCharsets.UTF_8)));
  }

  /** Puts a file. */
  void put(String path, BodyPublisher file) throws IOException, InterruptedException {
    var unused = send(request(path).header("Content-Type", "application/octet-stream").PUT(file));
  }

  private HttpRequest.Builder request(String path) {
    // HTTP/1.1, since not every server that MLflow runs in ignores the offer of HTTP/2.
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(settings.server() + path))
            .version(HttpClient.Version.HTTP_1_1)
            .timeout(ANSWER);
    if (settings.authorization() != null) {
      request.header("Authorization", settings.authorization());
    }
    return request;
  }

  private JsonNode send(HttpRequest.Builder request) throws IOException, InterruptedException {
    CompletableFuture<HttpResponse<byte[]>> sent =
        client.sendAsync(request.build(), BodyHandlers.ofByteArray());
    HttpResponse<byte[]> response;
    try {
      response =
          sent.get(
              ANSWER.toSeconds(), TimeUnit.SECONDS); // the request's own limit covers only headers
    } catch (ExecutionException e) {
      throw e.getCause() instanceof IOException failure
          ? failure
          : new IOException(e.getCause() == null ? e : e.getCause());
    } catch (TimeoutException e) {
      throw new IOException("no answer within " + ANSWER.toSeconds() + " s", e);
    } finally {
      sent.cancel(true);
    }
    JsonNode body = json(response.body());
    if (response.statusCode() < OK || response.statusCode() >= REDIRECT) {
      throw refused(response, body);
    }
    return body;
  }

  /** Returns the answer as JSON; a missing node if it is not JSON, such as the page of a proxy. */
  private static JsonNode json(byte[] body) {
    try {
      return Json.parse(body, Json.MOST_LEVELS);
    } catch (IllegalArgumentException e) {
      return com.fasterxml.jackson.databind.node.MissingNode.getInstance();
    }
  }

  private static MlflowException refused(HttpResponse<byte[]> response, JsonNode body) {
    int status = response.statusCode();
    String code = body.path("error_code").asText("");
    String message = body.path("message").asText("");
    String reason =
        status >= REDIRECT && status < BAD_REQUEST
            ? "it redirects to "
                + response.headers().firstValue("Location").map(MlflowHttp::place).orElse("nowhere")
                + ", which is not followed"
            : code + (code.isEmpty() || message.isEmpty() ? "" : ": ") + message;
    String shown =
        reason.length() > LONGEST_REASON ? reason.substring(0, LONGEST_REASON) + "…" : reason;
    return new MlflowException(
        "HTTP status " + status + (shown.isEmpty() ? "" : ", " + shown), status, code);
  }

  /** Removes query and fragment, which may contain secrets. */
  private static String place(String location) {
    return location.replaceAll("[?#].*", "");
  }

  /** Returns a query to append to a path. */
  static String query(Map<String, String> values) {
    StringBuilder query = new StringBuilder();
    values.forEach(
        (key, value) ->
            query
                .append(query.isEmpty() ? '?' : '&')
                .append(key)
                .append('=')
                .append(java.net.URLEncoder.encode(value, StandardCharsets.UTF_8)));
    return query.toString();
  }
}
