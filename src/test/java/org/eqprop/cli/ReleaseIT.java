package org.eqprop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.eqprop.Idx;
import org.eqprop.Maven;
import org.eqprop.Spark4Home;
import org.eqprop.Submit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The artifacts of a release, used without a checkout. */
class ReleaseIT {
  private static final Path BASE =
      Path.of(System.getProperty("eqprop.basedir", ".")).toAbsolutePath();
  private static final String VERSION = System.getProperty("eqprop.version");

  @TempDir Path folder;

  private String run(int code, Map<String, String> environment, List<String> command)
      throws IOException, InterruptedException {
    Path log = Files.createTempFile(folder, "log", "");
    ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
    builder.environment().keySet().removeAll(List.of("SPARK_HOME", "EQPROP_MASTER"));
    builder.environment().putAll(environment);
    int end = builder.redirectErrorStream(true).redirectOutput(log.toFile()).start().waitFor();
    String out = Files.readString(log);
    assertThat(end).as(out).isEqualTo(code);
    return out;
  }

  /** Returns a PATH whose Maven creates the file {@code built} and fails. */
  private String pathOfAFailingMaven() throws IOException {
    Path mvn = Files.createDirectory(folder.resolve("bin")).resolve("mvn");
    Files.writeString(mvn, "#!/bin/sh\ntouch " + folder.resolve("built") + "\nexit 1\n");
    assertThat(mvn.toFile().setExecutable(true)).isTrue();
    return mvn.getParent() + ":" + System.getenv("PATH");
  }

  @Test
  void theArchiveRunsWithASparkHomeAndWithoutMaven() throws IOException, InterruptedException {
    Path archive = BASE.resolve("target/eqprop-spark-" + VERSION + "-bin.tar.gz");
    run(0, Map.of(), List.of("tar", "xzf", archive.toString()));
    Path unpacked = folder.resolve("eqprop-spark-" + VERSION);
    assertThat(unpacked.resolve("README.md")).exists();
    assertThat(unpacked.resolve("LICENSE")).exists();
    String train = unpacked.resolve("submit/train").toString();
    Map<String, String> path = Map.of("PATH", pathOfAFailingMaven());
    assertThat(run(2, path, List.of(train)))
        .isEqualTo(
            "eqprop: SPARK_HOME is not set: expected the folder of a Spark 3.5 distribution for"
                + " Scala 2.12, or of a Spark 4 one for Scala 2.13\n");

    Idx.quadrants(folder, 330, 1);
    List<String> command = new ArrayList<>(List.of(train, "--master", "local[1]"));
    command.addAll(List.of(new Submit(folder, "").small("--epochs", "1", "--out", "run")));
    Map<String, String> spark =
        Map.of("PATH", path.get("PATH"), "SPARK_HOME", Spark4Home.get().toString());
    assertThat(run(0, spark, command)).contains("EqProp Spark " + VERSION, "run/report.html");

    Files.delete(unpacked.resolve("lib/eqprop-spark-job.jar"));
    assertThat(run(2, spark, List.of(train)))
        .isEqualTo(
            "eqprop: "
                + unpacked
                + "/lib/eqprop-spark-job.jar: no such file: unpack the distribution again\n");
    assertThat(folder.resolve("built")).doesNotExist();
    assertThat(unpacked.resolve("target")).doesNotExist();
  }

  /**
   * Returns a local repository with the published jar and POM, and links to everything in the
   * build's own repository, since Maven only uses one.
   */
  private static Path repository() throws IOException {
    Path repository = BASE.resolve("target/it-repository");
    Path artifact = repository.resolve("org/eqprop/eqprop-spark").resolve(VERSION);
    Files.createDirectories(artifact);
    link(Maven.repository(), repository);
    link(Maven.repository().resolve("org"), repository.resolve("org"));
    String name = "eqprop-spark-" + VERSION;
    replace(BASE.resolve("target/" + name + ".jar"), artifact.resolve(name + ".jar"));
    replace(BASE.resolve("target/published.pom"), artifact.resolve(name + ".pom"));
    return repository;
  }

  private static void link(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.list(from)) {
      for (Path file : files.filter(Files::isDirectory).toList()) {
        Path link = to.resolve(file.getFileName());
        if (!Files.exists(link)) {
          Files.createSymbolicLink(link, file);
        }
      }
    }
  }

  private static void replace(Path from, Path to) throws IOException {
    Files.copy(from, to, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
  }

  private static double testError(String out) {
    return out.lines()
        .filter(line -> line.startsWith("test error "))
        .mapToDouble(line -> Double.parseDouble(line.substring("test error ".length())))
        .findFirst()
        .orElseThrow(() -> new AssertionError(out));
  }

  /** Maven resolves the library for a program; spark-submit then does so for the same program. */
  @Test
  void aProgramTrainsWithTheLibraryFromARepository() throws IOException, InterruptedException {
    Path repository = repository();
    Path project = folder.resolve("library");
    Path source = Files.createDirectories(project.resolve("src/main/java"));
    Files.copy(BASE.resolve("src/it/library/pom.xml"), project.resolve("pom.xml"));
    Files.copy(
        BASE.resolve("src/it/library/src/main/java/Train.java"), source.resolve("Train.java"));
    Path log = folder.resolve("mvn.log");
    Maven.run(repository, log, "-f", project + "/pom.xml", "package", "exec:exec");
    double error = testError(Files.readString(log));
    // Guessing gives 0.9. One epoch gives 0.04 to 0.24, depending on how the processor rounds.
    assertThat(error).isLessThan(0.5);

    Path settings =
        Files.writeString(
            folder.resolve("ivysettings.xml"),
            """
            <ivysettings>
              <settings defaultResolver="local"/>
              <resolvers>
                <ibiblio name="local" m2compatible="true" root="%s" checksums=""/>
              </resolvers>
            </ivysettings>
            """
                .formatted(Maven.repository().toUri()));
    String home = Spark4Home.get().toString();
    String out =
        run(
            0,
            Map.of("SPARK_LOCAL_IP", "127.0.0.1", "JAVA_HOME", System.getProperty("java.home")),
            List.of(
                home + "/bin/spark-submit",
                "--master",
                "local[2]",
                "--packages",
                "org.eqprop:eqprop-spark:" + VERSION,
                "--repositories",
                repository.toUri().toString(),
                "--conf",
                "spark.jars.ivySettings=" + settings,
                "--conf",
                "spark.jars.ivy=" + folder.resolve("ivy"),
                "--conf",
                "spark.ui.enabled=false",
                "--class",
                "Train",
                project.resolve("target/library-1.jar").toString()));
    assertThat(testError(out)).isEqualTo(error);
  }
}
