package org.eqprop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.eqprop.Close;
import org.eqprop.Idx;
import org.eqprop.Submit;
import org.eqprop.data.ByteExamples;
import org.eqprop.dl4j.ImageDataSets;
import org.eqprop.example.Examples;
import org.eqprop.example.MnistOnDl4jSpark;
import org.eqprop.example.MnistWithDl4j;
import org.eqprop.example.PlainDl4j;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** DL4J as users use it: the engine, the zip, and the guide's programs, as real processes. */
class Dl4jIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int EXAMPLES = 330;

  @TempDir Path folder;

  private Submit.Run submit(String verb, String... args) throws IOException, InterruptedException {
    return new Submit(folder, "local[2]").run(verb, args);
  }

  @Test
  void trainsWithItsEngineAndPlainDl4jReadsTheZip() throws IOException, InterruptedException {
    Idx.quadrants(folder, EXAMPLES, 1);
    String[] options = {
      "--engine", "dl4j", "--epochs", "8", "--replicas", "2", "--out", "run",
    };
    Submit.Run train = submit("train", new Submit(folder, "local[2]").small(options));
    assertThat(train.err()).isEmpty();
    assertThat(train.code()).isZero();
    assertThat(train.out())
        .contains("engine     dl4j: DL4J's training on Spark")
        .containsPattern("DL4J's own evaluation: accuracy [0-9.]+, precision [0-9.]+")
        .contains("run/report.html");
    JsonNode result = JSON.readTree(folder.resolve("run/result.json").toFile());
    assertThat(result.get("engine").asText()).isEqualTo("dl4j");
    double error = result.get("testError").asDouble();
    assertThat(error).isLessThan(0.2);

    Submit.Run export =
        submit(
            "export", "--model", "run/model.safetensors", "--format", "dl4j", "--out", "run.zip");
    assertThat(export.err()).isEmpty();
    assertThat(export.code()).isZero();
    ByteExamples images = Idx.quadrants(EXAMPLES, 1);
    int[] order = IntStream.range(0, EXAMPLES).toArray();
    ImageDataSets.of(images, order, 0, EXAMPLES, 4).save(folder.resolve("test.bin").toFile());
    Examples.Run plain = Examples.java(folder, PlainDl4j.class, "run.zip", "test.bin");
    assertThat(plain.code()).as(plain.out()).isZero();
    assertThat(plain.out()).contains("topology 16-12-4");
    assertThat(1 - plain.number("accuracy")).isCloseTo(error, Close.about(1e-9));

    String evaluated = submit("evaluate", "--model", "run/model.safetensors").out();
    assertThat(evaluated).startsWith("test error ");
    assertThat(submit("evaluate", "--model", "run.zip").out()).isEqualTo(evaluated);
    assertThat(submit("import", "run.zip", "--out", "back.safetensors").code()).isZero();
    assertThat(folder.resolve("back.safetensors"))
        .hasSameBinaryContentAs(folder.resolve("run/model.safetensors"));
  }

  /** A resumed run takes its engine from its own configuration, not from the arguments. */
  @Test
  void resumesAnInterruptedRunWithItsEngine() throws IOException, InterruptedException {
    Idx.quadrants(folder, EXAMPLES, 1);
    Submit local = new Submit(folder, "local[2]");
    String[] whole = local.small("--engine", "dl4j", "--epochs", "4", "--replicas", "2");
    assertThat(submit("train", with(whole, "--out", "whole")).code()).isZero();
    assertThat(submit("train", with(whole, "--out", "run")).code()).isZero();
    Files.delete(folder.resolve("run/result.json"));
    Files.delete(folder.resolve("run/model.safetensors"));
    try (var files = Files.list(folder.resolve("run/checkpoints"))) {
      Files.delete(files.sorted().reduce((first, second) -> second).orElseThrow());
    }
    Submit.Run refused = submit("train", "--resume", "run", "--engine", "eqprop");
    assertThat(refused.code()).isEqualTo(Main.BAD_INPUT);
    assertThat(refused.err()).contains("engine = \"eqprop\": expected \"dl4j\"");
    Submit.Run resumed = submit("train", "--resume", "run");
    assertThat(resumed.err()).isEmpty();
    assertThat(resumed.out()).contains("engine     dl4j").contains("resuming after epoch 3");
    assertThat(folder.resolve("run/model.safetensors"))
        .hasSameBinaryContentAs(folder.resolve("whole/model.safetensors"));
  }

  /** Both engines keep the numbers that the run started with. */
  @ParameterizedTest
  @ValueSource(strings = {"eqprop", "dl4j"})
  void resumesARunOnBrightImagesWithItsScaleAndCenter(String engine)
      throws IOException, InterruptedException {
    Idx.write(folder, Idx.bright(300, 1));
    Submit local = new Submit(folder, "local[2]");
    String[] options =
        local.small(
            "--set",
            "topology=[256,20,10]",
            "--engine",
            engine,
            "--epochs",
            "3",
            "--replicas",
            "2");
    Submit.Run whole = submit("train", with(options, "--out", "whole"));
    assertThat(whole.code()).isZero();
    assertThat(whole.out())
        .contains("layer 1    relative to the mean image m (mean pixel 0.8")
        .doesNotContain("α × ");
    assertThat(submit("train", with(options, "--out", "run")).code()).isZero();
    assertThat(Files.readString(folder.resolve("run/config.conf")))
        .containsPattern("learning-rate-scale ?= ?1\\b")
        .containsPattern("input-center ?= ?\"?mean");
    Files.delete(folder.resolve("run/result.json"));
    try (var files = Files.list(folder.resolve("run/checkpoints"))) {
      Files.delete(files.sorted().reduce((first, second) -> second).orElseThrow());
    }
    Submit.Run refused =
        submit("train", with(options, "--resume", "run", "--set", "training.input-center=none"));
    assertThat(refused.code()).isEqualTo(Main.BAD_INPUT);
    assertThat(refused.err()).contains("training.input-center = \"none\": expected \"mean\"");
    assertThat(submit("train", with(options, "--resume", "run")).err()).isEmpty();
    assertThat(folder.resolve("run/model.safetensors"))
        .hasSameBinaryContentAs(folder.resolve("whole/model.safetensors"));
  }

  private static String[] with(String[] options, String... more) {
    List<String> all = new java.util.ArrayList<>(List.of(options));
    all.addAll(List.of(more));
    return all.toArray(String[]::new);
  }

  /** One epoch of real MNIST. */
  @Test
  void runsTheGuidesProgramWithTheLayer() throws IOException, InterruptedException {
    Examples.Run run = Examples.java(folder, MnistWithDl4j.class, "1", "mnist.zip");
    assertThat(run.code()).as(run.out()).isZero();
    assertThat(run.number("accuracy")).isGreaterThan(0.93);
    Submit.Run evaluated = submit("evaluate", "--model", "mnist.zip");
    assertThat(evaluated.err()).isEmpty();
    assertThat(evaluated.out())
        .contains(
            String.format(
                java.util.Locale.ROOT,
                "(%,d of 10,000",
                Math.round(10_000 * (1 - run.number("accuracy")))));
  }

  @Test
  void runsTheGuidesProgramOnSpark() {
    Examples.Run run =
        Examples.submit(
            folder, "local[2]", List.of(), MnistOnDl4jSpark.class, "1", "2", "spark.zip");
    assertThat(run.code()).as(run.out()).isZero();
    assertThat(run.number("accuracy")).isGreaterThan(0.9);
    assertThat(folder.resolve("spark.zip")).isNotEmptyFile();
  }
}
