package org.eqprop.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.spark.scheduler.TaskInfo;
import org.eqprop.Idx;
import org.eqprop.Spark4Home;
import org.eqprop.Submit;
import org.eqprop.example.Examples;
import org.eqprop.example.IrisWithSparkMl;
import org.eqprop.spark.SparkMethod;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The jar compiled against Spark 3.5 and Scala 2.12 also runs on a Spark 4 home with Scala 2.13,
 * and trains to the same weights, bit for bit.
 */
class Spark4IT {
  private static final Path BASE =
      Path.of(System.getProperty("eqprop.basedir", ".")).toAbsolutePath();
  private static Path home;

  @TempDir Path folder;

  @BeforeAll
  static void assembleTheHome() throws IOException, InterruptedException {
    home = Spark4Home.get();
  }

  private void run(Map<String, String> environment, String verb, String... args)
      throws IOException, InterruptedException {
    Submit.Run run = new Submit(folder, "local[2]", environment).run(verb, args);
    assertThat(run.err()).isEmpty();
    assertThat(run.code()).as(run.out()).isZero();
  }

  private void runOnSpark3(String verb, String... args) throws IOException, InterruptedException {
    run(Map.of(), verb, args);
  }

  private void runOnSpark4(String verb, String... args) throws IOException, InterruptedException {
    run(Map.of("SPARK_HOME", home.toString()), verb, args);
  }

  private void assertSame(String file, String other) {
    assertThat(folder.resolve(other)).hasSameBinaryContentAs(folder.resolve(file));
  }

  private String[] small(String... more) throws IOException {
    Idx.quadrants(folder, 330, 1);
    return new Submit(folder, "local[2]").small(more);
  }

  /** A use that exists in only one version of Scala. */
  static final class FitsOne {
    static Object accumulables(TaskInfo task) {
      return task.accumulables();
    }
  }

  @Test
  void findsEverythingThatTheJobUsesOfSparkAndScala() throws IOException {
    try (Linkage linkage = new Linkage(home.resolve("jars"))) {
      assertThat(linkage.missing(BASE.resolve("target/classes"))).isEmpty();
      String name = FitsOne.class.getName().replace('.', '/');
      assertThat(linkage.missing(BASE.resolve("target/test-classes/" + name + ".class")))
          .containsExactly(
              name
                  + " uses org/apache/spark/scheduler/TaskInfo.accumulables"
                  + " ()Lscala/collection/Seq;");
    }
  }

  @Test
  void findsTheMethodsThatAreLookedUpByName() throws IOException {
    Map<String, String> looked =
        Map.of(
            "accumulables", "org.apache.spark.scheduler.TaskInfo",
            "accumUpdates", "org.apache.spark.scheduler.SparkListenerExecutorMetricsUpdate",
            "splitCommandString", "org.apache.spark.util.Utils",
            "getConfiguredLocalDirs", "org.apache.spark.util.Utils");
    try (Linkage linkage = new Linkage(home.resolve("jars"))) {
      for (Map.Entry<String, String> method : looked.entrySet()) {
        assertThatCode(() -> SparkMethod.of(linkage.type(method.getValue()), method.getKey()))
            .doesNotThrowAnyException();
      }
    }
  }

  @Test
  void trainsARunAndResumesARunOfSpark3ToTheSameWeights() throws IOException, InterruptedException {
    String[] options = small("--replicas", "2", "--epochs", "3", "--out");
    runOnSpark3("train", with(options, "three"));
    runOnSpark4("train", with(options, "four"));
    assertSame("three/model.safetensors", "four/model.safetensors");
    assertThat(folder.resolve("four/report.html")).isNotEmptyFile();
    Files.move(folder.resolve("three/model.safetensors"), folder.resolve("whole.safetensors"));
    Files.delete(folder.resolve("three/result.json"));
    try (Stream<Path> files = Files.list(folder.resolve("three/checkpoints"))) {
      Files.delete(files.sorted().reduce((first, second) -> second).orElseThrow());
    }
    runOnSpark4("train", "--resume", "three");
    assertSame("whole.safetensors", "three/model.safetensors");
  }

  @Test
  void trainsAGridToTheSameWeights() throws IOException, InterruptedException {
    Idx.quadrants(folder, 330, 1);
    Files.writeString(
        folder.resolve("grid.conf"),
        """
        set {
          topology = [16, 12, 4]
          data { train-images = images.idx, train-labels = labels.idx, validation = 30 }
          data { test-images = images.idx, test-labels = labels.idx }
          training { epochs = 2, learning-rates = [0.2, 0.1] }
        }
        axes { estimator.beta = [0.3, 0.4] }
        """);
    runOnSpark3("grid", "grid.conf", "--out", "three");
    runOnSpark4("grid", "grid.conf", "--out", "four");
    assertSame("three/winner.safetensors", "four/winner.safetensors");
  }

  /**
   * DL4J does not support Scala 2.13 either; the parts that the engine uses run there, to the same
   * weights.
   */
  @Test
  void trainsWithDl4jsEngineToTheSameWeights() throws IOException, InterruptedException {
    String[] options = small("--engine", "dl4j", "--replicas", "2", "--epochs", "2", "--out");
    runOnSpark3("train", with(options, "three"));
    runOnSpark4("train", with(options, "four"));
    assertSame("three/model.safetensors", "four/model.safetensors");
  }

  private static String[] with(String[] options, String... more) {
    return Stream.of(List.of(options), List.of(more)).flatMap(List::stream).toArray(String[]::new);
  }

  @Test
  void trainsTheClassifierToTheSameWeightsAndPredictions() throws IOException {
    String csv = BASE.resolve("src/test/resources/iris.csv").toString();
    Examples.Run three =
        Examples.submit(
            folder,
            "local[2]",
            List.of(),
            IrisWithSparkMl.class,
            csv,
            folder.resolve("three").toString());
    Examples.Run four =
        Examples.submit(
            home,
            folder,
            "local[2]",
            IrisWithSparkMl.class,
            csv,
            folder.resolve("four").toString());
    assertThat(four.code()).as(four.out()).isZero();
    assertThat(four.number("accuracy")).isEqualTo(three.number("accuracy"));
    assertThat(network("four")).hasSameBinaryContentAs(network("three"));
  }

  private Path network(String model) throws IOException {
    try (Stream<Path> files = Files.walk(folder.resolve(model))) {
      return files.filter(file -> file.endsWith("model.safetensors")).findFirst().orElseThrow();
    }
  }
}
