package org.eqprop.example;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;

/**
 * Runs the programs of this package as users would: in separate processes and from their own jar.
 */
public final class Examples {
  private static final Path BASE = Path.of(System.getProperty("eqprop.basedir", "."));
  private static final Path SPARK = BASE.resolve("target/spark-home");
  private static final String JOB = System.getProperty("eqprop.job.jar", "");

  private Examples() {}

  /** The exit code of a process and everything it printed, on both streams. */
  public record Run(int code, String out) {
    /** Returns the number after a word at the start of a line. */
    public double number(String word) {
      return out.lines()
          .filter(line -> line.startsWith(word + " "))
          .mapToDouble(line -> Double.parseDouble(line.substring(word.length() + 1)))
          .findFirst()
          .orElseThrow(() -> new AssertionError("no " + word + " in:\n" + out));
    }
  }

  /** Runs a program with the job jar and Spark's jars on the class path. */
  public static Run java(Path folder, Class<?> program, String... args) {
    List<String> command = jvm(jar(folder) + ":" + JOB + ":" + SPARK.resolve("jars") + "/*");
    command.add(program.getName());
    command.addAll(List.of(args));
    return run(SPARK, folder, command);
  }

  /** Runs a program with spark-submit. */
  public static Run submit(
      Path folder, String master, List<String> options, Class<?> program, String... args) {
    return submit(SPARK, folder, master, options, program, args);
  }

  /** Runs a program with the spark-submit of another Spark home. */
  public static Run submit(
      Path home, Path folder, String master, Class<?> program, String... args) {
    return submit(home, folder, master, List.of(), program, args);
  }

  private static Run submit(
      Path home,
      Path folder,
      String master,
      List<String> options,
      Class<?> program,
      String... args) {
    List<String> command = jvm(home.resolve("jars") + "/*");
    command.addAll(
        List.of(
            "org.apache.spark.deploy.SparkSubmit",
            "--master",
            master,
            "--class",
            program.getName(),
            "--jars",
            JOB,
            "--conf",
            "spark.ui.enabled=false",
            "--conf",
            "spark.driver.host=127.0.0.1",
            "--conf",
            "spark.executorEnv.OMP_NUM_THREADS=1",
            "--conf",
            "spark.executor.extraJavaOptions=-Dorg.bytedeco.javacpp.cachedir=javacpp-cache"));
    command.addAll(options);
    command.add(jar(folder).toString());
    command.addAll(List.of(args));
    return run(home, folder, command);
  }

  private static List<String> jvm(String classPath) {
    List<String> command =
        new ArrayList<>(
            List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx2g"));
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(argument -> argument.startsWith("--add-opens"))
        .forEach(command::add);
    command.addAll(
        List.of("-Dlog4j2.configurationFile=" + BASE.resolve("conf/log4j2.properties"), "-cp"));
    command.add(classPath);
    return command;
  }

  private static Run run(Path home, Path folder, List<String> command) {
    try {
      Path out = Files.createTempFile(folder, "example", "");
      ProcessBuilder builder =
          new ProcessBuilder(command)
              .directory(folder.toFile())
              .redirectErrorStream(true)
              .redirectOutput(out.toFile());
      builder.environment().put("SPARK_HOME", home.toString());
      builder.environment().put("SPARK_LOCAL_IP", "127.0.0.1");
      builder.environment().put("OMP_NUM_THREADS", "1");
      Process process = builder.start();
      if (!process.waitFor(240, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new AssertionError("did not finish within 240 s: " + Files.readString(out));
      }
      return new Run(process.exitValue(), Files.readString(out));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** Packs this package's classes into a jar. */
  private static Path jar(Path folder) {
    Path classes = BASE.resolve("target/test-classes");
    Path jar = folder.resolve("examples.jar");
    try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar));
        Stream<Path> files = Files.list(classes.resolve("org/eqprop/example"))) {
      for (Path file : files.toList()) {
        out.putNextEntry(new JarEntry(classes.relativize(file).toString()));
        Files.copy(file, out);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return jar;
  }
}
