package org.eqprop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.eqprop.Idx;
import org.eqprop.Submit;
import org.eqprop.example.Examples;
import org.eqprop.example.MnistOnDl4jSpark;
import org.eqprop.storage.Storage;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * A standalone cluster of two workers, each with a one-core executor: real processes, which are
 * killed. Whatever happens, the weights are those of an undisturbed run in local mode.
 */
@TestMethodOrder(MethodOrderer.MethodName.class)
class ClusterIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int EPOCHS = 4;

  @TempDir static Path folder;

  private static Submit cluster = new Submit(Path.of("."), "local");
  private static String master = "";
  private static byte[] expected = {};

  @BeforeAll
  static void startClusterAndTrainUndisturbed() throws IOException, InterruptedException {
    Idx.quadrants(folder, 330, 1);
    // Next to any cluster that is being tried out on this machine.
    cluster =
        new Submit(
            folder,
            "local",
            Map.of("EQPROP_CLUSTER", folder + "/spark", "EQPROP_CLUSTER_PORT", "27077"));
    Submit.Run start = cluster.run("cluster", "start", "2", "1", "1g");
    assertThat(start.err())
        .startsWith("eqprop: starting a master and 2 workers …\neqprop: its web page: http://");
    assertThat(start.code()).isZero();
    master = start.out().strip();
    Submit local = new Submit(folder, "local[2]");
    assertThat(local.run("train", local.small(options("local"))).code()).isZero();
    expected = model("local");
  }

  @AfterAll
  static void stopCluster() throws IOException, InterruptedException {
    assertThat(cluster.run("cluster", "stop").code()).isZero();
  }

  /** Returns options for epochs of about a second, so that something can happen within one. */
  private static String[] options(String run, String... more) {
    List<String> options = new ArrayList<>(List.of("--out", run, "--epochs", "" + EPOCHS));
    for (String assignment :
        List.of(
            "training.batch=1",
            "relaxation.free-steps=3000",
            "averaging.warm-up.epochs=1",
            "averaging.warm-up.rounds-per-epoch=2",
            "averaging.rounds-per-epoch=1",
            "averaging.outer.optimizer=momentum",
            "averaging.outer.momentum=0.5")) {
      options.addAll(List.of("--set", assignment));
    }
    if (!List.of(more).contains("--replicas")) {
      options.addAll(List.of("--replicas", "3"));
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
    assertEveryExampleCounts(run);
  }

  private static void assertEveryExampleCounts(String run) throws IOException {
    List<String> metrics = Files.readAllLines(folder.resolve(run).resolve("metrics.jsonl"));
    assertThat(metrics).hasSize(EPOCHS);
    for (String line : metrics) {
      assertThat(JSON.readTree(line).get("examples").asInt()).isEqualTo(300);
    }
  }

  /** Returns the cluster's own processes of a class: master and workers, and their descendants. */
  private static List<ProcessHandle> processes(String word) {
    try (Stream<String> pids = Files.lines(folder.resolve("spark/pids"))) {
      return pids.flatMap(pid -> ProcessHandle.of(Long.parseLong(pid)).stream())
          .flatMap(process -> Stream.concat(Stream.of(process), process.descendants()))
          .filter(process -> arguments(process).anyMatch(argument -> argument.endsWith(word)))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Reads them from /proc, since ProcessHandle.Info truncates long command lines. */
  private static Stream<String> arguments(ProcessHandle process) {
    try {
      return Stream.of(
          Files.readString(Path.of("/proc/" + process.pid() + "/cmdline")).split("\0"));
    } catch (IOException e) { // it has ended in the meantime
      return Stream.of();
    }
  }

  private static Set<Path> executorLogs() throws IOException {
    try (Stream<Path> files = Files.walk(folder.resolve("spark"))) {
      return files.filter(file -> file.endsWith("stderr")).collect(Collectors.toSet());
    }
  }

  @Test
  void anUndisturbedRunHasTheWeightsOfLocalMode() throws IOException, InterruptedException {
    Submit.Run run = train("cluster").end();
    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isZero();
    assertThat(run.out()).contains("on " + master + ", web UI http://");
    assertUndisturbed("cluster");
  }

  /** Returns the addresses, as /proc writes them, where a process accepts connections. */
  private static List<String> listening(ProcessHandle process) throws IOException {
    Path proc = Path.of("/proc/" + process.pid());
    Set<String> sockets = new HashSet<>();
    try (Stream<Path> files = Files.list(proc.resolve("fd"))) {
      for (Path file : files.toList()) {
        String link = linked(file);
        if (link.startsWith("socket:[")) {
          sockets.add(link.substring(8, link.length() - 1));
        }
      }
    }
    List<String> addresses = new ArrayList<>();
    for (String table : List.of("net/tcp", "net/tcp6")) {
      for (String line : Files.readAllLines(proc.resolve(table))) {
        String[] columns = line.strip().split(" +", -1);
        if (columns[3].equals("0A") && sockets.contains(columns[9])) {
          addresses.add(columns[1].replaceFirst(":.*", ""));
        }
      }
    }
    return addresses;
  }

  private static String linked(Path file) {
    try {
      return Files.readSymbolicLink(file).toString();
    } catch (IOException e) { // it has been closed in the meantime
      return "";
    }
  }

  /** Without authentication, anybody could make a listening process do anything. */
  @Test
  void everythingListensOnLoopbackOnly() throws IOException, InterruptedException {
    Submit.Running running = train("loopback");
    awaitEpochs("loopback", 1);
    List<ProcessHandle> all = new ArrayList<>(List.of(running.process().toHandle()));
    for (String word : List.of("Master", "Worker", "CoarseGrainedExecutorBackend")) {
      all.addAll(processes(word));
    }
    assertThat(all).hasSizeGreaterThanOrEqualTo(5);
    for (ProcessHandle process : all) {
      // 127.x.y.z, little-endian; in IPv6 only as a mapped address.
      assertThat(listening(process))
          .isNotEmpty()
          .allMatch(address -> address.matches("(0{16}FFFF0000)?[0-9A-F]{6}7F"));
    }
    assertThat(running.end().code()).isZero();
  }

  @Test
  void followsADriverOnTheClusterToItsEnd() throws IOException, InterruptedException {
    String[] onTheCluster = {"--deploy-mode", "cluster", "--driver-memory", "512m"};
    Submit.Run run = train(folder.toUri() + "deployed", onTheCluster).end();
    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isZero();
    assertThat(run.out())
        .containsPattern("driver-\\S+ was submitted to " + master)
        .containsPattern("driver-\\S+ is running on 127[^;]+; its output: http://127\\S+stdout\n")
        .containsPattern("driver-\\S+ has finished\n");
    assertUndisturbed("deployed");

    // The driver works in its own folder, where «nowhere» would be useless.
    Submit.Run failed = train("nowhere", onTheCluster).end();
    assertThat(failed.code()).isEqualTo(1);
    assertThat(failed.err())
        .containsPattern(
            "eqprop: driver-\\S+: FAILED: --out nowhere: the driver runs on the cluster")
        .containsPattern("its log: http://127\\S+stderr\n")
        .hasLineCount(1);
  }

  @Test
  void doesNotSubmitADriverThatFitsNowhere() throws IOException, InterruptedException {
    Submit.Run large = train(folder.toUri() + "large", "--deploy-mode=cluster").end();
    assertThat(large.code()).isEqualTo(2);
    assertThat(large.err())
        .isEqualTo(
            "eqprop: --deploy-mode cluster: the driver needs 1 core and 2048 MB, but no worker of "
                + master
                + " has that much: the largest has 1 core and 1024 MB: lower --driver-memory or"
                + " --driver-cores\n");
    assertThat(large.out()).isEmpty();
    Submit.Run nobody =
        train("nobody", "--deploy-mode=cluster", "--master=spark://127.0.0.1:27078").end();
    assertThat(nobody.code()).isEqualTo(2);
    assertThat(nobody.err())
        .startsWith("eqprop: --master spark://127.0.0.1:27078: the master does not answer: ")
        .hasLineCount(1);
  }

  private static void killAnExecutor() {
    // Those of the previous test may still be ending.
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> processes("CoarseGrainedExecutorBackend").size() == 2);
    assertThat(processes("CoarseGrainedExecutorBackend").get(0).destroyForcibly()).isTrue();
  }

  /** Sums that a killed executor has not yet passed on are lost with it. */
  @Test
  void survivesAKilledExecutorWhileManyReplicasAreSummed()
      throws IOException, InterruptedException {
    String[] many = {"--replicas", "70", "--set", "training.batch=4"};
    Submit local = new Submit(folder, "local[2]");
    assertThat(local.run("train", local.small(options("many-local", many))).code()).isZero();
    Submit.Running running = train("many", many);
    awaitEpochs("many", 1);
    killAnExecutor();
    assertThat(running.end().code()).isZero();
    assertThat(model("many")).isEqualTo(model("many-local"));
    assertEveryExampleCounts("many");
  }

  @Test
  void survivesAKilledExecutorInMidEpoch() throws IOException, InterruptedException {
    Submit.Running running = train("executor");
    awaitEpochs("executor", 1);
    killAnExecutor();
    assertThat(running.end().code()).isZero();
    assertUndisturbed("executor");
  }

  @Test
  void resumesAfterTheDriverIsKilled() throws IOException, InterruptedException {
    Submit.Running running = train("driver");
    awaitEpochs("driver", 2);
    running.process().destroyForcibly();
    assertThat(running.process().waitFor()).isNotZero();
    assertThat(folder.resolve("driver/result.json")).doesNotExist();
    assertThat(new Submit(folder, master).run("train", "--resume", "driver").code()).isZero();
    assertUndisturbed("driver");
  }

  /** Returns a grid's table without the times that its points took. */
  private static List<String> table(String grid) throws IOException {
    List<String> lines = Files.readAllLines(folder.resolve(grid).resolve("results.csv"));
    assertThat(lines).hasSize(7);
    return lines.stream().map(line -> line.replaceAll(",[0-9]+\\.[0-9]{2},", ",,")).toList();
  }

  private static void awaitPoints(String grid, int points) {
    Awaitility.await()
        .atMost(Duration.ofMinutes(2))
        .until(() -> Storage.local().list(folder + "/" + grid + "/points").size() >= points);
  }

  @Test
  void gridsFinishWithTheSameTableWhateverIsKilled() throws IOException, InterruptedException {
    Files.writeString(
        folder.resolve("g.conf"),
        """
        set {
          topology = [16, 12, 4]
          data { train-images = "%1$s/images.idx", train-labels = "%1$s/labels.idx" }
          data { test-images = "%1$s/images.idx", test-labels = "%1$s/labels.idx" }
          data.validation = 30
          training { epochs = 4, learning-rates = [0.2, 0.1], batch = 1 }
          relaxation.free-steps = 3000
        }
        axes { estimator.beta = [0.1, 0.2, 0.3] }
        seeds = [1, 2], search = halving, eta = 2
        """
            .formatted(folder));
    Submit submit = new Submit(folder, master);
    assertThat(new Submit(folder, "local[2]").run("grid", "g.conf", "--out", "grid-local").code())
        .isZero();
    List<String> undisturbed = table("grid-local");
    byte[] winner = Files.readAllBytes(folder.resolve("grid-local/winner.safetensors"));

    Submit.Running running = submit.start("grid", "g.conf", "--out", "grid-executor");
    awaitPoints("grid-executor", 2);
    killAnExecutor();
    assertThat(running.end().code()).isZero();
    assertThat(table("grid-executor")).isEqualTo(undisturbed);

    running = submit.start("grid", "g.conf", "--out", "grid-driver");
    awaitPoints("grid-driver", 3);
    running.process().destroyForcibly();
    assertThat(running.process().waitFor()).isNotZero();
    assertThat(folder.resolve("grid-driver/results.csv")).doesNotExist();
    Submit.Run resumed = submit.run("grid", "--resume", "grid-driver");
    assertThat(resumed.code()).isZero();
    assertThat(resumed.out()).contains("(from an earlier run)");
    assertThat(table("grid-driver")).isEqualTo(undisturbed);
    assertThat(folder.resolve("grid-driver/winner.safetensors")).hasBinaryContent(winner);
  }

  /** With two replicas DL4J's sum is the same whichever comes first. */
  @Test
  void survivesAKilledExecutorWithDl4jsEngine() throws IOException, InterruptedException {
    String[] dl4j = {"--engine", "dl4j", "--replicas", "2"};
    Submit local = new Submit(folder, "local[2]");
    assertThat(local.run("train", local.small(options("dl4j-local", dl4j))).code()).isZero();
    Submit.Running running = train("dl4j", dl4j);
    awaitEpochs("dl4j", 1);
    killAnExecutor();
    assertThat(running.end().code()).isZero();
    assertThat(model("dl4j")).isEqualTo(model("dl4j-local"));
    assertEveryExampleCounts("dl4j");
  }

  /** With Spark's Kryo serializer; Dl4jIT uses Java's. One epoch of real MNIST. */
  @Test
  void trainsTheGuidesDl4jProgramWithKryo() {
    List<String> kryo =
        List.of(
            "--conf",
            "spark.serializer=org.apache.spark.serializer.KryoSerializer",
            "--conf",
            "spark.kryo.registrator=org.nd4j.kryo.Nd4jRegistrator");
    Examples.Run run =
        Examples.submit(folder, master, kryo, MnistOnDl4jSpark.class, "1", "2", "kryo.zip");
    assertThat(run.code()).as(run.out()).isZero();
    assertThat(run.number("accuracy")).isGreaterThan(0.9);
  }

  @Test
  void executorsLogTheirBackend() throws IOException, InterruptedException {
    Set<Path> before = executorLogs();
    assertThat(train("log").end().code()).isZero();
    Set<Path> logs = executorLogs();
    logs.removeAll(before);
    assertThat(logs).isNotEmpty();
    for (Path log : logs) {
      assertThat(log)
          .content()
          .containsPattern("executor \\d+: OpenBLAS on the CPU, \\w+ kernels, 1 thread per task");
    }
  }

  /** As on a machine for which the job jar has no natives. */
  @Test
  void reportsExecutorsThatCannotLoadTheirNatives() throws IOException, InterruptedException {
    Submit.Run run =
        train(
                "natives",
                "--conf",
                "spark.executor.extraJavaOptions=-Dorg.bytedeco.javacpp.platform=linux-riscv64")
            .end();
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err())
        .containsPattern(
            "eqprop: executor \\d+: the native library of OpenBLAS cannot be loaded on Linux amd64 ")
        .hasLineCount(1);
    assertThat(folder.resolve("natives")).doesNotExist();
  }

  @Test
  void warnsWhileNoWorkerCanProvideAnExecutor() throws IOException, InterruptedException {
    Submit.Run run =
        train("large", "--executor-memory", "64g", "--conf", "spark.eqprop.executorTimeout=25s")
            .end();
    assertThat(run.err().lines())
        .satisfiesExactly(
            first ->
                assertThat(first)
                    .startsWith("eqprop: warning: waited 2")
                    .contains("executor with all free cores of a worker and 64g memory"),
            last ->
                assertThat(last)
                    .startsWith("eqprop: gave up after 25 s (spark.eqprop.executorTimeout): ")
                    .contains("--executor-memory"));
    assertThat(run.code()).isEqualTo(2);
    assertThat(folder.resolve("large")).doesNotExist();
  }

  private static Submit.Run evaluate(String master) throws IOException, InterruptedException {
    return new Submit(folder, master)
        .run(
            "evaluate",
            "--model",
            folder.resolve("local/model.safetensors").toString(),
            "--conf",
            "spark.eqprop.executorTimeout=3s");
  }

  @Test
  void namesAMasterThatIsNotThere() throws IOException, InterruptedException {
    Submit.Run run = evaluate("spark://127.0.0.1:9,127.0.0.1:10");
    assertThat(run.err())
        .startsWith("eqprop: --master spark://127.0.0.1:9,127.0.0.1:10: no answer: ")
        .contains("submit/cluster start")
        .hasLineCount(1);
    assertThat(run.code()).isEqualTo(2);
  }

  @Test
  void namesAMasterThatDoesNotAnswer() throws IOException, InterruptedException {
    try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      String silentMaster = "spark://127.0.0.1:" + silent.getLocalPort();
      Submit.Run run = evaluate(silentMaster);
      assertThat(run.err())
          .contains(
              "eqprop: gave up after 3 s (spark.eqprop.executorTimeout): "
                  + silentMaster
                  + " has not accepted this application");
      assertThat(run.code()).isEqualTo(2);
    }
  }

  /** Counts the executors' cores, not the partitions of Spark's default parallelism. */
  @Test
  void usesAsManyReplicasAsExecutorsHaveCores() throws IOException, InterruptedException {
    Submit submit = new Submit(folder, master);
    Submit.Run run =
        submit.run(
            "train",
            submit.small(
                "--epochs",
                "1",
                "--no-report",
                "--out",
                "cores",
                "--conf",
                "spark.default.parallelism=12"));
    assertThat(run.err()).isEmpty();
    assertThat(run.out()).contains("replicas   2 on ");
  }

  /** The last test but one: a worker's executor ends with it, and nobody restarts them. */
  @Test
  void workersMayBeKilledToo() throws IOException, InterruptedException {
    Submit.Running running = train("worker");
    awaitEpochs("worker", 1);
    processes("org.apache.spark.deploy.worker.Worker").get(0).destroyForcibly();
    assertThat(running.end().code()).isZero();
    assertUndisturbed("worker");
  }

  /** The last test: after it, the cluster has no workers. */
  @Test
  void workersMayBeKilledUntilNoneIsLeft() throws IOException, InterruptedException {
    Submit.Running running =
        train(
            "none",
            "--set",
            "relaxation.free-steps=10000",
            "--conf",
            "spark.eqprop.executorTimeout=5s");
    awaitEpochs("none", 1);
    processes("org.apache.spark.deploy.worker.Worker").forEach(ProcessHandle::destroyForcibly);
    Submit.Run run = running.end();
    assertThat(run.err())
        .containsPattern(
            "eqprop: gave up after [5-9] s .*: all executors are lost, .*; the state after epoch"
                + " \\d+ is kept; continue with: train --resume none\n");
    assertThat(run.code()).isEqualTo(2);
    assertThat(folder.resolve("none/checkpoints")).isNotEmptyDirectory();
  }

  @Test
  void toleratesTasksThatRunTwiceBySpeculation() throws IOException, InterruptedException {
    Submit.Run run =
        train(
                "speculation",
                "--conf",
                "spark.speculation=true",
                "--conf",
                "spark.speculation.interval=50ms",
                "--conf",
                "spark.speculation.multiplier=0.1",
                "--conf",
                "spark.speculation.efficiency.enabled=false",
                "--conf",
                "spark.speculation.quantile=0.1",
                "--conf",
                "spark.speculation.minTaskRuntime=10ms",
                "--conf",
                "spark.eventLog.enabled=true",
                "--conf",
                "spark.eventLog.dir=" + Files.createDirectory(folder.resolve("events")))
            .end();
    assertThat(run.code()).isZero();
    try (Stream<Path> logs = Files.list(folder.resolve("events"))) {
      assertThat(logs.toList())
          .singleElement()
          .satisfies(log -> assertThat(log).content().contains("\"Speculative\":true"));
    }
    assertUndisturbed("speculation");
  }
}
