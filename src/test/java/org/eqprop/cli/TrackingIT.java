package org.eqprop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.eqprop.Idx;
import org.eqprop.Submit;
import org.eqprop.track.EventReader;
import org.eqprop.track.FakeMlflow;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A training in other tools: an MLflow server, TensorBoard, Spark's metrics system. */
class TrackingIT {
  /** Only matches after the first epoch has ended: before that the value is NaN. */
  private static final Pattern PROMETHEUS =
      Pattern.compile("metrics_\\w+_driver_eqprop_trainError_Value\\{[^}]*\\} ([0-9.E-]+)\n");

  @TempDir Path folder;

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private static String page(int port) throws InterruptedException {
    try {
      return HttpClient.newHttpClient()
          .send(
              HttpRequest.newBuilder(
                      URI.create("http://127.0.0.1:" + port + "/metrics/prometheus/"))
                  .build(),
              BodyHandlers.ofString())
          .body();
    } catch (IOException e) { // not there yet
      return "";
    }
  }

  private static List<Path> files(Path folder, String name) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> file.getFileName().toString().matches(name)).toList();
    }
  }

  @Test
  void showsATrainingInMlflowTensorBoardAndSparksMetrics()
      throws IOException, InterruptedException {
    Idx.quadrants(folder, 330, 1);
    int port = freePort();
    Path csv = Files.createDirectory(folder.resolve("csv"));
    try (FakeMlflow server = new FakeMlflow()) {
      Submit submit = new Submit(folder, "local[2]", Map.of("MLFLOW_TRACKING_URI", server.uri()));
      String sinks = "spark.metrics.conf.driver.sink.";
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
                  "run",
                  "--tensorboard",
                  "board",
                  "--conf",
                  "spark.ui.enabled=true",
                  "--conf",
                  "spark.ui.port=" + port,
                  "--conf",
                  sinks + "prometheusServlet.class=org.apache.spark.metrics.sink.PrometheusServlet",
                  "--conf",
                  sinks + "prometheusServlet.path=/metrics/prometheus",
                  "--conf",
                  sinks + "csv.class=org.apache.spark.metrics.sink.CsvSink",
                  "--conf",
                  sinks + "csv.directory=" + csv,
                  "--conf",
                  sinks + "csv.period=60",
                  "--conf",
                  sinks + "csv.unit=minutes"));
      String shown =
          Awaitility.await()
              .atMost(Duration.ofMinutes(1))
              .until(() -> page(port), page -> PROMETHEUS.matcher(page).find());
      assertThat(shown)
          .containsPattern("driver_eqprop_imagesPerSecond_Value\\{[^}]*\\} [1-9]")
          .containsPattern("driver_eqprop_images_Value\\{[^}]*\\} [1-9]")
          .containsPattern("driver_eqprop_energy_Value\\{[^}]*\\} -?[0-9]")
          .containsPattern("driver_eqprop_testError_Value\\{[^}]*\\} [0-9]")
          .containsPattern("driver_eqprop_validationError_Value\\{[^}]*\\} [0-9]");
      Submit.Run run = running.end();
      assertThat(run.err()).isEmpty();
      assertThat(run.code()).isZero();

      Path left = folder.resolve("run");
      List<String> lines = Files.readAllLines(left.resolve("metrics.jsonl"));
      JsonNode last = new ObjectMapper().readTree(lines.get(5));
      double error = last.get("trainError").asDouble();

      assertThat(server.refused).hasSize(1).allMatch(call -> call.contains("Could not find"));
      assertThat(server.runs).hasSize(1);
      FakeMlflow.Run tracked = server.runs.values().iterator().next();
      String id = server.runs.keySet().iterator().next();
      assertThat(run.out()).contains("  " + server.uri() + "/#/experiments/1/runs/" + id + "\n");
      assertThat(tracked.status).isEqualTo("FINISHED");
      assertThat(tracked.params).containsEntry("training.epochs", "6");
      assertThat(tracked.metrics)
          .filteredOn(metric -> metric.startsWith("trainError@"))
          .hasSize(6)
          .contains("trainError@6=" + error);
      for (String name :
          List.of("config.conf", "model.safetensors", "result.json", "report.html")) {
        assertThat(server.artifacts.get("1/" + id + "/artifacts/" + name))
            .as(name)
            .isEqualTo(Files.readAllBytes(left.resolve(name)));
      }

      List<Path> events = files(folder.resolve("board/run"), "events\\.out\\.tfevents\\..*");
      assertThat(events).hasSize(1);
      assertThat(EventReader.read(events.get(0)))
          .hasSize(8)
          .last()
          .asString()
          .contains(" step 6 trainError=" + (float) error + " ");

      // The sink was never due, but got the last values when the training ended.
      List<Path> series = files(csv, ".*\\.driver\\.eqprop\\.trainError\\.csv");
      assertThat(series).hasSize(1);
      List<String> values = Files.readAllLines(series.get(0));
      Matcher value = Pattern.compile("\\d+,(.*)").matcher(values.get(values.size() - 1));
      assertThat(value.matches()).isTrue();
      assertThat(Double.parseDouble(value.group(1))).isEqualTo(error);
    }
  }
}
