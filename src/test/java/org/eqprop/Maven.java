package org.eqprop;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Runs Maven in a separate process. */
public final class Maven {
  private static final Path BASE = Path.of(System.getProperty("eqprop.basedir", "."));

  private static final Path LOCAL = Path.of(System.getProperty("eqprop.maven.repository", ""));

  private Maven() {}

  /** Returns the local repository of the build that runs the tests. */
  public static Path repository() {
    return LOCAL;
  }

  /** Runs Maven with that repository: see {@link #run(Path, Path, String...)}. */
  public static void run(Path log, String... arguments) throws IOException, InterruptedException {
    run(LOCAL, log, arguments);
  }

  /**
   * Runs Maven in this checkout, offline if the build that runs the tests is.
   *
   * @param repository the local repository
   * @param log receives all output
   * @param arguments options and goals
   */
  public static void run(Path repository, Path log, String... arguments)
      throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("eqprop.maven.home"), "bin", "mvn").toString(),
                "-B",
                "-ntp",
                "-q",
                "-Dmaven.repo.local=" + repository));
    if (System.getProperty("eqprop.maven.offline").equals("offline: true")) {
      command.add("-o");
    }
    command.addAll(List.of(arguments));
    int code =
        new ProcessBuilder(command)
            .directory(BASE.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start()
            .waitFor();
    assertThat(code).as("mvn %s: %s", List.of(arguments), Files.readString(log)).isZero();
  }
}
