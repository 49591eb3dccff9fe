package org.eqprop.backend.blas;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests OpenBLAS in separate processes, since a process loads a library only once. */
class OpenBlasIT {
  @TempDir Path folder;

  /** Prints OpenBLAS's kernels and threads. */
  static final class Probe {
    private Probe() {}

    public static void main(String[] arguments) {
      System.out.println(OpenBlas.load().description());
    }
  }

  private List<String> lines(String... options) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of(options));
    command.add("-Dlog4j2.configurationFile=conf/log4j2.properties");
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Probe.class.getName()));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return output.lines().toList();
  }

  /**
   * Returns a folder that cannot be created, which has the same effect as one whose files cannot be
   * executed.
   */
  private String nowhere() throws IOException {
    return Files.createFile(folder.resolve("file")).resolve("below").toString();
  }

  @Test
  void kernelsAndThreadsAreKnownWithoutATemporaryFolder() throws IOException {
    List<String> expected = lines();
    assertThat(expected).singleElement().asString().endsWith(" kernels, 1 thread per task");
    assertThat(lines("-Djna.tmpdir=" + nowhere())).isEqualTo(expected);
  }

  @Test
  void withoutJnaItReportsTheRemedyAndNoThreads() throws IOException {
    String nowhere = nowhere();
    List<String> lines =
        lines(
            "-Djna.boot.library.path=" + nowhere,
            "-Djna.nosys=true",
            "-Djna.nounpack=true",
            "-Djna.tmpdir=" + nowhere);
    assertThat(lines).hasSize(2);
    assertThat(lines.get(0))
        .contains("OpenBLAS chooses its kernels on its own", "set -Djna.tmpdir=FOLDER");
    assertThat(lines.get(1)).isEqualTo("unknown kernels");
  }
}
