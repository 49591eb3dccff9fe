package org.eqprop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.ConnectException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.eqprop.Browser;
import org.eqprop.Idx;
import org.eqprop.Submit;
import org.eqprop.data.Shape;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reports in a real browser, opened from disk and served live. */
class ReportIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Path SHOTS =
      Path.of(System.getProperty("eqprop.basedir", "."), "target", "report-screenshots");
  private static final String NAME = "a <b onclick=x>bold<script> & \"quoted\" it's &amp;";

  @TempDir static Path folder;

  private static Browser browser;

  @BeforeAll
  static void trainTheNotebookNetwork() throws IOException, InterruptedException {
    browser = new Browser();
    Submit.Run run =
        new Submit(folder, "local[2]")
            .run(
                "train",
                "--preset",
                "notebook",
                "--replicas",
                "2",
                "--set",
                "data.validation=10000",
                "--out",
                NAME);
    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isZero();
    assertThat(run.out()).endsWith(NAME + "/report.html\n");
  }

  @AfterAll
  static void closeTheBrowser() throws IOException, InterruptedException {
    if (browser != null) { // where none is installed
      browser.close();
    }
  }

  private static List<String> texts(String selector) throws IOException, InterruptedException {
    List<String> texts = new ArrayList<>();
    browser
        .run(
            "return [...document.querySelectorAll(arguments[0])].map(e => e.textContent.trim())",
            selector)
        .forEach(text -> texts.add(text.asText()));
    return texts;
  }

  private static void openReport() throws IOException, InterruptedException {
    browser.open(folder.resolve(NAME).resolve("report.html").toUri().toString());
  }

  @Test
  void opensFromDiskWithEveryFigure() throws IOException, InterruptedException {
    for (String colours : new String[] {"light", "dark"}) {
      for (int width : new int[] {1280, 390}) {
        browser.shape(width, 900, colours);
        openReport();
        int height = browser.run("return document.documentElement.scrollHeight").asInt();
        assertThat(browser.run("return document.documentElement.scrollWidth").asInt())
            .as("nothing sticks out")
            .isEqualTo(width);
        browser.shape(width, height, colours);
        browser.screenshot(SHOTS.resolve(colours + "-" + width + ".png"));
      }
    }
    assertThat(texts("h1")).containsExactly(NAME);
    assertThat(texts("h2"))
        .containsExactly(
            "Learning",
            "Relaxation",
            "Settling",
            "Predictions on the test set",
            "First layer of weights",
            "Units and gradient",
            "Time",
            "Epochs",
            "Operations and energy",
            "Configuration and machine");
    List<String> figures = new ArrayList<>();
    browser
        .run("return [...document.querySelectorAll('figure')].map(e => e.id)")
        .forEach(id -> figures.add(id.asText()));
    assertThat(figures)
        .containsExactly(
            "error",
            "cost",
            "energy",
            "relaxation-energy",
            "relaxation-residual",
            "outputs-1",
            "outputs-2",
            "outputs-3",
            "outputs-4",
            "settling",
            "fewer-steps",
            "samples",
            "mistakes",
            "confusion",
            "classes",
            "weights-tiles",
            "weights-corner",
            "activity",
            "gradient",
            "time",
            "speed",
            "spread");
    browser.shape(1280, 900, "light");
    for (String id : figures) {
      assertThat(browser.colours("#" + id)).as(id + " is not blank").isGreaterThan(20);
    }
    for (String picture :
        List.of(
            "error.svg",
            "weights-tiles.png",
            "settling.svg",
            "fewer-steps.svg",
            "gradient.svg",
            "time.svg",
            "samples.svg",
            "mistakes.svg",
            "confusion.svg")) {
      Path file = folder.resolve(NAME).resolve("pictures").resolve(picture);
      browser.open(file.toUri().toString());
      assertThat(browser.colours(picture.endsWith("svg") ? "svg" : "img"))
          .as(picture)
          .isGreaterThan(20);
    }
    assertThat(browser.console()).isEmpty();
  }

  @Test
  void showsTheNumbersOfTheMetrics() throws IOException, InterruptedException {
    openReport();
    List<String> lines = Files.readAllLines(folder.resolve(NAME).resolve("metrics.jsonl"));
    for (int epoch = 1; epoch <= lines.size(); epoch++) {
      JsonNode line = JSON.readTree(lines.get(epoch - 1));
      assertThat(texts("#epochs tr:nth-child(" + (epoch + 1) + ") td").subList(0, 5))
          .containsExactly(
              String.valueOf(epoch),
              percent(line.get("trainError").asDouble()),
              percent(line.get("validationError").asDouble()),
              "–",
              String.format(Locale.ROOT, "%.4f", line.get("cost").asDouble()));
    }
    JsonNode result = JSON.readTree(folder.resolve(NAME).resolve("result.json").toFile());
    assertThat(texts(".key li").get(0))
        .isEqualTo(percent(result.get("testError").asDouble()) + "test error");
    int wrong = 0;
    for (int row = 0; row < 10; row++) {
      List<String> cells = texts("#confusion tr:nth-child(" + (row + 2) + ") td");
      for (int column = 0; column < 10; column++) {
        wrong += row == column ? 0 : Integer.parseInt(cells.get(column));
      }
    }
    assertThat(wrong / 10_000.0).isEqualTo(result.get("testError").asDouble());
  }

  private static String percent(double fraction) {
    return String.format(Locale.ROOT, "%.2f %%", 100 * fraction);
  }

  @Test
  void isAccessible() throws IOException, InterruptedException {
    openReport();
    assertThat(
            browser
                .run(
                    "return [...document.querySelectorAll('img')].filter(e => !e.alt).length"
                        + " + [...document.querySelectorAll('svg')].filter(e => !e.getAttribute('aria-label')).length"
                        + " + [...document.querySelectorAll('figure')].filter(e => !e.querySelector('figcaption')).length")
                .asInt())
        .isZero();
    browser.run("document.querySelector('#error svg').focus()");
    browser.press("ArrowRight");
    browser.press("ArrowRight");
    assertThat(texts("#error .values").get(0))
        .startsWith("epoch 2: training ")
        .contains("validation");
    for (String colours : new String[] {"light", "dark"}) {
      browser.shape(1280, 900, colours);
      double lowest =
          browser
              .run(
                  """
                  const rgb = text => text.match(/[\\d.]+/g).slice(0, 3).map(Number);
                  const light = color => rgb(color).map(v => v / 255)
                      .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
                      .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
                  const back = light(getComputedStyle(document.querySelector('figure')).backgroundColor);
                  return Math.min(...['figcaption', 'figcaption b', '.wrong', 'td'].map(selector => {
                    const ink = light(getComputedStyle(document.querySelector(selector)).color);
                    return (Math.max(ink, back) + 0.05) / (Math.min(ink, back) + 0.05);
                  }));
                  """)
              .asDouble();
      assertThat(lowest).as(colours + ": contrast").isGreaterThan(4.5);
    }
  }

  @Test
  void makesAReportAgainAndComparesRuns() throws IOException, InterruptedException {
    Submit submit = new Submit(folder, "local[2]");
    assertThat(
            submit
                .run(
                    "train",
                    "--preset",
                    "notebook",
                    "--epochs",
                    "2",
                    "--out",
                    "other",
                    "--no-report")
                .code())
        .isZero();
    assertThat(folder.resolve("other/report.html")).doesNotExist();
    Submit.Run alone = submit.run("report", "other");
    assertThat(alone.err()).isEmpty();
    assertThat(alone.out()).isEqualTo("other/report.html\n");
    browser.open(folder.resolve("other/report.html").toUri().toString());
    assertThat(texts("#confusion td")).hasSize(100);

    Path page = folder.resolve(NAME).resolve("report.html");
    byte[] before = Files.readAllBytes(page);
    Files.delete(page);
    assertThat(submit.run("report", NAME).code()).isZero();
    assertThat(page).hasBinaryContent(before);

    Submit.Run both = submit.run("report", NAME, "other");
    assertThat(both.err()).isEmpty();
    assertThat(both.out()).isEqualTo("comparison.html\n");
    browser.shape(1280, 900, "light");
    browser.open(folder.resolve("comparison.html").toUri().toString());
    browser.screenshot(SHOTS.resolve("comparison.png"));
    assertThat(texts("#results tr:nth-child(2) td:first-child")).containsExactly("1 " + NAME);
    assertThat(texts("#differences tr th:first-child"))
        .contains("averaging.replicas", "training.epochs")
        .doesNotContain("training.batch");
    assertThat(browser.colours("#trainError")).isGreaterThan(20);
    assertThat(browser.console()).isEmpty();

    Submit.Run none = submit.run("report", "nowhere");
    assertThat(none.code()).isEqualTo(2);
    assertThat(none.err())
        .isEqualTo("eqprop: nowhere is not a run folder: expected config.conf there\n");
  }

  /** Two convolutions and a readout, on 8 × 8 images in colour. */
  @Test
  void showsTheFiltersAndFeatureMapsOfConvolutions() throws IOException, InterruptedException {
    Shape shape = new Shape(3, 8, 8);
    byte[] pixels = new byte[60 * shape.size()];
    new Random(1).nextBytes(pixels);
    Idx.write(folder.resolve("colour"), Idx.images(60, shape, pixels));
    byte[] labels = new byte[60];
    for (int i = 0; i < labels.length; i++) {
      labels[i] = (byte) (i % 4);
    }
    Idx.write(folder.resolve("classes"), Idx.labels(labels));
    List<String> args = new ArrayList<>(List.of("--replicas", "2", "--out", "convolutions"));
    for (String setting :
        List.of(
            "data.train-images=" + folder + "/colour",
            "data.train-labels=" + folder + "/classes",
            "data.test-images=" + folder + "/colour",
            "data.test-labels=" + folder + "/classes",
            "data.validation=0",
            "network.input=[3,8,8]",
            "network.mean=auto",
            "network.deviation=auto",
            "network.layers=[{channels=12,kernel=3},{channels=6,kernel=3,pooling=max},{units=4}]",
            "network.cost=cross-entropy",
            "training.epochs=2",
            "training.batch=5",
            "training.learning-rates=[0.02,0.02,0.02]")) {
      args.addAll(List.of("--set", setting));
    }
    Submit.Run run = new Submit(folder, "local[2]").run("train", args.toArray(String[]::new));
    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isZero();
    assertThat(run.out())
        .contains("3×8×8-12×6×6-6×2×2-4 of normalised inputs with the cost cross-entropy");
    for (String colours : new String[] {"light", "dark"}) {
      browser.shape(1280, 900, colours);
      browser.open(folder.resolve("convolutions/report.html").toUri().toString());
      int height = browser.run("return document.documentElement.scrollHeight").asInt();
      browser.shape(1280, height, colours);
      browser.screenshot(SHOTS.resolve("convolutions-" + colours + ".png"));
      for (String id : List.of("filters-1", "filters-2", "maps-1-1", "maps-2-2", "samples")) {
        assertThat(browser.colours("#" + id)).as(id + " is not blank").isGreaterThan(20);
      }
    }
    assertThat(texts("h2"))
        .contains("Feature maps", "Filters")
        .doesNotContain("First layer of weights");
    assertThat(texts("#activity td:nth-child(2)"))
        .containsExactly("12 channels of 6 × 6", "6 channels of 2 × 2");
    assertThat(folder.resolve("convolutions/pictures/maps-1-2.png")).exists();
    assertThat(browser.console()).isEmpty();
  }

  @Test
  void updatesTheLivePageDuringTheRun() throws IOException, InterruptedException {
    Idx.quadrants(folder, 330, 1);
    Submit submit = new Submit(folder, "local[2]");
    Submit.Running running =
        submit.start(
            "train",
            submit.small(
                "--epochs",
                "6",
                "--replicas",
                "2",
                "--set",
                "training.batch=1",
                "--set",
                "relaxation.free-steps=3000",
                "--out",
                "live",
                "--live"));
    Pattern announced = Pattern.compile("live at (http://127\\.0\\.0\\.1:(\\d+)/)");
    Awaitility.await()
        .atMost(Duration.ofMinutes(1))
        .until(() -> announced.matcher(Files.readString(running.out())).find());
    Matcher matcher = announced.matcher(Files.readString(running.out()));
    assertThat(matcher.find()).isTrue();
    browser.shape(1280, 900, "light");
    browser.open(matcher.group(1));
    browser.run("window.mark = 'not loaded again'");
    assertThat(texts("#state"))
        .containsExactly("Training in progress; this page updates by itself.");
    Awaitility.await().atMost(Duration.ofMinutes(1)).until(() -> texts("#epochs tr").size() >= 3);
    assertThat(refusesOthers(Integer.parseInt(matcher.group(2)))).isTrue();
    HttpClient client = HttpClient.newHttpClient();
    URI page = URI.create(matcher.group(1));
    assertThat(
            client
                .send(
                    HttpRequest.newBuilder(page)
                        .POST(HttpRequest.BodyPublishers.ofString("x"))
                        .build(),
                    HttpResponse.BodyHandlers.discarding())
                .statusCode())
        .isEqualTo(HttpURLConnection.HTTP_BAD_METHOD);
    assertThat(running.end().code()).isZero();
    Awaitility.await()
        .atMost(Duration.ofSeconds(10))
        .until(() -> texts("#state").equals(List.of("The run has finished.")));
    assertThat(texts("#epochs tr")).hasSize(7);
    assertThat(texts("#confusion td")).hasSize(16);
    assertThat(browser.run("return window.mark").asText()).isEqualTo("not loaded again");
    Thread.sleep(1500); // it would ask again after a second
    assertThat(browser.console()).isEmpty();
  }

  /** Returns whether the port is closed at the addresses that other machines can reach. */
  private static boolean refusesOthers(int port) throws IOException {
    for (NetworkInterface card : NetworkInterface.networkInterfaces().toList()) {
      for (InetAddress address : card.inetAddresses().toList()) {
        if (!address.isLoopbackAddress() && !address.isLinkLocalAddress()) {
          try {
            new Socket(address, port).close();
            return false;
          } catch (ConnectException e) { // as it should be
            assertThat(e).hasMessageContaining("refused");
          }
        }
      }
    }
    return true;
  }
}
