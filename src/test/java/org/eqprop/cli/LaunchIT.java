package org.eqprop.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.eqprop.Idx;
import org.eqprop.Submit;
import org.eqprop.Submit.Run;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * How submit/launch handles its environment: Spark's settings, locales, paths, builds. Most of it
 * shows in the command that {@code --dry-run} prints.
 */
@TestMethodOrder(MethodOrderer.MethodName.class)
class LaunchIT {
  private static final Path BASE =
      Path.of(System.getProperty("eqprop.basedir", ".")).toAbsolutePath();

  /** No locale, as in cron and in most containers. */
  private static final Map<String, String> NO_LOCALE =
      Map.of("LC_ALL", "", "LC_CTYPE", "", "LANG", "");

  @TempDir Path folder;

  /** Deletes links before JUnit does, which warns about each. */
  @AfterEach
  void deleteLinks() throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path link : files.filter(Files::isSymbolicLink).toList()) {
        Files.delete(link);
      }
    }
  }

  private Run dry(Map<String, String> environment, String... args)
      throws IOException, InterruptedException {
    List<String> all = new ArrayList<>(List.of("--dry-run"));
    all.addAll(List.of(args));
    Run run = new Submit(folder, "", environment).run("train", all.toArray(String[]::new));
    assertThat(run.err()).isEmpty();
    assertThat(run.code()).isZero();
    return run;
  }

  private void assertRefused(String message, String... args)
      throws IOException, InterruptedException {
    Run run = new Submit(folder, "").run("launch", args);
    assertThat(run.err()).startsWith("eqprop: ").contains(message).hasLineCount(1);
    assertThat(run.code()).isEqualTo(2);
  }

  @Test
  void respectsEverythingInAPropertiesFile() throws IOException, InterruptedException {
    Path properties =
        Files.writeString(
            folder.resolve("p.conf"),
            """
            # the syntax of java.util.Properties
            spark.master: spark\\://h:1
              spark.app.name=mine
            spark.driver.memory 777m
            spark.executor.memory \\
                555m
            spark.driver.extraJavaOptions -Dmine=1 -Dyours=2
            spark.driver.defaultJavaOptions -Ddefault=3
            spark.executor.defaultJavaOptions -Dexecutor=4
            spark.executorEnv.OPENBLAS_CORETYPE HASWELL
            """);
    Run run =
        dry(
            Map.of("EQPROP_MASTER", "local[7]", "OPENBLAS_CORETYPE", "ZEN"),
            "--properties-file=" + properties);
    assertThat(run.out())
        .contains(" -Xmx777m ", " -Dmine=1 ", " -Dyours=2 ", " -Ddefault=3 ")
        .contains(" -Dfile.encoding=UTF-8 ")
        .contains("--master spark://h:1 ")
        .containsPattern("maxphysicalbytes=6g.? -Dexecutor=4")
        .doesNotContain("eqprop\\ train", "spark.driver.memory=", "spark.executor.memory=", "ZEN,")
        .doesNotContain("spark.executorEnv.OPENBLAS_CORETYPE=");
    assertThat(dry(Map.of(), "--properties-file=" + properties, "--master", "local[2]").out())
        .contains("--master local\\[2\\] ");
  }

  @Test
  void respectsSparksOwnDefaultsWhereverTheyAre() throws IOException, InterruptedException {
    Path conf = Files.createDirectory(folder.resolve("conf"));
    Files.writeString(
        conf.resolve("spark-defaults.conf"),
        "spark.driver.memory 777m\nspark.master local[3]\nspark.ui.enabled true\n");
    Files.writeString(conf.resolve("spark-env.sh"), "SPARK_LOCAL_IP=127.0.0.9\n");
    String dir = conf.toString();
    assertThat(dry(Map.of("SPARK_CONF_DIR", dir, "EQPROP_MASTER", "")).out())
        .contains(" -Xmx777m ", "--master local\\[3\\] ", "SPARK_LOCAL_IP=127.0.0.9 ")
        .doesNotContain("spark.ui.enabled=");
    assertThat(dry(Map.of("SPARK_CONF_DIR", dir, "EQPROP_MASTER", "local[4]")).out())
        .contains("--master local\\[4\\] ");
    assertThat(dry(Map.of("SPARK_CONF_DIR", dir), "--conf", "spark.master=local[5]").out())
        .contains("--master local\\[5\\] ");
    assertThat(dry(Map.of("SPARK_DRIVER_MEMORY", "666m", "EQPROP_MASTER", "local[1]")).out())
        .contains(" -Xmx666m ");
    assertThat(dry(Map.of(), "--driver-memory=1g", "--driver-java-options", "-Da=1 -Db=2").out())
        .contains(" -Xmx1g ", " -Da=1 ", " -Db=2 ", " -Dfile.encoding=UTF-8 ")
        .doesNotContain("spark.driver.memory=4g");
  }

  @Test
  void listensOnLoopbackUnlessTheClusterIsElsewhere() throws IOException, InterruptedException {
    Map<String, String> none = Map.of("SPARK_LOCAL_IP", "");
    for (String master : List.of("local[2]", "spark://127.0.0.1:7077", "spark://localhost:1")) {
      assertThat(dry(none, "--master", master).out()).contains(" SPARK_LOCAL_IP=127.0.0.1 ");
    }
    assertThat(dry(none, "--master", "spark://127.0.0.1:1,h:2").out())
        .doesNotContain("SPARK_LOCAL_IP");
  }

  @Test
  void reportsBadOptionsInOneLine() throws IOException, InterruptedException {
    assertRefused("submit/launch: expected a verb");
    assertRefused("--master: expected a value", "train", "--master");
    assertRefused("--master : expected local[N]", "train", "--master", "");
    assertRefused("none.conf: no such file", "train", "--properties-file", "none.conf");
    assertRefused("expected client or cluster", "train", "--deploy-mode", "both");
    assertRefused(
        "--deploy-mode cluster: expected --out URI",
        "train",
        "--master",
        "spark://h:1",
        "--deploy-mode=cluster");
    assertRefused(
        "--deploy-mode cluster: --master local[*] has no cluster",
        "train",
        "--conf",
        "spark.submit.deployMode=cluster",
        "--master",
        "local[*]");
  }

  /** Creates a Spark home with a core jar of that name, and with spark-submit. */
  private Path home(String name, String core) throws IOException {
    Path home = Files.createDirectories(folder.resolve(name));
    Files.createDirectories(home.resolve("bin"));
    Files.createFile(home.resolve("bin/spark-submit")).toFile().setExecutable(true);
    Files.createDirectories(home.resolve("jars"));
    Files.createFile(home.resolve("jars/" + core));
    return home;
  }

  private void assertRefused(String message, Map<String, String> environment)
      throws IOException, InterruptedException {
    Run run = new Submit(folder, "", environment).run("train", "--dry-run");
    assertThat(run.err()).startsWith("eqprop: ").contains(message).hasLineCount(1);
    assertThat(run.code()).isEqualTo(2);
  }

  @Test
  void reportsSparkHomesOfOtherVersionsInOneLine() throws IOException, InterruptedException {
    String expected =
        "expected the folder of a Spark 3.5 distribution for Scala 2.12, or of a Spark 4 one for"
            + " Scala 2.13, or SPARK_HOME unset for the embedded Spark";
    Map<String, String> cores =
        Map.of(
            "spark-core_2.13-3.5.9.jar", "it is Spark 3.5.9 for Scala 2.13: " + expected,
            "spark-core_2.12-3.4.1.jar", "it is Spark 3.4.1 for Scala 2.12: " + expected,
            "spark-core_2.13-5.0.0.jar", "it is Spark 5.0.0 for Scala 2.13: " + expected,
            "other.jar", "no jars/spark-core_*.jar there: " + expected);
    for (Map.Entry<String, String> core : cores.entrySet()) {
      Path home = home("home [x] " + core.getKey(), core.getKey());
      assertRefused(
          "SPARK_HOME=" + home + ": " + core.getValue(), Map.of("SPARK_HOME", home.toString()));
    }
    assertRefused("no bin/spark-submit there: " + expected, Map.of("SPARK_HOME", "/nowhere"));
  }

  @Test
  void aSparkPropertyNeedsItsValue() throws IOException, InterruptedException {
    assertRefused(
        "--conf spark.executor.memory: expected a Spark property as --conf"
            + " spark.executor.memory=VALUE",
        "train",
        "--conf",
        "spark.executor.memory",
        "2g");
    Files.createFile(folder.resolve("spark.conf"));
    assertThat(dry(Map.of(), "--conf", "spark.conf").out()).contains(" --conf spark.conf");
  }

  @Test
  void kubernetesNeedsItsClientAndAnImage() throws IOException, InterruptedException {
    Path home = home("four", "spark-core_2.13-4.2.0.jar");
    Map<String, String> k8s =
        Map.of("SPARK_HOME", home.toString(), "EQPROP_MASTER", "k8s://https://h");
    assertRefused("no jars/spark-kubernetes_*.jar in SPARK_HOME=" + home, k8s);
    Files.createFile(home.resolve("jars/spark-kubernetes_2.13-4.2.0.jar"));
    assertRefused("expected --conf spark.kubernetes.container.image=IMAGE", k8s);
    String[] image = {"--conf", "spark.kubernetes.container.image=i", "--deploy-mode", "cluster"};
    String jar = " local:///opt/eqprop-spark/lib/eqprop-spark-job.jar train ";
    assertThat(dry(k8s, image).out()).contains(jar);
    assertThat(
            dry(
                    k8s,
                    Stream.concat(
                            Stream.of(image),
                            Stream.of("--conf", "spark.kubernetes.file.upload.path=s3a://b"))
                        .toArray(String[]::new))
                .out())
        .doesNotContain(jar)
        .contains("/eqprop-spark-job.jar train ");
  }

  /** Java 21 in name only: the test is whether the launcher accepts it. */
  @Test
  void spark4RunsOnJava21AndSpark3OnJava17() throws IOException, InterruptedException {
    Path jdk = folder.resolve("jdk");
    Path java = Files.createDirectories(jdk.resolve("bin")).resolve("java");
    Files.writeString(java, "#!/bin/sh\necho 'openjdk version \"21.0.8\" 2025-07-15' >&2\n");
    assertThat(java.toFile().setExecutable(true)).isTrue();
    String three = home("three", "spark-core_2.12-3.5.1-amzn-0.jar").toString();
    String four = home("four", "spark-core_2.13-4.0.1.jar").toString();
    assertRefused(
        "is openjdk version \"21.0.8\" 2025-07-15: expected JDK 17 for Spark 3.5; set JAVA_HOME",
        Map.of("SPARK_HOME", three, "JAVA_HOME", jdk.toString()));
    assertThat(dry(Map.of("SPARK_HOME", four, "JAVA_HOME", jdk.toString())).out())
        .contains(four + "/bin/spark-submit ");
    assertThat(dry(Map.of("SPARK_HOME", three)).out()).contains(three + "/bin/spark-submit ");
  }

  /** Creates a checkout with copies of scripts and configurations, and links into this target/. */
  private Path checkout(String name) throws IOException {
    Path checkout = Files.createDirectories(folder.resolve(name));
    for (String part : List.of("submit", "conf", "conf/grids")) {
      Path to = Files.createDirectory(checkout.resolve(part));
      try (Stream<Path> files = Files.list(BASE.resolve(part))) {
        for (Path file : files.filter(Files::isRegularFile).toList()) {
          Files.copy(file, to.resolve(file.getFileName().toString()));
        }
      }
    }
    Files.createDirectories(checkout.resolve("src/main"));
    Files.copy(BASE.resolve("pom.xml"), checkout.resolve("pom.xml"));
    Path target = Files.createDirectory(checkout.resolve("target"));
    for (String part : List.of("eqprop-spark-job.jar", "spark-home")) {
      Files.createSymbolicLink(target.resolve(part), BASE.resolve("target").resolve(part));
    }
    Files.createFile(target.resolve(".built"));
    return checkout;
  }

  /** Creates a folder with a Maven that logs its start and end in mvn.log, and fails. */
  private Path failingMaven() throws IOException {
    Path bin = Files.createDirectory(folder.resolve("bin"));
    Path log = folder.resolve("mvn.log");
    Path mvn = bin.resolve("mvn");
    Files.writeString(
        mvn, "#!/bin/sh\necho begin >>%1$s\nsleep 1\necho end >>%1$s\nexit 1\n".formatted(log));
    assertThat(mvn.toFile().setExecutable(true)).isTrue();
    return bin;
  }

  private static ProcessBuilder script(Path script, Map<String, String> environment) {
    ProcessBuilder builder = new ProcessBuilder(script.toString(), "--dry-run");
    builder.environment().keySet().removeAll(List.of("SPARK_HOME", "EQPROP_MASTER"));
    builder.environment().putAll(environment);
    return builder.redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD);
  }

  @Test
  void findsScriptsThroughLinksAndWithAnyCdpath() throws IOException, InterruptedException {
    Path link = Files.createSymbolicLink(folder.resolve("mine"), BASE.resolve("submit/train"));
    assertThat(script(link, Map.of()).start().waitFor()).isZero();
    ProcessBuilder relative = script(Path.of("submit/train"), Map.of("CDPATH", folder.toString()));
    Files.createDirectory(folder.resolve("submit"));
    assertThat(relative.directory(BASE.toFile()).start().waitFor()).isZero();
  }

  @Test
  void doesNotBuildForTheUsersOwnFilesInConf() throws IOException, InterruptedException {
    Path checkout = checkout("c");
    Files.writeString(checkout.resolve("conf/grids/mine.conf"), "axes {}\n");
    Files.writeString(checkout.resolve("conf/mine.conf"), "training.epochs = 1\n");
    Files.writeString(checkout.resolve("conf/spark-local.conf"), "spark.driver.memory 1g\n");
    String path = failingMaven() + ":" + System.getenv("PATH");
    Path train = checkout.resolve("submit/train");
    assertThat(script(train, Map.of("PATH", path)).start().waitFor()).isZero();
    assertThat(folder.resolve("mvn.log")).doesNotExist();
    // A preset is part of the jar.
    Files.setLastModifiedTime(
        checkout.resolve("conf/mnist.conf"),
        java.nio.file.attribute.FileTime.from(java.time.Instant.now().plusSeconds(60)));
    assertThat(script(train, Map.of("PATH", path)).start().waitFor()).isEqualTo(2);
    assertThat(folder.resolve("mvn.log")).exists();
  }

  private static Path which(String tool) {
    return Stream.of(System.getenv("PATH").split(":", -1))
        .map(directory -> Path.of(directory, tool))
        .filter(Files::isExecutable)
        .findFirst()
        .orElseThrow(() -> new AssertionError(tool + " is not on the PATH"));
  }

  private void assertOneBuildAfterTheOther(Path checkout, String path)
      throws IOException, InterruptedException {
    Files.deleteIfExists(folder.resolve("mvn.log"));
    Path train = checkout.resolve("submit/train");
    Path said = folder.resolve("said");
    List<Process> builds = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      builds.add(
          script(train, Map.of("PATH", path))
              .redirectOutput(ProcessBuilder.Redirect.appendTo(said.toFile()))
              .start());
    }
    for (Process build : builds) {
      assertThat(build.waitFor()).isEqualTo(2);
    }
    assertThat(Files.readAllLines(folder.resolve("mvn.log")))
        .containsExactly("begin", "end", "begin", "end", "begin", "end");
    assertThat(said).content().contains("waiting for another build of this checkout to end");
    Files.delete(said);
  }

  @Test
  void buildsOfTheSameCheckoutWaitForEachOther() throws IOException, InterruptedException {
    Path checkout = checkout("c");
    Files.delete(checkout.resolve("target/.built"));
    Path maven = failingMaven();
    assertOneBuildAfterTheOther(checkout, maven + ":" + System.getenv("PATH"));

    // As on macOS, which has no flock, and after a build that was killed.
    for (String tool :
        List.of(
            "bash",
            "sh",
            "env",
            "dirname",
            "basename",
            "readlink",
            "mkdir",
            "rmdir",
            "ln",
            "rm",
            "sleep",
            "grep",
            "sed",
            "find",
            "du",
            "cut",
            "tail",
            "head",
            "locale",
            "java")) {
      Files.createSymbolicLink(maven.resolve(tool), which(tool));
    }
    Process dead = new ProcessBuilder("true").start();
    dead.waitFor();
    Path lock = checkout.resolve("target/.build-lock.pid");
    Files.createSymbolicLink(lock, Path.of(String.valueOf(dead.pid())));
    assertOneBuildAfterTheOther(checkout, maven.toString());
    assertThat(Files.exists(lock, LinkOption.NOFOLLOW_LINKS)).isFalse();
  }

  /** Has characters that are not allowed in URIs, Spark's lists, Java's properties, or ASCII. */
  @Test
  void runsInAFolderOfAnyNameWithoutALocale() throws IOException, InterruptedException {
    Path checkout = checkout("größe #1, 50%41 'x' \"y\" [z] {?}");
    Idx.quadrants(checkout, 330, 1);
    Path log = folder.resolve("log");
    List<String> command = new ArrayList<>(List.of(checkout.resolve("submit/train").toString()));
    command.addAll(List.of(new Submit(Path.of("."), "").small("--epochs", "1", "--no-report")));
    command.addAll(List.of("--master", "local[1]", "--out", "läufe/eins"));
    ProcessBuilder builder = new ProcessBuilder(command).directory(checkout.toFile());
    builder.environment().keySet().removeAll(List.of("SPARK_HOME", "EQPROP_MASTER"));
    builder.environment().putAll(NO_LOCALE);
    int code = builder.redirectErrorStream(true).redirectOutput(log.toFile()).start().waitFor();
    assertThat(code).as(Files.readString(log)).isZero();
    assertThat(checkout.resolve("läufe/eins/result.json")).exists();
    assertThat(log).content().contains("läufe/eins/model.safetensors");
  }

  @Test
  void refusesAColonInThePathOfTheCheckout() throws IOException, InterruptedException {
    Path log = folder.resolve("log");
    Process process =
        script(checkout("a:b").resolve("submit/train"), Map.of())
            .redirectOutput(log.toFile())
            .start();
    assertThat(process.waitFor()).isEqualTo(2);
    assertThat(log).content().contains("contains a colon").hasLineCount(1);
  }

  /** Runs spark-submit directly, without a locale. */
  @Test
  void refusesArgumentsThatTheLocaleCannotDecode() throws IOException, InterruptedException {
    Map<String, String> utf8 = Map.of("LC_ALL", "", "LC_CTYPE", "", "LANG", "C.UTF-8");
    String shown = dry(utf8, "--master", "local[1]", "--print-config", "--out", "größe/run").out();
    assertThat(shown).doesNotContain("LC_ALL");
    Path log = folder.resolve("log");
    ProcessBuilder builder = new ProcessBuilder("bash", "-c", shown);
    builder.environment().put("LC_ALL", "POSIX");
    int code = builder.redirectErrorStream(true).redirectOutput(log.toFile()).start().waitFor();
    assertThat(log).content().contains("eqprop: the argument gr", "set LC_ALL=C.UTF-8");
    assertThat(code).isEqualTo(2);
  }

  @Test
  void printsNoEscapeCodesOnADumbTerminal() throws IOException, InterruptedException {
    Map<String, Boolean> escapes = new HashMap<>();
    for (String term : List.of("xterm", "dumb")) {
      Path log = folder.resolve(term);
      ProcessBuilder builder =
          new ProcessBuilder(
              "script", "-qec", BASE.resolve("submit/train") + " --help", "/dev/null");
      builder.environment().put("TERM", term);
      builder.environment().remove("NO_COLOR");
      builder.redirectErrorStream(true).redirectOutput(log.toFile());
      builder.redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
      assertThat(builder.start().waitFor()).isZero();
      assertThat(log).content().contains("--replicas");
      escapes.put(term, Files.readString(log).contains("\033"));
    }
    assertThat(escapes).isEqualTo(Map.of("xterm", true, "dumb", false));
  }
}
