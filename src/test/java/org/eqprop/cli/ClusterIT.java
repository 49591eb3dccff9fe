package org.eqprop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.eqprop.Idx;
import org.eqprop.Submit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * A standalone cluster of two workers, each with an executor of one core: real processes, which are
 * killed. Whatever happens, the weights are those of an undisturbed run in local mode.
 */
@TestMethodOrder(MethodOrderer.MethodName.class)
class ClusterIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int EPOCHS = 6;

  @TempDir static Path folder;

  private static String master = "";
  private static byte[] expected = {};

  @BeforeAll
  static void startClusterAndTrainUndisturbed() throws IOException, InterruptedException {
    Idx.quadrants(folder, 330, 1);
    Submit.Run start = new Submit(folder, "local").run("cluster", "start", "2", "1", "1g");
    assertThat(start.err()).isEmpty();
    assertThat(start.code()).isZero();
    master = start.out().strip();
    Submit local = new Submit(folder, "local[2]");
    assertThat(local.run("train", local.small(options("local"))).code()).isZero();
    expected = model("local");
  }

  @AfterAll
  static void stopCluster() throws IOException, InterruptedException {
    assertThat(new Submit(folder, "local").run("cluster", "stop").code()).isZero();
  }

  /** Epochs of about a second, so that something can happen within one. */
  private static String[] options(String run, String... more) {
    List<String> options =
        new ArrayList<>(List.of("--out", run, "--epochs", "" + EPOCHS, "--replicas", "3"));
    for (String assignment :
        List.of("training.batch=1", "relaxation.free-steps=3000", "checkpoint.every=1")) {
      options.addAll(List.of("--set", assignment));
    }
    options.addAll(List.of(more));
    return options.toArray(String[]::new);
  }

  private static byte[] model(String run) throws IOException {
    return Files.readAllBytes(folder.resolve(run).resolve("model.safetensors"));
  }

  private static Submit.Running train(String run, String... more) throws IOException {
    Submit submit = new Submit(folder, master);
    return submit.start("train", submit.small(options(run, more)));
  }

  private static void awaitEpochs(String run, int epochs) {
    Path metrics = folder.resolve(run).resolve("metrics.jsonl");
    Awaitility.await()
        .atMost(Duration.ofMinutes(2))
        .until(() -> Files.exists(metrics) && Files.readAllLines(metrics).size() >= epochs);
  }

  private static void assertUndisturbed(String run) throws IOException {
    assertThat(model(run)).isEqualTo(expected);
    List<String> metrics = Files.readAllLines(folder.resolve(run).resolve("metrics.jsonl"));
    assertThat(metrics).hasSize(EPOCHS);
    for (String line : metrics) {
      assertThat(JSON.readTree(line).get("examples").asInt()).isEqualTo(300);
    }
  }

  private static List<ProcessHandle> processes(String word) {
    return ProcessHandle.allProcesses()
        .filter(process -> arguments(process).anyMatch(argument -> argument.endsWith(word)))
        .toList();
  }

  /** From /proc, since ProcessHandle.Info cuts long command lines. */
  private static Stream<String> arguments(ProcessHandle process) {
    try {
      return Stream.of(
          Files.readString(Path.of("/proc/" + process.pid() + "/cmdline")).split("\0"));
    } catch (IOException e) { // it has ended meanwhile
      return Stream.of();
    }
  }

  @Test
  void anUndisturbedRunIsThatOfLocalMode() throws IOException, InterruptedException {
    Submit.Run run = train("cluster").end();
    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isZero();
    assertThat(run.out()).contains("on " + master);
    assertUndisturbed("cluster");
  }

  @Test
  void anExecutorIsKilledInMidEpoch() throws IOException, InterruptedException {
    Submit.Running running = train("executor");
    awaitEpochs("executor", 1);
    List<ProcessHandle> executors = processes("CoarseGrainedExecutorBackend");
    assertThat(executors).hasSize(2);
    executors.get(0).destroyForcibly();
    assertThat(running.end().code()).isZero();
    assertUndisturbed("executor");
  }

  @Test
  void theDriverIsKilledAndResumed() throws IOException, InterruptedException {
    Submit.Running running = train("driver");
    awaitEpochs("driver", 2);
    running.process().destroyForcibly();
    assertThat(running.process().waitFor()).isNotZero();
    assertThat(folder.resolve("driver/result.json")).doesNotExist();
    assertThat(new Submit(folder, master).run("train", "--resume", "driver").code()).isZero();
    assertUndisturbed("driver");
  }

  @Test
  void executorsTellTheirBackend() throws IOException, InterruptedException {
    assertThat(train("log").end().code()).isZero();
    Path work = Path.of(System.getProperty("eqprop.basedir", "."), "target/cluster/work-1");
    try (Stream<Path> files = Files.walk(work)) {
      assertThat(files.filter(file -> file.endsWith("stderr")).toList())
          .anySatisfy(
              log ->
                  assertThat(log)
                      .content()
                      .containsPattern(
                          "executor \\d: OpenBLAS with \\w+ kernels, 1 thread a task"));
    }
  }

  /** The last test: a worker's executor goes with it, and nobody starts it again. */
  @Test
  void workersMayBeKilledToo() throws IOException, InterruptedException {
    Submit.Running running = train("worker");
    awaitEpochs("worker", 1);
    processes("org.apache.spark.deploy.worker.Worker").get(0).destroyForcibly();
    assertThat(running.end().code()).isZero();
    assertUndisturbed("worker");
  }

  @Test
  void tasksRunTwiceBySpeculation() throws IOException, InterruptedException {
    Submit.Run run =
        train(
                "speculation",
                "--conf",
                "spark.speculation=true",
                "--conf",
                "spark.speculation.interval=50ms",
                "--conf",
                "spark.speculation.multiplier=1",
                "--conf",
                "spark.speculation.quantile=0.1",
                "--conf",
                "spark.speculation.minTaskRuntime=10ms")
            .end();
    assertThat(run.code()).isZero();
    assertUndisturbed("speculation");
  }
}
