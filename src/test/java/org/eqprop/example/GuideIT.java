package org.eqprop.example;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the guide's programs that train from Java as real processes. Dl4jIT runs those for DL4J. */
class GuideIT {
  @TempDir Path folder;

  @Test
  void learnsMnistFromJavaWithTheSameResultOnSparkWithOneCoreAndWithoutSpark() {
    Examples.Run without = Examples.java(folder, MnistWithoutSpark.class);
    assertThat(without.code()).as(without.out()).isZero();
    assertThat(without.number("test error")).isBetween(0.01, 0.05);
    Examples.Run with = Examples.submit(folder, "local[1]", List.of(), MnistWithSpark.class);
    assertThat(with.code()).as(with.out()).isZero();
    assertThat(with.number("test error")).isEqualTo(without.number("test error"));
  }

  @Test
  void learnsFromArraysOfItsOwn() {
    Examples.Run run = Examples.java(folder, OwnData.class);
    assertThat(run.code()).as(run.out()).isZero();
    assertThat(run.number("test error")).isLessThan(0.1);
  }

  @Test
  void trainsOnIrisInAPipelineAndACrossValidator() {
    Path csv =
        Path.of(System.getProperty("eqprop.basedir", ".")).resolve("src/test/resources/iris.csv");
    Path model = folder.resolve("model");
    Examples.Run run =
        Examples.submit(
            folder, "local[2]", List.of(), IrisWithSparkMl.class, csv.toString(), model.toString());
    assertThat(run.code()).as(run.out()).isZero();
    assertThat(run.number("accuracy")).isGreaterThan(0.85);
    assertThat(model.resolve("bestModel/stages")).isDirectory();
  }
}
