package org.eqprop.report;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.eqprop.base.InputException;
import org.jspecify.annotations.Nullable;

/** Serves one page over HTTP, read-only, while its contents change. */
public final class LiveServer implements AutoCloseable {
  private static final int LINGER_MILLIS = 4000;
  private static final int POLL_MILLIS = 50;
  private static final long WATCHED_NANOS = TimeUnit.SECONDS.toNanos(3);
  private static final String POLICY =
      "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; connect-src 'self'";

  private final String host;
  private final HttpServer server;
  private final ExecutorService threads;
  private volatile byte[] page = {};
  private volatile String version = "";
  private volatile String fetched = "";
  private volatile long asked;

  /**
   * Starts serving an empty page.
   *
   * @param address {@code HOST:PORT}, {@code HOST}, {@code PORT}, or empty for a free port of the
   *     loopback address
   * @throws InputException if the address cannot be bound
   */
  public LiveServer(String address) {
    int colon = address.lastIndexOf(':');
    boolean portAlone = !address.isEmpty() && address.chars().allMatch(Character::isDigit);
    String host = portAlone ? "" : colon < 0 ? address : address.substring(0, colon);
    String port = portAlone ? address : colon < 0 ? "0" : address.substring(colon + 1);
    this.host = host;
    try {
      InetAddress bound =
          host.isEmpty() ? InetAddress.getLoopbackAddress() : InetAddress.getByName(host);
      server = HttpServer.create(new InetSocketAddress(bound, Integer.parseInt(port)), 0);
    } catch (IOException | IllegalArgumentException e) {
      throw new InputException(
          "--live " + address + ": " + InputException.reason(e) + ": expected a free HOST:PORT", e);
    }
    threads =
        Executors.newFixedThreadPool(
            8,
            task -> {
              Thread thread = new Thread(task, "live");
              thread.setDaemon(true);
              return thread;
            });
    server.setExecutor(threads);
    server.createContext("/", this::answer);
    server.start();
  }

  /** Returns the URL of the page. */
  public String url() {
    InetSocketAddress bound = server.getAddress();
    String host = bound.getAddress().getHostAddress();
    return "http://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + bound.getPort() + "/";
  }

  /**
   * Replaces the page.
   *
   * @param html the page
   * @param newVersion lets browsers find out whether the page has changed
   */
  public void update(String html, String newVersion) {
    page = html.getBytes(StandardCharsets.UTF_8);
    version = newVersion;
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      String path = exchange.getRequestURI().getPath();
      if (!isOurs(exchange.getRequestHeaders().getFirst("Host"))) {
        send(exchange, 403, "text/plain", "unknown host\n".getBytes(StandardCharsets.UTF_8));
      } else if (!List.of("GET", "HEAD").contains(exchange.getRequestMethod())) {
        exchange.getResponseHeaders().set("Allow", "GET, HEAD");
        send(exchange, 405, "text/plain", "read-only\n".getBytes(StandardCharsets.UTF_8));
      } else if (path.equals("/")) {
        String sent = version;
        send(exchange, 200, "text/html", page);
        fetched = sent;
      } else if (path.equals("/version")) {
        asked = System.nanoTime();
        send(exchange, 200, "text/plain", version.getBytes(StandardCharsets.UTF_8));
      } else {
        send(exchange, 404, "text/plain", "not found\n".getBytes(StandardCharsets.UTF_8));
      }
    }
  }

  /** Refuses other sites whose names resolve to this server: they must not read the run. */
  private boolean isOurs(@Nullable String asked) {
    String name = asked == null ? "" : asked.replaceAll(":\\d+$", "");
    return name.matches("[0-9.]+|\\[.*]|localhost") || name.equals(host);
  }

  private static void send(HttpExchange exchange, int code, String type, byte[] body)
      throws IOException {
    var headers = exchange.getResponseHeaders();
    headers.set("Content-Type", type + "; charset=utf-8");
    headers.set("Cache-Control", "no-store");
    headers.set("Content-Security-Policy", POLICY);
    headers.set("X-Content-Type-Options", "nosniff");
    headers.set("Referrer-Policy", "no-referrer");
    boolean head = exchange.getRequestMethod().equals("HEAD");
    exchange.sendResponseHeaders(code, head ? -1 : body.length);
    if (!head) {
      exchange.getResponseBody().write(body);
    }
  }

  /** Stops serving. Viewers of the page get a few seconds to fetch its last contents. */
  @Override
  public void close() {
    try {
      boolean watched = asked != 0 && System.nanoTime() - asked < WATCHED_NANOS;
      for (int waited = 0;
          watched && waited < LINGER_MILLIS && !fetched.equals(version);
          waited += POLL_MILLIS) {
        TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    server.stop(0);
    threads.shutdownNow();
  }
}
