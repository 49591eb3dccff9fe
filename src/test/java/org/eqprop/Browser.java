package org.eqprop;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.imageio.ImageIO;
import org.awaitility.Awaitility;

/**
 * A real Chromium, driven over the WebDriver protocol (W3C) by chromedriver. Where they are not
 * installed, its tests are skipped.
 */
public final class Browser {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpClient client = HttpClient.newHttpClient();
  private final Process driver;
  private final String root;
  private final String session;

  public Browser() throws IOException, InterruptedException {
    Tools.require(
        "pages in a browser",
        "chromium chromium-driver fontconfig fonts-dejavu-core",
        "chromedriver",
        "chromium,chromium-browser,google-chrome,chrome",
        "fc-list");
    int port;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    driver =
        new ProcessBuilder("chromedriver", "--port=" + port)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    root = "http://127.0.0.1:" + port;
    Awaitility.await().atMost(Duration.ofSeconds(30)).ignoreExceptions().until(this::isReady);
    JsonNode begun =
        post(
            "/session",
            Map.of(
                "capabilities",
                Map.of(
                    "alwaysMatch",
                    Map.of(
                        "browserName",
                        "chrome",
                        "goog:loggingPrefs",
                        Map.of("browser", "ALL"),
                        "goog:chromeOptions",
                        Map.of(
                            "args",
                            List.of(
                                "--headless=new",
                                "--no-sandbox",
                                "--disable-gpu",
                                "--disable-dev-shm-usage",
                                "--hide-scrollbars"))))));
    session = "/session/" + begun.get("sessionId").asText();
  }

  private boolean isReady() throws IOException, InterruptedException {
    HttpRequest request = HttpRequest.newBuilder(URI.create(root + "/status")).build();
    return client.send(request, HttpResponse.BodyHandlers.ofString()).statusCode() == 200;
  }

  private JsonNode post(String path, Object body) throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(root + path))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(JSON.writeValueAsString(body)))
            .build();
    HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
    JsonNode value = JSON.readTree(response.body()).path("value");
    assertThat(response.statusCode()).as(path + ": " + value).isEqualTo(200);
    return value;
  }

  /** Opens a page and waits until it has loaded. */
  public void open(String url) throws IOException, InterruptedException {
    post(session + "/url", Map.of("url", url));
  }

  /** Runs a script and returns its result. */
  public JsonNode run(String script, Object... arguments) throws IOException, InterruptedException {
    return post(session + "/execute/sync", Map.of("script", script, "args", List.of(arguments)));
  }

  private void command(String name, Map<String, ?> parameters)
      throws IOException, InterruptedException {
    post(session + "/goog/cdp/execute", Map.of("cmd", name, "params", parameters));
  }

  /** Sets the size of the window and the reader's preferred colour scheme. */
  public void shape(int width, int height, String colours)
      throws IOException, InterruptedException {
    command(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", false));
    command(
        "Emulation.setEmulatedMedia",
        Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", colours))));
  }

  /** Presses a named key, such as ArrowRight, on the focused element. */
  public void press(String key) throws IOException, InterruptedException {
    for (String type : new String[] {"keyDown", "keyUp"}) {
      command("Input.dispatchKeyEvent", Map.of("type", type, "key", key, "code", key));
    }
  }

  private BufferedImage picture(String path) throws IOException, InterruptedException {
    HttpRequest request = HttpRequest.newBuilder(URI.create(root + path)).build();
    String body = client.send(request, HttpResponse.BodyHandlers.ofString()).body();
    byte[] png = Base64.getDecoder().decode(JSON.readTree(body).get("value").asText());
    return ImageIO.read(new ByteArrayInputStream(png));
  }

  /** Writes a screenshot of the window. */
  public void screenshot(Path file) throws IOException, InterruptedException {
    Files.createDirectories(file.getParent());
    ImageIO.write(picture(session + "/screenshot"), "png", file.toFile());
  }

  /** Returns how many colours an element shows. */
  public int colours(String selector) throws IOException, InterruptedException {
    JsonNode element =
        post(session + "/element", Map.of("using", "css selector", "value", selector));
    String id = element.elements().next().asText();
    BufferedImage image = picture(session + "/element/" + id + "/screenshot");
    Set<Integer> colours = new HashSet<>();
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        colours.add(image.getRGB(x, y));
      }
    }
    return colours.size();
  }

  /** Returns the console messages since the last call. */
  public List<String> console() throws IOException, InterruptedException {
    List<String> lines = new ArrayList<>();
    post(session + "/se/log", Map.of("type", "browser"))
        .forEach(
            entry -> lines.add(entry.get("level").asText() + " " + entry.get("message").asText()));
    return lines;
  }

  /** Ends the session and the driver. */
  public void close() throws IOException, InterruptedException {
    HttpRequest request = HttpRequest.newBuilder(URI.create(root + session)).DELETE().build();
    client.send(request, HttpResponse.BodyHandlers.discarding());
    driver.destroy();
    assertThat(driver.waitFor()).isNotNegative();
  }
}
