package org.eqprop;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** Runs the scripts in {@code submit/} like a user: as real processes, in a folder. */
public final class Submit {
  private static final Path BASE = Path.of(System.getProperty("eqprop.basedir", "."));

  private final Path folder;
  private final String master;
  private final Map<String, String> environment;

  /**
   * @param folder the working folder of the processes; {@link #small} requires images.idx and
   *     labels.idx of {@link Idx#quadrants} in it
   * @param master Spark's master URL
   */
  public Submit(Path folder, String master) {
    this(folder, master, Map.of());
  }

  /**
   * @param environment additional environment variables
   */
  public Submit(Path folder, String master, Map<String, String> environment) {
    this.folder = folder;
    this.master = master;
    this.environment = environment;
  }

  /** The result of a finished process. */
  public record Run(int code, String out, String err) {}

  /** A running process and the files of its output. */
  public record Running(Process process, Path out, Path err) {
    /** Waits until it ends. */
    public Run end() throws IOException, InterruptedException {
      assertThat(process.waitFor(240, TimeUnit.SECONDS)).as("ended in time").isTrue();
      String errors =
          Files.readString(err)
              .replaceAll("Picked up JAVA_TOOL_OPTIONS.*\n", "")
              // Spark 4 uses an incubator module.
              .replaceAll("WARNING: Using incubator modules.*\n", "");
      Run run = new Run(process.exitValue(), Files.readString(out), errors);
      assertThat(run.out + run.err).as("no stack trace").doesNotContain("\tat ");
      return run;
    }
  }

  public Run run(String verb, String... args) throws IOException, InterruptedException {
    return start(verb, args).end();
  }

  public Running start(String verb, String... args) throws IOException {
    return start(command(verb, args));
  }

  /**
   * Starts a process on its own terminal; its output goes to standard output. The process obeys
   * Ctrl-C even if these tests ignore it, as processes that a script starts in the background do.
   */
  public Running startOnATerminal(String verb, String... args) throws IOException {
    String line =
        command(verb, args).stream().map(word -> "'" + word + "'").collect(Collectors.joining(" "));
    return start(List.of("script", "-qec", "exec env --default-signal=INT " + line, "/dev/null"));
  }

  /** Starts a process whose output nobody reads, with a pipe that is nearly full. */
  public Running startUnread(String verb, String... args) throws IOException {
    List<String> line =
        new ArrayList<>(List.of("sh", "-c", "head -c 64000 /dev/zero; exec \"$@\"", "sh"));
    line.addAll(command(verb, args));
    return start(line, true);
  }

  private static List<String> command(String verb, String... args) {
    List<String> command =
        new ArrayList<>(List.of(BASE.resolve("submit").resolve(verb).toString()));
    command.addAll(List.of(args));
    return command;
  }

  private Running start(List<String> command) throws IOException {
    return start(command, false);
  }

  private Running start(List<String> command, boolean unread) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
    builder.environment().keySet().removeAll(List.of("SPARK_HOME", "EQPROP_MASTER"));
    builder.environment().put("EQPROP_MASTER", master);
    // Short processes start faster with the first compiler alone. A JVM's message about this
    // variable must not be mistaken for its version.
    builder.environment().put("JAVA_TOOL_OPTIONS", "-Deqprop.test=1 -XX:TieredStopAtLevel=1");
    builder.environment().putAll(environment);
    Path out = Files.createTempFile(folder, "stdout", "");
    Path err = Files.createTempFile(folder, "stderr", "");
    if (unread) {
      builder.redirectErrorStream(true);
    } else {
      builder.redirectOutput(out.toFile()).redirectError(err.toFile());
    }
    return new Running(builder.start(), out, err);
  }

  /** Returns the options of a small network on the folder's data, followed by others. */
  public String[] small(String... more) {
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
}
