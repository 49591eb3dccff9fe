package org.eqprop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.eqprop.Idx;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * The scripts of {@code submit/} as a user runs them: real processes through the embedded Spark
 * home.
 */
@TestMethodOrder(MethodOrderer.MethodName.class)
class CliIT {
  private static final Path BASE = Path.of(System.getProperty("eqprop.basedir", "."));
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;

  /** What a process left. */
  private record Run(int code, String out, String err) {}

  @BeforeEach
  void data() {
    Idx.quadrants(folder, 330, 1);
  }

  private Run submit(String verb, String... args) throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(List.of(BASE.resolve("submit").resolve(verb).toString()));
    command.addAll(List.of("--master", "local[2]"));
    command.addAll(List.of(args));
    ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
    builder.environment().keySet().removeAll(List.of("SPARK_HOME", "EQPROP_MASTER"));
    Path out = folder.resolve("stdout");
    Path err = folder.resolve("stderr");
    Process process = builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start();
    assertThat(process.waitFor(180, TimeUnit.SECONDS)).as("ended in time").isTrue();
    Run run = new Run(process.exitValue(), Files.readString(out), Files.readString(err));
    assertThat(run.out + run.err).as("no stack trace").doesNotContain("\tat ");
    return run;
  }

  private String[] small(String... more) {
    List<String> args = new ArrayList<>();
    for (String assignment :
        List.of(
            "topology=[16,12,4]",
            "data.train-images=" + folder + "/images.idx",
            "data.train-labels=" + folder + "/labels.idx",
            "data.test-images=" + folder + "/images.idx",
            "data.test-labels=" + folder + "/labels.idx",
            "data.validation=30",
            "training.learning-rates=[0.2,0.1]")) {
      args.addAll(List.of("--set", assignment));
    }
    args.addAll(List.of(more));
    return args.toArray(String[]::new);
  }

  @Test
  void trainEvaluateAndPredict() throws IOException, InterruptedException {
    Run train = submit("train", small("--epochs", "8", "--replicas", "2", "--out", "run"));
    assertThat(train.err).isEmpty();
    assertThat(train.code).isZero();
    assertThat(train.out)
        .contains("network    16-12-4, 256 parameters")
        .contains("replicas   2, averaged once an epoch, on local[2]")
        .containsPattern("epoch 8/8 +train [0-9.]+ % +validation [0-9.]+ % +test [0-9.]+ % +energy")
        .containsPattern("test error [0-9.]+ % \\(.* random guessing 75.00 %\\)")
        .contains("run/model.safetensors");

    Path run = folder.resolve("run");
    List<String> metrics = Files.readAllLines(run.resolve("metrics.jsonl"));
    assertThat(metrics).hasSize(8);
    JsonNode last = JSON.readTree(metrics.get(7));
    JsonNode result = JSON.readTree(run.resolve("result.json").toFile());
    assertThat(last.get("epoch").asInt()).isEqualTo(8);
    assertThat(result.get("trainError")).isEqualTo(last.get("trainError"));
    assertThat(result.get("validationError")).isEqualTo(last.get("validationError"));
    assertThat(result.get("testError").asDouble()).isLessThan(0.2);
    assertThat(result.get("replicas").asInt()).isEqualTo(2);
    assertThat(result.get("backend").asText()).isEqualTo("nd4j");
    assertThat(result.get("imagesPerSecond").asDouble()).isPositive();
    try (Stream<Path> files = Files.list(run)) {
      assertThat(files.map(p -> p.getFileName().toString()))
          .containsExactlyInAnyOrder(
              "config.conf", "metrics.jsonl", "model.safetensors", "result.json");
    }

    String model = run.resolve("model.safetensors").toString();
    Run evaluate = submit("evaluate", "--model", model);
    assertThat(evaluate.err).isEmpty();
    long wrong = Math.round(result.get("testError").asDouble() * 330);
    assertThat(evaluate.out).contains("(" + wrong + " of 330 wrong)").startsWith("test error");

    Run predict = submit("predict", "--model", model, "--index", "0-329", "--format", "json");
    assertThat(predict.err).isEmpty();
    int differ = 0;
    for (JsonNode p : JSON.readTree(predict.out)) {
      differ += p.get("class").asInt() == p.get("true").asInt() ? 0 : 1;
    }
    assertThat(differ).isEqualTo((int) wrong);

    byte[] before = Files.readAllBytes(run.resolve("model.safetensors"));
    Run again = submit("train", small("--epochs", "1", "--out", "run"));
    assertThat(again.code).isEqualTo(2);
    assertThat(again.err)
        .isEqualTo(
            "eqprop: --out run: exists already: choose another folder, or add --overwrite to replace that run\n");
    assertThat(Files.readAllBytes(run.resolve("model.safetensors"))).isEqualTo(before);

    Run repeated = submit("train", "--conf", "run/config.conf", "--out", "second");
    assertThat(repeated.code).isZero();
    // The metadata differs in nothing but what the configuration says, which is the same.
    assertThat(Files.readAllBytes(folder.resolve("second/model.safetensors"))).isEqualTo(before);
  }

  @Test
  void badInputIsOneLineWithoutAStackTrace() throws IOException, InterruptedException {
    Run verb = submit("launch", "trian");
    assertThat(verb.code).isEqualTo(2);
    byte[] images = Files.readAllBytes(folder.resolve("images.idx"));
    Files.write(
        folder.resolve("images.idx"),
        Idx.gzip(java.util.Arrays.copyOf(images, images.length - 100)));
    Run truncated = submit("train", small("--epochs", "1", "--out", "run"));
    assertThat(truncated.code).isEqualTo(2);
    assertThat(truncated.err)
        .isEqualTo(
            "eqprop: "
                + folder
                + "/images.idx: truncated: it ends before the last item that its header promises\n");
    assertThat(folder.resolve("run")).doesNotExist();
  }

  @Test
  void aCollapsedRunKeepsTheLastGoodModel() throws IOException, InterruptedException {
    String[] options = {
      "--epochs",
      "5",
      "--replicas",
      "2",
      "--out",
      "run",
      "--set",
      "topology=[16,3,4]",
      "--set",
      "training.decay=1",
      "--set",
      "training.learning-rates=[5,5]"
    };
    Run run = submit("train", small(options));
    assertThat(run.code).isEqualTo(3);
    assertThat(run.err)
        .isEqualTo(
            "eqprop: epoch 2: collapsed: all 3 units of hidden layer 1 are dead (0 for every example); lower"
                + " training.learning-rates; the model of epoch 1 is kept in run/model.safetensors\n");
    assertThat(folder.resolve("run/result.json")).doesNotExist();
    assertThat(Files.readAllLines(folder.resolve("run/metrics.jsonl"))).hasSize(1);
    Run evaluate = submit("evaluate", "--model", "run/model.safetensors");
    assertThat(evaluate.code).isZero();
  }

  @Test
  void theNotebookPresetLearnsRealMnist() throws IOException, InterruptedException {
    Run train = submit("train", "--preset", "notebook", "--out", "nb");
    assertThat(train.err).isEmpty();
    assertThat(train.code).isZero();
    JsonNode result = JSON.readTree(folder.resolve("nb/result.json").toFile());
    assertThat(result.get("testError").asDouble()).isLessThanOrEqualTo(0.20);
    assertThat(train.out.getBytes(StandardCharsets.UTF_8).length).isPositive();
  }
}
