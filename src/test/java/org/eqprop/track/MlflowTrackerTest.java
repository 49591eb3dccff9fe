package org.eqprop.track;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.eqprop.run.RunFolder;
import org.eqprop.run.RunRecorder;
import org.eqprop.storage.Storage;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Runs against a server that follows MLflow's documentation. */
@Timeout(60)
class MlflowTrackerTest {
  private static final Map<String, String> TOKEN = Map.of("MLFLOW_TRACKING_TOKEN", "secret");

  @TempDir Path folder;
  private final Storage storage = Storage.local();
  private final List<String> warnings = Collections.synchronizedList(new ArrayList<>());
  private FakeMlflow server;
  private RunFolder run;
  private RunRecorder recorder;

  @BeforeEach
  void start() throws IOException {
    server = new FakeMlflow();
    run = RunFolder.create(storage, folder.resolve("one").toString(), false);
    recorder = new RunRecorder(run, Epochs.CONFIGURATION);
  }

  @AfterEach
  void stop() {
    server.close();
    assertThat(server.refused).allMatch(refusal -> refusal.contains("Could not find experiment"));
  }

  private MlflowTracker tracker(String uri, int epochs, Map<String, String> environment) {
    return new MlflowTracker(
        MlflowSettings.of(uri, environment).orElseThrow(),
        new TrackedRun(
            storage,
            run,
            Epochs.CONFIGURATION,
            Map.of("driver's processor", "8 cores"),
            epochs,
            1_700_000_000_000L),
        warnings::add,
        () -> false);
  }

  private MlflowTracker tracker(int epochs) {
    return tracker(server.uri(), epochs, TOKEN);
  }

  /** Trains epochs, as far as the run folder and a tracker can tell. */
  private @Nullable String train(MlflowTracker tracker, int from, int to) {
    try (tracker) {
      IntStream.rangeClosed(from, to)
          .forEach(
              epoch -> {
                var unused = Epochs.tell(recorder, epoch);
                unused = Epochs.tell(tracker, epoch);
              });
      return tracker.finish(to, 0.25);
    }
  }

  private FakeMlflow.Run onlyRun() {
    assertThat(server.runs).hasSize(1);
    return server.runs.values().iterator().next();
  }

  @Test
  void showsARunWithItsParametersMetricsAndFiles() throws IOException {
    String page = train(tracker(0), 1, 2);
    assertThat(warnings).isEmpty();
    FakeMlflow.Run shown = onlyRun();
    String id = server.runs.keySet().iterator().next();
    assertThat(page).isEqualTo(server.uri() + "/#/experiments/1/runs/" + id);
    assertThat(server.experiments).containsExactly(Map.entry("eqprop-spark", "1"));
    assertThat(shown.name).isEqualTo("one");
    assertThat(shown.status).isEqualTo("FINISHED");
    assertThat(shown.params)
        .containsEntry("topology", "[4,3,2]")
        .containsEntry("averaging.replicas", "2")
        .containsEntry("relaxation.schedule", "even-odd")
        .hasSizeGreaterThan(20);
    assertThat(shown.tags)
        .containsEntry("folder", run.location())
        .containsEntry("machine.driver_s processor", "8 cores");
    assertThat(shown.metrics)
        .containsOnlyOnce("trainError@1=0.0125", "trainError@2=0.025")
        .contains("validationError@1=0.1", "energy@2=-4.0", "imagesPerSecond@2=40.0")
        .contains("testError@2=0.25")
        .noneMatch(
            metric -> metric.startsWith("replicaSpread") || metric.startsWith("testError@1"));
    String path = "1/" + id + "/artifacts/";
    assertThat(server.artifacts)
        .containsOnlyKeys(path + "config.conf", path + "metrics.jsonl", path + "model.safetensors");
    for (String name : List.of("config.conf", "metrics.jsonl", "model.safetensors")) {
      assertThat(server.artifacts.get(path + name))
          .isEqualTo(Files.readAllBytes(folder.resolve("one").resolve(name)));
    }
    assertThat(server.requests).allMatch(request -> request.endsWith(" Bearer secret"));
  }

  @Test
  void aResumedRunContinuesItsRunOnTheServer() {
    try (MlflowTracker first = tracker(0)) {
      var unused = Epochs.tell(recorder, 1);
      unused = Epochs.tell(first, 1);
    }
    assertThat(onlyRun().status).isEqualTo("FAILED");
    assertThat(onlyRun().metrics).contains("trainError@1=0.0125");
    assertThat(train(tracker(1), 2, 2)).isNotNull();
    assertThat(onlyRun().status).isEqualTo("FINISHED");
    assertThat(onlyRun().metrics)
        .containsOnlyOnce("trainError@1=0.0125")
        .containsOnlyOnce("trainError@2=0.025");
    assertThat(warnings).isEmpty();
  }

  @Test
  void createsADeletedRunAgainWithItsEarlierEpochs() throws IOException {
    train(tracker(0), 1, 2);
    onlyRun().deleted = true;
    assertThat(train(tracker(2), 3, 3)).isNotNull();
    server.runs.clear();
    assertThat(train(tracker(3), 4, 4)).isNotNull();
    assertThat(onlyRun().metrics)
        .contains("trainError@1=0.0125", "trainError@3=0.0375", "trainError@4=0.05");
    server.refused.removeIf(refusal -> refusal.contains("not found"));
    Files.writeString(folder.resolve("one/tracking.json"), "{\"server\":");
    assertThat(train(tracker(4), 5, 5)).isNotNull();
    assertThat(server.runs).hasSize(2);
    assertThat(
            new ObjectMapper()
                .readTree(folder.resolve("one/tracking.json").toFile())
                .get("run")
                .asText())
        .isEqualTo("0".repeat(31) + "2");
    assertThat(warnings).isEmpty();
  }

  @Test
  void reportsAnInterruptedRunAsKilled() {
    MlflowTracker tracker =
        new MlflowTracker(
            MlflowSettings.of(server.uri(), Map.of()).orElseThrow(),
            new TrackedRun(storage, run, Epochs.CONFIGURATION, Map.of(), 0, 1),
            warnings::add,
            () -> true);
    tracker.close();
    assertThat(onlyRun().status).isEqualTo("KILLED");
    assertThat(server.artifacts).isEmpty();
  }

  @Test
  void sendsLaterWhatAFailingServerDidNotAccept() {
    server.fault = FakeMlflow.Fault.status(503);
    try (MlflowTracker tracker = tracker(0)) {
      var unused = Epochs.tell(tracker, 1);
      while (warnings.isEmpty()) {
        Thread.onSpinWait();
      }
      unused = Epochs.tell(tracker, 2);
      server.fault = exchange -> false;
      assertThat(tracker.finish(2, 0.25)).isNotNull();
    }
    assertThat(warnings)
        .containsExactly(
            "tracking at "
                + server.uri()
                + ": HTTP status 503; the run continues, its folder has everything");
    assertThat(onlyRun().metrics).contains("trainError@1=0.0125", "trainError@2=0.025");
    assertThat(onlyRun().status).isEqualTo("FINISHED");
  }

  @Test
  void warnsOnceOfAServerThatRefusesEverything() {
    server.fault =
        exchange -> {
          byte[] answer =
              "{\"error_code\":\"PERMISSION_DENIED\",\"message\":\"who\\nare you?\"}"
                  .getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(403, answer.length);
          exchange.getResponseBody().write(answer);
          return true;
        };
    assertThat(train(tracker(0), 1, 3)).isNull();
    assertThat(warnings)
        .containsExactly(
            "tracking at "
                + server.uri()
                + ": HTTP status 403, PERMISSION_DENIED: who; the run continues, its folder has everything");
  }

  @Test
  void aServerThatDoesNotAnswerDoesNotDelayTraining() throws InterruptedException {
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch told = new CountDownLatch(1);
    server.fault =
        exchange -> {
          asked.countDown();
          try {
            return !told.await(1, TimeUnit.MINUTES);
          } catch (InterruptedException e) {
            return true;
          }
        };
    try (MlflowTracker tracker = tracker(0)) {
      asked.await();
      var unused = Epochs.tell(tracker, 1);
      unused = Epochs.tell(tracker, 2);
      told.countDown(); // never reached if the listener waited
      assertThat(tracker.finish(2, 0.25)).isNotNull();
    }
    assertThat(warnings).isEmpty();
    assertThat(onlyRun().metrics).contains("trainError@1=0.0125", "trainError@2=0.025");
  }

  @Test
  void endOfTheRunWaitsForALimitedTime() {
    CountDownLatch end = new CountDownLatch(1);
    server.fault =
        exchange -> {
          try {
            return !end.await(1, TimeUnit.MINUTES);
          } catch (InterruptedException e) {
            return true;
          }
        };
    MlflowTracker tracker = tracker(0);
    var unused = Epochs.tell(tracker, 1);
    tracker.close(); // returns, though nothing has been answered
    end.countDown();
    assertThat(warnings)
        .containsExactly(
            "tracking at "
                + server.uri()
                + ": no answer within 5 s at the end of the run; the run continues, its folder has everything");
  }

  @Test
  void warnsOnceOfAnUnreachableServer() {
    String uri = server.uri();
    server.close();
    assertThat(train(tracker(uri, 0, TOKEN), 1, 3)).isNull();
    assertThat(warnings)
        .containsExactly(
            "tracking at " + uri + ": no connection; the run continues, its folder has everything");
  }

  @Test
  void sendsTheTokenToNoOtherServer() throws IOException {
    try (FakeMlflow other = new FakeMlflow()) {
      server.fault =
          exchange -> {
            exchange.getResponseHeaders().set("Location", other.uri() + "/login?next=secret-query");
            exchange.sendResponseHeaders(302, -1);
            return true;
          };
      assertThat(train(tracker(0), 1, 1)).isNull();
      assertThat(warnings)
          .containsExactly(
              "tracking at "
                  + server.uri()
                  + ": HTTP status 302, it redirects to "
                  + other.uri()
                  + "/login, which is not followed; the run continues, its folder has everything");
      assertThat(other.requests).isEmpty();
    }
  }

  @Test
  void filesThatTheServerDoesNotStoreStayInTheRunFolder() {
    for (String root : List.of("s3://bucket/", "mlflow-artifacts://elsewhere:5000/")) {
      server.artifactRoot = root;
      assertThat(train(tracker(0), 1, 1)).isNotNull();
      assertThat(warnings).hasSize(1);
      assertThat(warnings.remove(0))
          .startsWith(
              "the tracking server does not store artefacts itself (their location is " + root)
          .endsWith("are only in " + run.location());
    }
    assertThat(server.artifacts).isEmpty();
    assertThat(onlyRun().status).isEqualTo("FINISHED");
  }
}
