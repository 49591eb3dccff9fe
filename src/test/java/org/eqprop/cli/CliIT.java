package org.eqprop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.eqprop.Idx;
import org.eqprop.Submit;
import org.eqprop.Submit.Run;
import org.eqprop.base.Slice;
import org.eqprop.config.ConfigurationReader;
import org.eqprop.data.IdxSource;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.learning.Evaluator;
import org.eqprop.model.ModelFile;
import org.eqprop.storage.Storage;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * The scripts in {@code submit/} as a user runs them: real processes on the embedded Spark home.
 */
@TestMethodOrder(MethodOrderer.MethodName.class)
class CliIT {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;

  @BeforeEach
  void data() {
    Idx.quadrants(folder, 330, 1);
  }

  private Run submit(String verb, String... args) throws IOException, InterruptedException {
    return new Submit(folder, "local[2]").run(verb, args);
  }

  private String[] small(String... more) {
    return new Submit(folder, "local[2]").small(more);
  }

  @Test
  void trainsEvaluatesPredictsAndAudits() throws IOException, InterruptedException {
    Run train = submit("train", small("--epochs", "8", "--replicas", "2", "--out", "run"));
    assertThat(train.err()).isEmpty();
    assertThat(train.code()).isZero();
    assertThat(train.out())
        .contains("network    16-12-4, 256 parameters")
        .contains("replicas   2 on local[2], averaged once per epoch")
        .containsPattern("backend +blas: OpenBLAS on the CPU, \\w+ kernels.*, 1 thread per task")
        .containsPattern("epoch 8/8 +train [0-9.]+ % +validation [0-9.]+ % +test [0-9.]+ % +energy")
        .containsPattern("test error [0-9.]+ % \\(.* random guessing 75.00 %\\)")
        .contains("run/model.safetensors");

    Path run = folder.resolve("run");
    List<String> metrics = Files.readAllLines(run.resolve("metrics.jsonl"));
    assertThat(metrics).hasSize(8);
    JsonNode last = JSON.readTree(metrics.get(7));
    JsonNode result = JSON.readTree(run.resolve("result.json").toFile());
    assertThat(last.get("epoch").asInt()).isEqualTo(8);
    assertThat(
            last.get("computeSeconds").asDouble()
                + last.get("broadcastSeconds").asDouble()
                + last.get("mergeSeconds").asDouble()
                + last.get("evaluateSeconds").asDouble())
        .isCloseTo(last.get("seconds").asDouble(), org.eqprop.Close.about(1e-9));
    assertThat(result.get("trainError")).isEqualTo(last.get("trainError"));
    assertThat(result.get("validationError")).isEqualTo(last.get("validationError"));
    assertThat(result.get("testError").asDouble()).isLessThan(0.2);
    assertThat(result.get("replicas").asInt()).isEqualTo(2);
    assertThat(result.get("backend").asText()).isEqualTo("blas");
    assertThat(result.get("imagesPerSecond").asDouble()).isPositive();
    try (Stream<Path> files = Files.list(run)) {
      assertThat(files.map(p -> p.getFileName().toString()))
          .containsExactlyInAnyOrder(
              "checkpoints",
              "config.conf",
              "figures.json",
              "machine.json",
              "metrics.jsonl",
              "model.safetensors",
              "pictures",
              "report.html",
              "result.json");
    }

    String model = run.resolve("model.safetensors").toString();
    Run evaluate = submit("evaluate", "--model", model, "--settling");
    assertThat(evaluate.err()).isEmpty();
    assertThat(evaluate.out())
        .containsPattern("(?m)^ +5 .*<- relaxation.free-steps$")
        .containsPattern("(?m)^ +15 ")
        .doesNotContainPattern("(?m)^ +16 ")
        .containsPattern(
            "(?m)^(all|[0-9.]+ % of) 330 examples settle within 15 steps.* \\(no unit moves by more than 0.001 in a step\\)$");
    long wrong = Math.round(result.get("testError").asDouble() * 330);
    assertThat(evaluate.out()).contains("(" + wrong + " of 330 wrong)").startsWith("test error");

    Run predict = submit("predict", "--model", model, "--index", "0-329", "--format", "json");
    assertThat(predict.err()).isEmpty();
    int differ = 0;
    for (JsonNode p : JSON.readTree(predict.out())) {
      differ += p.get("class").asInt() == p.get("true").asInt() ? 0 : 1;
    }
    assertThat(differ).isEqualTo((int) wrong);

    assertThat(result.at("/operations/inference/multiplyAdds").asLong())
        .as("16-12-4 in five free sweeps")
        .isEqualTo(16 * 12 + 5 * 2 * 12 * 4);

    Run audit =
        submit(
            "audit",
            "--model",
            "run",
            "--batches",
            "2",
            "--examples",
            "60",
            "--require",
            "cosine=-1");
    assertThat(audit.err()).isEmpty();
    assertThat(audit.code()).isZero();
    assertThat(audit.out()).containsPattern("\nlayer 2 +[-0-9.]+ ± ").contains("run/audit.html");
    assertThat(JSON.readTree(run.resolve("audit.json").toFile()).isObject()).isTrue();
    Run report = submit("report", "run");
    assertThat(report.code()).isZero();
    assertThat(run.resolve("report.html"))
        .content()
        .contains("Audit of the gradient", "<table id=\"operations\">");

    byte[] before = Files.readAllBytes(run.resolve("model.safetensors"));
    Run again = submit("train", small("--epochs", "1", "--out", "run"));
    assertThat(again.code()).isEqualTo(2);
    assertThat(again.err())
        .isEqualTo(
            "eqprop: --out run: exists already: choose another folder; if it is a run, continue it with --resume or replace it with --overwrite\n");
    assertThat(Files.readAllBytes(run.resolve("model.safetensors"))).isEqualTo(before);

    Run repeated = submit("train", "--conf", "run/config.conf", "--out", "second");
    assertThat(repeated.code()).isZero();
    // Metadata only differs if the configurations do, and these are the same.
    assertThat(Files.readAllBytes(folder.resolve("second/model.safetensors"))).isEqualTo(before);
  }

  @Test
  void reportsBadInputInOneLineWithoutAStackTrace() throws IOException, InterruptedException {
    Run verb = submit("launch", "trian");
    assertThat(verb.code()).isEqualTo(2);
    assertThat(verb.err()).isEqualTo("eqprop: unknown verb 'trian': did you mean train?\n");
    Run master = submit("train", "--master", "foo");
    assertThat(master.code()).isEqualTo(2);
    assertThat(master.err())
        .isEqualTo(
            "eqprop: --master foo: expected local[N], local[*], spark://HOST:PORT, yarn or k8s://URL\n");
    Run unwritable = submit("train", small("--epochs", "1", "--out", "/dev/null/run"));
    assertThat(unwritable.code()).isEqualTo(2);
    assertThat(unwritable.err())
        .startsWith("eqprop: /dev/null/run: cannot be written: ")
        .hasLineCount(1);
    byte[] images = Files.readAllBytes(folder.resolve("images.idx"));
    Files.write(
        folder.resolve("images.idx"),
        Idx.gzip(java.util.Arrays.copyOf(images, images.length - 100)));
    Run truncated = submit("train", small("--epochs", "1", "--out", "run"));
    assertThat(truncated.code()).isEqualTo(2);
    assertThat(truncated.err())
        .isEqualTo(
            "eqprop: "
                + folder
                + "/images.idx: truncated: it ends before the last item that its header promises; get the file again\n");
    assertThat(folder.resolve("run")).doesNotExist();
  }

  @Test
  void keepsTheLastGoodModelOfACollapsedRun() throws IOException, InterruptedException {
    String[] options = {
      "--epochs",
      "40",
      "--replicas",
      "1",
      "--seed",
      "2",
      "--out",
      "run",
      "--set",
      "topology=[16,3,4]",
      "--set",
      "estimator.beta=0.2",
      "--set",
      "training.decay=1",
      "--set",
      "training.batches-per-epoch=1",
      "--set",
      "training.learning-rates=[1.5,0.15]"
    };
    Run run = submit("train", small(options));
    assertThat(run.code()).isEqualTo(3);
    List<String> metrics = Files.readAllLines(folder.resolve("run/metrics.jsonl"));
    int last = metrics.size();
    assertThat(last).isPositive();
    assertThat(run.err())
        .isEqualTo(
            String.format(
                Locale.ROOT,
                "eqprop: epoch %d: collapsed: all 3 units of hidden layer 1 are dead (0 for every example); lower training.learning-rates; the model of epoch %d is kept in run/model.safetensors\n",
                last + 1,
                last));
    assertThat(folder.resolve("run/result.json")).doesNotExist();
    String kept = folder.resolve("run/model.safetensors").toString();
    Run evaluate = submit("evaluate", "--model", kept, "--split", "validation");
    assertThat(evaluate.code()).isZero();
    double error = JSON.readTree(metrics.get(last - 1)).get("validationError").asDouble();
    assertThat(evaluate.out()).contains("(" + Math.round(30 * error) + " of 30 wrong)");
    assertThat(alive(kept)).isTrue();
  }

  /** Returns whether some image activates the hidden layer of a model of the small network. */
  private boolean alive(String model) {
    var trained = ModelFile.read(Storage.local(), model);
    var spec =
        new ConfigurationReader()
            .text(String.valueOf(trained.metadata().get(ModelFile.CONFIGURATION)), model)
            .read()
            .spec();
    try (Relaxer relaxer = spec.newRelaxer()) {
      relaxer.load(trained.weights());
      var images =
          new IdxSource(folder + "/images.idx", folder + "/labels.idx")
              .read(Storage.local(), new Slice(0, 330), 4);
      return new Evaluator(relaxer, 330).measure(images).activity().get(0) > 0;
    }
  }

  /** Both a killed and a terminated run finish with the weights of an undisturbed run. */
  @Test
  void resumesAnInterruptedRunBitForBit() throws IOException, InterruptedException {
    Submit submit = new Submit(folder, "local[2]");
    String[] slow = {
      "--epochs",
      "8",
      "--replicas",
      "2",
      "--set",
      "training.batch=1",
      "--set",
      "relaxation.free-steps=1000",
      "--set",
      "checkpoint.every=2",
      "--set",
      "averaging.warm-up.epochs=1",
      "--set",
      "averaging.warm-up.rounds-per-epoch=2",
      "--set",
      "averaging.outer.optimizer=nesterov",
      "--set",
      "averaging.outer.momentum=0.5"
    };
    Run whole = submit("train", small(with(slow, "--out", "whole")));
    assertThat(whole.code()).isZero();
    byte[] expected = Files.readAllBytes(folder.resolve("whole/model.safetensors"));

    Submit.Running running = submit.start("train", small(with(slow, "--out", "killed")));
    awaitEpochs("killed", 3);
    running.process().destroyForcibly();
    assertThat(running.process().waitFor()).isNotZero();
    assertThat(folder.resolve("killed/result.json")).doesNotExist();
    // The original command with --resume instead of --out resumes it, too; a different one does
    // not.
    Run refused = submit("train", small(with(slow, "--resume", "killed", "--seed", "9")));
    assertThat(refused.code()).isEqualTo(2);
    assertThat(refused.err())
        .isEqualTo(
            "eqprop: --resume: training.seed = 9: expected 1, as in killed/config.conf: a resumed run keeps its configuration\n");
    Run resumed = submit("train", small(with(slow, "--resume", "killed")));
    assertThat(resumed.err()).isEmpty();
    assertThat(resumed.out()).containsPattern("resuming after epoch [246]");
    assertThat(Files.readAllBytes(folder.resolve("killed/model.safetensors"))).isEqualTo(expected);
    assertThat(results("killed")).isEqualTo(results("whole"));

    running = submit.start("train", small(with(slow, "--out", "told")));
    awaitEpochs("told", 3);
    running.process().destroy();
    Run told = running.end();
    assertThat(told.code()).isEqualTo(143);
    assertThat(told.err())
        .matches(
            "eqprop: interrupted: the state after epoch \\d is kept; continue with: train --resume told\n");
    assertThat(submit("train", "--resume", "told").code()).isZero();
    assertThat(Files.readAllBytes(folder.resolve("told/model.safetensors"))).isEqualTo(expected);
    Run ended = submit("train", "--resume", "told");
    assertThat(ended.code()).isEqualTo(2);
    assertThat(ended.err()).contains("already finished, nothing to resume").hasLineCount(1);
  }

  @Test
  void saysThatNothingIsSavedIfInterruptedInTheFirstEpoch()
      throws IOException, InterruptedException {
    Submit submit = new Submit(folder, "local[2]");
    Submit.Running running =
        submit.start(
            "train",
            small(
                "--out",
                "early",
                "--set",
                "relaxation.free-steps=100000",
                "--set",
                "training.batch=1"));
    Path configuration = folder.resolve("early/config.conf");
    Awaitility.await().atMost(Duration.ofMinutes(1)).until(() -> Files.exists(configuration));
    running.process().destroy();
    Run run = running.end();
    assertThat(run.code()).isEqualTo(143);
    assertThat(run.err())
        .isEqualTo("eqprop: interrupted: no epoch has finished, so nothing is saved\n");
    assertThat(folder.resolve("early/model.safetensors")).doesNotExist();
  }

  /** Returns the temporary folders of Spark that are left. */
  private static List<String> sparkFolders(Path temporary) throws IOException {
    try (Stream<Path> files = Files.list(temporary)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.startsWith("spark-") || name.startsWith("blockmgr-"))
          .toList();
    }
  }

  /** Starts a run in a terminal: the process is the terminal's program, and the run its child. */
  private Submit.Running startOnATerminal(String verb, String... args) throws IOException {
    return new Submit(folder, "local[2]").startOnATerminal(verb, args);
  }

  private static void pressControlC(Submit.Running running) throws IOException {
    running.process().getOutputStream().write(3);
    running.process().getOutputStream().flush();
  }

  private void awaitOutput(Submit.Running running, String pattern) {
    Pattern compiled = Pattern.compile(pattern, Pattern.DOTALL);
    Awaitility.await()
        .atMost(Duration.ofMinutes(2))
        .until(() -> compiled.matcher(Files.readString(running.out())).find());
  }

  /** What shows the progress must not replace the handler of SIGINT. */
  @Test
  void keepsTheResultsOnControlCInATerminal() throws IOException, InterruptedException {
    Path temporary = Files.createDirectory(folder.resolve("tmp"));
    String java = "--driver-java-options=-Djava.io.tmpdir=" + temporary;
    String[] slow = {
      "--epochs",
      "100000",
      "--out",
      "run",
      "--set",
      "training.batch=1",
      "--set",
      "relaxation.free-steps=1000",
      java
    };
    Submit.Running train = startOnATerminal("train", small(slow));
    awaitOutput(train, "epoch +2/.*epoch +3/");
    awaitOutput(train, "epoch +\\d+/100000 +\\d+ % \\[[= ]+] \\d+/300 batches");
    pressControlC(train);
    pressControlC(train);
    Run ended = train.end();
    assertThat(ended.out())
        .containsPattern("eqprop: interrupted: the state after epoch \\d+ is kept");
    assertThat(ended.code()).isEqualTo(130);
    assertThat(sparkFolders(temporary)).isEmpty();

    writeGrid("seeds = [1, 2], set { training.batch = 1, relaxation.free-steps = 3000 }");
    Submit.Running grid = startOnATerminal("grid", "g.conf", "--out", "grid", java);
    awaitOutput(grid, "running.*running");
    pressControlC(grid);
    ended = grid.end();
    assertThat(ended.out())
        .containsPattern("eqprop: interrupted: \\d of 8 points have saved results");
    assertThat(ended.code()).isEqualTo(130);

    String model = folder.resolve("run/model.safetensors").toString();
    Submit.Running evaluate =
        startOnATerminal(
            "evaluate",
            "--model",
            model,
            "--set",
            "relaxation.free-steps=100000",
            "--set",
            "evaluation.batch=1",
            java);
    // Folders spark-… exist earlier: spark-submit makes one, and then starts this program.
    Awaitility.await()
        .atMost(Duration.ofMinutes(1))
        .until(() -> sparkFolders(temporary).stream().anyMatch(n -> n.startsWith("blockmgr-")));
    pressControlC(evaluate);
    ended = evaluate.end();
    assertThat(ended.out()).contains("eqprop: interrupted");
    assertThat(ended.code()).isEqualTo(130);
    assertThat(sparkFolders(temporary)).isEmpty();
  }

  /** The line with the reason cannot be printed either. */
  @Test
  void endsAfterASecondSignalIfNobodyReadsTheOutput() throws IOException, InterruptedException {
    Submit.Running train =
        new Submit(folder, "local[2]")
            .startUnread("train", small("--epochs", "100000", "--out", "run"));
    awaitEpochs("run", 2);
    Path metrics = folder.resolve("run/metrics.jsonl");
    AtomicLong before = new AtomicLong();
    Awaitility.await()
        .atMost(Duration.ofMinutes(1))
        .pollInterval(Duration.ofSeconds(2))
        .until(() -> before.getAndSet(Files.size(metrics)) == Files.size(metrics));
    train.process().destroy();
    train.process().destroy();
    assertThat(train.end().code()).isEqualTo(143);
    Path checkpoints = folder.resolve("run/checkpoints");
    int epochs = Files.readAllLines(metrics).size();
    assertThat(
            checkpoints.resolve(String.format(Locale.ROOT, "checkpoint-%06d.safetensors", epochs)))
        .exists();
  }

  /** Not an interruption: nobody sent a signal. */
  @Test
  void reportsAFailureThatEndsARunAndLeavesNoTemporaryFolders()
      throws IOException, InterruptedException {
    Path temporary = Files.createDirectory(folder.resolve("tmp"));
    String java = "--driver-java-options=-Djava.io.tmpdir=" + temporary;
    String[] large = {
      java, "--driver-memory=600m", "--set", "topology=[16,800000,4]", "--no-report", "--out", "run"
    };
    Run run = submit("train", small(large));
    assertThat(run.err())
        .startsWith("eqprop: out of memory: ")
        .contains("give the driver more than the present 600m (--driver-memory)")
        .hasLineCount(1);
    assertThat(run.code()).isEqualTo(1);
    assertThat(sparkFolders(temporary)).isEmpty();

    String[] exits = Arrays.copyOf(large, large.length + 1);
    exits[large.length] = "--conf=spark.executor.killOnFatalError.depth=5";
    run = submit("train", small(with(exits, "--overwrite")));
    assertThat(run.err()).contains("eqprop: Spark ended this process").contains("--driver-memory");
    assertThat(run.code()).isEqualTo(1);
    assertThat(sparkFolders(temporary)).isEmpty();

    run = submit("train", small("--conf", "spark.local.dir=/dev/null/x", "--out", "none"));
    assertThat(run.err())
        .startsWith("eqprop: Spark's local folder cannot be used: /dev/null/x (")
        .contains("--conf spark.local.dir=DIR")
        .hasLineCount(1);
    assertThat(run.code()).isEqualTo(1);
  }

  /** The number of partitions is not the number of cores. */
  @Test
  void usesAsManyReplicasAsTasksCanRun() throws IOException, InterruptedException {
    Submit four = new Submit(folder, "local[4]");
    Run run =
        four.run(
            "train",
            small(
                "--epochs",
                "1",
                "--no-report",
                "--out",
                "run",
                "--conf=spark.default.parallelism=12",
                "--conf=spark.task.cpus=2"));
    assertThat(run.out()).contains("replicas   2 on ");
    assertThat(run.code()).isZero();
  }

  private void writeGrid(String rest) throws IOException {
    Files.writeString(
        folder.resolve("g.conf"),
        """
        set {
          topology = [16, 12, 4]
          data { train-images = images.idx, train-labels = labels.idx }
          data { test-images = images.idx, test-labels = labels.idx }
          data.validation = 30
          training { epochs = 3, learning-rates = [0.2, 0.1] }
        }
        axes { estimator.beta = [0.1, 0.2], estimator.kind = [centered, random-sign] }
        """
            + rest);
  }

  @Test
  void listsAndRunsAGridAndTrainsItsWinner() throws IOException, InterruptedException {
    writeGrid("seeds = [1, 2]");
    Run dry = submit("grid", "g.conf", "--dry-run");
    assertThat(dry.code()).isZero();
    assertThat(dry.out())
        .startsWith(
            "8 points: 4 settings of estimator.beta, estimator.kind × 2 seeds, up to 3 epochs")
        .containsPattern("\n +8 +2 +0.2 +random-sign\n$");
    assertThat(folder.resolve("runs")).doesNotExist();

    Run grid = submit("grid", "g.conf", "--out", "grid");
    assertThat(grid.err()).isEmpty();
    assertThat(grid.code()).isZero();
    assertThat(grid.out())
        .containsPattern("point \\d of 8  beta=0.[12] kind=[a-z-]+  seed [12]  epoch 3")
        .containsPattern("\n   1 +[0-9.]+ ± [0-9.]+ % +3  0.[12]  ");
    assertThat(folder.resolve("grid/pictures/heat-beta-kind.svg")).isNotEmptyFile();

    Run winner = submit("train", "--conf", "grid/winner.conf", "--out", "won");
    assertThat(winner.code()).isZero();
    assertThat(ModelFile.read(Storage.local(), folder + "/won/model.safetensors").weights())
        .isEqualTo(ModelFile.read(Storage.local(), folder + "/grid/winner.safetensors").weights());

    for (String[] wrong :
        new String[][] {
          {"--out grid g.conf", "eqprop: --out grid: exists already"},
          {"none.conf", "eqprop: none.conf: no such file"},
          {"", "eqprop: grid: expected FILE"},
          {"--resume nowhere", "eqprop: nowhere/grid.conf: no such file"},
          {"g.conf --search best", "eqprop: --search best: expected full or halving"}
        }) {
      Run refused = submit("grid", wrong[0].isEmpty() ? new String[0] : wrong[0].split(" "));
      assertThat(refused.err()).startsWith(wrong[1]).hasLineCount(1);
      assertThat(refused.code()).isEqualTo(2);
    }
  }

  @Test
  void resumesAnInterruptedGrid() throws IOException, InterruptedException {
    writeGrid("seeds = [1, 2], set { training.batch = 1, relaxation.free-steps = 1000 }");
    Submit submit = new Submit(folder, "local[2]");
    Submit.Running running = submit.start("grid", "g.conf", "--out", "told");
    Path points = folder.resolve("told/points");
    Awaitility.await()
        .atMost(Duration.ofMinutes(2))
        .until(() -> Files.isDirectory(points) && Storage.local().list(points + "").size() >= 2);
    running.process().destroy();
    Run told = running.end();
    assertThat(told.code()).isEqualTo(143);
    assertThat(told.err())
        .matches(
            "eqprop: interrupted: [2-7] of 8 points have saved results; continue with: grid"
                + " --resume told\n");
    assertThat(folder.resolve("told/results.csv")).doesNotExist();
    Run resumed = submit("grid", "--resume", "told");
    assertThat(resumed.err()).isEmpty();
    assertThat(resumed.code()).isZero();
    assertThat(resumed.out()).contains("(from an earlier run)");
    assertThat(Files.readAllLines(folder.resolve("told/results.csv"))).hasSize(9);
  }

  @Test
  void theLauncherShowsItsCommandAndChecksWhatAClusterNeeds()
      throws IOException, InterruptedException {
    Run shown =
        submit(
            "train",
            "--dry-run",
            "--master",
            "spark://h:1",
            "--epochs",
            "3",
            "--executor-memory=3g");
    assertThat(shown.code()).isZero();
    assertThat(shown.out())
        .startsWith("env ")
        .contains(
            "OMP_NUM_THREADS=1", "org.apache.spark.deploy.SparkSubmit", "--master spark://h:1")
        .contains("--conf spark.driver.memory=2g", "--executor-memory 3g", " train --epochs 3")
        .hasLineCount(1);
    // A machine whose host name does not resolve can still train in local mode.
    assertThat(submit("train", "--dry-run", "--master", "local[1]").out())
        .contains(" SPARK_LOCAL_HOSTNAME=localhost ");
    Path properties =
        Files.writeString(folder.resolve("own.properties"), "spark.driver.memory 7g\n");
    assertThat(
            submit(
                    "train",
                    "--dry-run",
                    "--master=spark://h:1",
                    "--properties-file",
                    "" + properties)
                .out())
        .doesNotContain("spark.driver.memory=2g");
    for (String[] bad :
        new String[][] {
          {"train", "--master", "yarn", "expected HADOOP_CONF_DIR or YARN_CONF_DIR"},
          {"train", "--master", "k8s://https://h", "expected SPARK_HOME"},
          {"cluster", "start", "two", "WORKERS two: expected a whole number from 1"},
          {"cluster", "restart", "", "expected start [WORKERS [CORES [MEMORY]]], or stop"}
        }) {
      Run refused = submit(bad[0], bad[1], bad[2]);
      assertThat(refused.code()).isEqualTo(2);
      assertThat(refused.err()).startsWith("eqprop: ").contains(bad[3]).hasLineCount(1);
    }
  }

  private static String[] with(String[] options, String... more) {
    return Stream.concat(Stream.of(options), Stream.of(more)).toArray(String[]::new);
  }

  private void awaitEpochs(String run, int epochs) {
    Path metrics = folder.resolve(run).resolve("metrics.jsonl");
    Awaitility.await()
        .atMost(Duration.ofMinutes(1))
        .until(() -> Files.exists(metrics) && Files.readAllLines(metrics).size() >= epochs);
  }

  /** Returns the metrics and result of a run without its times. */
  private List<String> results(String run) throws IOException {
    List<String> lines = new ArrayList<>();
    for (String line : Files.readAllLines(folder.resolve(run).resolve("metrics.jsonl"))) {
      JsonNode json = JSON.readTree(line);
      lines.add(json.get("epoch") + " " + json.get("trainError") + " " + json.get("examples"));
    }
    JsonNode result = JSON.readTree(folder.resolve(run).resolve("result.json").toFile());
    lines.add(result.get("testError") + " " + result.get("epochs"));
    return lines;
  }

  @Test
  void learnsRealMnistWithTheNotebookPreset() throws IOException, InterruptedException {
    Run train = submit("train", "--preset", "notebook", "--out", "nb");
    assertThat(train.err()).isEmpty();
    assertThat(train.code()).isZero();
    JsonNode result = JSON.readTree(folder.resolve("nb/result.json").toFile());
    assertThat(result.get("testError").asDouble()).isLessThanOrEqualTo(0.20);
    assertThat(train.out())
        .contains("784-100-10, 79,510 parameters")
        .contains(
            "synchronous, 10 free + 4 nudged steps of ε 0.5; the nudged phase starts at the free equilibrium")
        .contains("random guessing 90.00 %");
  }

  /** Started in one working folder and resumed in another, as by cron and schedulers. */
  @Test
  void resumesFromAnotherWorkingFolderAndNeverDestroysAnything()
      throws IOException, InterruptedException {
    String[] relative = {
      "--set",
      "data.train-images=images.idx",
      "--set",
      "data.train-labels=labels.idx",
      "--set",
      "checkpoint.dir=ck",
      "--epochs",
      "100000",
      "--replicas",
      "1",
      "--no-report"
    };
    Submit.Running running =
        new Submit(folder, "local[2]").start("train", small(with(relative, "--out", "run")));
    awaitEpochs("run", 3);
    running.process().destroy();
    assertThat(running.end().err()).contains("is kept; ");
    int before = Files.readAllLines(folder.resolve("run/metrics.jsonl")).size();
    Path elsewhere = Files.createDirectory(folder.resolve("elsewhere"));
    running = new Submit(elsewhere, "local[2]").start("train", "--resume", "../run", "--no-report");
    awaitEpochs("run", before + 2);
    running.process().destroy();
    Run resumed = running.end();
    assertThat(resumed.out())
        .containsPattern("resuming after epoch (" + (before - 1) + "|" + before + ")\n");

    // Without its checkpoints it stays exactly as it is, unless the user asks to replace it.
    Files.move(folder.resolve("ck"), folder.resolve("away"));
    List<String> names = Storage.local().list(folder + "/run");
    byte[] metrics = Files.readAllBytes(folder.resolve("run/metrics.jsonl"));
    byte[] model = Files.readAllBytes(folder.resolve("run/model.safetensors"));
    Run refused = submit("train", "--resume", "run");
    assertThat(refused.code()).isEqualTo(2);
    assertThat(refused.err())
        .isEqualTo(
            "eqprop: --resume: run has metrics.jsonl, but there is no checkpoint in "
                + folder.toRealPath()
                + "/ck; nothing was changed; put the checkpoints back, or add --from-scratch to"
                + " train again from the first epoch, replacing these files\n");
    assertThat(Storage.local().list(folder + "/run")).isEqualTo(names);
    assertThat(Files.readAllBytes(folder.resolve("run/metrics.jsonl"))).isEqualTo(metrics);
    assertThat(Files.readAllBytes(folder.resolve("run/model.safetensors"))).isEqualTo(model);
    assertThat(submit("train", "--from-scratch").err()).contains("expected --resume DIR");
    running =
        new Submit(folder, "local[2]")
            .start("train", "--resume", "run", "--from-scratch", "--no-report");
    Awaitility.await()
        .atMost(Duration.ofMinutes(1))
        .until(() -> Files.exists(folder.resolve("ck/checkpoint-000003.safetensors")));
    running.process().destroy();
    assertThat(running.end().out()).contains("starting from scratch");
    assertThat(Files.readAllLines(folder.resolve("run/metrics.jsonl")).get(0))
        .startsWith("{\"epoch\":1,");
  }

  @Test
  void warnsEverywhereIfARunLearnsNothingAndFailsOnRequest()
      throws IOException, InterruptedException {
    // All images are the same, so nothing distinguishes the classes.
    byte[] grey = new byte[330 * 16];
    java.util.Arrays.fill(grey, (byte) 100);
    Idx.write(folder.resolve("images.idx"), Idx.images(330, 4, 4, grey));
    String[] nothing = {"--epochs", "4", "--replicas", "2"};
    Run run = submit("train", small(with(nothing, "--out", "run", "--fail-on-warning")));
    assertThat(run.code()).isOne();
    assertThat(run.err())
        .matches(
            "eqprop: --fail-on-warning: warning 1 of \\d: all training images are the same .*\n");
    JsonNode result = JSON.readTree(folder.resolve("run/result.json").toFile());
    String said = "";
    for (JsonNode warning : result.get("warnings")) {
      assertThat(run.out()).contains("  warning: " + warning.asText());
      said += warning.asText() + "\n";
    }
    assertThat(said).contains("test error ", "is no better than answering label");
    assertThat(Files.readString(folder.resolve("run/report.html")))
        .contains("<div id=\"warnings\"");
    // Data with too few classes: a warning that no later epoch can resolve; no --fail-on-warning.
    Idx.write(folder.resolve("labels.idx"), Idx.labels(new byte[330]));
    Run classes = submit("train", small("--epochs", "2", "--out", "other", "--no-report"));
    assertThat(classes.code()).isZero();
    assertThat(
            JSON.readTree(folder.resolve("other/result.json").toFile()).get("warnings").toString())
        .contains("no training example has label 1, 2, 3");
    assertThat(Files.readAllLines(folder.resolve("other/metrics.jsonl")).get(0))
        .contains("\"warnings\":[", "\"no training example has label 1, 2, 3");
  }

  @Test
  void addsANumberToADefaultFolderThatIsTaken() throws IOException, InterruptedException {
    java.time.LocalDateTime now = java.time.LocalDateTime.now(java.time.ZoneId.systemDefault());
    var stamp = java.time.format.DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss", Locale.ROOT);
    for (int second = -2; second < 120; second++) {
      Files.createDirectories(
          folder.resolve("runs/mnist-" + now.plusSeconds(second).format(stamp)));
    }
    Run run = submit("train", small("--epochs", "1", "--replicas", "1", "--no-report"));
    assertThat(run.err()).isEmpty();
    assertThat(run.out()).containsPattern("run folder runs/mnist-\\d{8}-\\d{6}-2\n");
  }

  @Test
  void trainsSeveralSeedsInOneCommand() throws IOException, InterruptedException {
    String[] arguments =
        small("--epochs", "1", "--replicas", "1", "--no-report", "--seeds", "1,3", "--out", "s");
    Run run = submit("train", arguments);
    assertThat(run.err()).isEmpty();
    assertThat(run.out())
        .containsPattern(
            "\ntest error over seeds 1, 3: [0-9.]+ ± [0-9.]+ % \\(mean ± standard deviation of"
                + " [0-9.]+, [0-9.]+\\)\n  s/seeds.json\n$");
    JsonNode third = JSON.readTree(folder.resolve("s/seed-3/result.json").toFile());
    assertThat(JSON.readTree(folder.resolve("s/seeds.json").toFile()).get("testErrors").get(1))
        .isEqualTo(third.get("testError"));
    Run again = submit("train", arguments);
    assertThat(again.err())
        .startsWith("eqprop: --out s: already has the errors of other seeds")
        .hasLineCount(1);
    assertThat(again.code()).isEqualTo(2);
  }
}
