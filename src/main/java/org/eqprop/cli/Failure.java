package org.eqprop.cli;

import java.net.UnknownHostException;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.spark.SparkConf;
import org.eqprop.base.InputException;
import org.eqprop.spark.TrainingFailedException;
import scala.Tuple2;

/** A failure as the user sees it: one line with the remedy, and the exit code. */
final class Failure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** How Spark reports an executor that ran out of memory. */
  private static final List<String> EXECUTOR_MEMORY =
      List.of(
          "OutOfMemoryError",
          "Command exited with code 52",
          "exit code 52",
          "Command exited with code 137",
          "exit code 137",
          "exceeding physical memory limits",
          "exceeding memory limits");

  private static final List<String> DISK_FULL =
      List.of("No space left on device", "Disk quota exceeded");

  private static final List<String> ENDED =
      List.of(
          "stopped SparkContext", "SparkContext was shut down", "SparkContext has been shutdown");

  /** How Spark reports a property that it cannot read: with its name, or only with the value. */
  private static final Pattern ILLEGAL_PROPERTY =
      Pattern.compile("Illegal value for config key (\\S+): (.*)");

  private static final Pattern ILLEGAL_SIZE =
      Pattern.compile("(Size|Time) must be specified as [^\\n]*\\n[^\\n]*: ?(\\S+)");

  private static final String REMOVED = "Master removed our application";

  private final int code;

  Failure(String message, int code, Throwable cause) {
    super(message, cause);
    this.code = code;
  }

  Failure(String message, int code) {
    super(message);
    this.code = code;
  }

  /**
   * Fails if there are warnings: {@code --fail-on-warning}.
   *
   * @param warnings of a finished run
   * @throws Failure if there are any
   */
  static void requireNone(List<String> warnings) {
    if (!warnings.isEmpty()) {
      throw new Failure(
          "--fail-on-warning: warning 1 of " + warnings.size() + ": " + warnings.get(0),
          Main.FAILED);
    }
  }

  int code() {
    return code;
  }

  /** Explains an exception or error. */
  static Failure of(Throwable e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof Failure failure) {
        return failure;
      }
      if (cause instanceof InputException) {
        return new Failure(String.valueOf(cause.getMessage()), Main.BAD_INPUT, e);
      }
      if (cause instanceof TrainingFailedException) {
        return new Failure(String.valueOf(cause.getMessage()), Main.TRAINING_FAILED, e);
      }
    }
    if (e instanceof LinkageError) {
      return new Failure(
          "a library cannot be loaded: "
              + firstLine(e)
              + "; expected a job jar built for this platform (mvn package -Dnative.platform=…)",
          Main.FAILED,
          e);
    }
    return ofSurroundings(e);
  }

  /** Explains failures of memory, disk, network and cluster. */
  private static Failure ofSurroundings(Throwable e) {
    String text = text(e);
    Throwable root = root(e);
    boolean local = Spark.isLocal(new SparkConf());
    if (root instanceof StackOverflowError) {
      return failed(
          "stack overflow; give the driver a larger stack (--driver-java-options -Xss16m)", e);
    }
    if (root instanceof NumberFormatException) {
      Optional<String> malformed = malformedProperty(text);
      if (malformed.isPresent()) {
        return new Failure(malformed.get(), Main.BAD_INPUT, e);
      }
    }
    if (text.contains("unable to create native thread")) {
      return failed(
          "the system allows no more threads: "
              + firstLine(root)
              + "; raise its limit (ulimit -u), or let fewer cores compute (--master local[N])",
          e);
    }
    boolean here = local || !text.contains("stage failure");
    if (here && text.contains("OutOfMemoryError")) {
      return failed(
          "out of memory: "
              + firstLine(root)
              + "; give the driver more than the present "
              + new SparkConf().get("spark.driver.memory", "1g")
              + " (--driver-memory)",
          e);
    }
    if (text.contains("stage failure") && containsAny(text, EXECUTOR_MEMORY)) {
      return failed(
          "out of memory on an executor; give executors more (--executor-memory 4g; outside the"
              + " heap: -Dorg.bytedeco.javacpp.maxbytes in spark.executor.extraJavaOptions and"
              + " spark.executor.memoryOverhead), or train with more replicas",
          e);
    }
    if (containsAny(text, DISK_FULL)) {
      return failed(
          "the disk is full: "
              + firstLine(root)
              + "; free some space, or choose another folder for Spark's files (--conf"
              + " spark.local.dir=DIR)",
          e);
    }
    if (root instanceof UnknownHostException) {
      return new Failure(
          "unknown host: "
              + root.getMessage()
              + ": expected a name that this machine can resolve; if it is the machine's own, add it"
              + " to /etc/hosts or set SPARK_LOCAL_IP",
          Main.BAD_INPUT,
          e);
    }
    if (text.contains(REMOVED) || containsAny(text, ENDED)) {
      return failed(
          "the cluster ended this application: its executors failed repeatedly, or somebody"
              + " killed it; see the logs of the executors and of the master",
          e);
    }
    return failed(
        "unexpected failure: " + firstLine(root) + " (EQPROP_DEBUG=1 shows the stack trace)", e);
  }

  /** Returns what is wrong with the property of Spark that Spark could not read, if it was one. */
  private static Optional<String> malformedProperty(String text) {
    Matcher named = ILLEGAL_PROPERTY.matcher(text);
    if (named.find()) {
      return Optional.of(
          named.group(1) + ": " + named.group(2) + ": expected a value that Spark can read");
    }
    Matcher value = ILLEGAL_SIZE.matcher(text);
    if (!value.find()) {
      return Optional.empty();
    }
    String key =
        Stream.of(new SparkConf().getAll())
            .filter(property -> property._2.equals(value.group(2)))
            .map(Tuple2::_1)
            .findFirst()
            .orElse("a property of Spark");
    String expected =
        value.group(1).equals("Size") ? "a size such as 512m or 4g" : "a time such as 30s";
    return Optional.of(key + " = " + value.group(2) + ": expected " + expected);
  }

  private static Failure failed(String message, Throwable e) {
    return new Failure(message, Main.FAILED, e);
  }

  private static boolean containsAny(String text, List<String> words) {
    return words.stream().anyMatch(text::contains);
  }

  /** Returns the text of all causes, since Spark only has the text of an executor's failure. */
  private static String text(Throwable e) {
    StringBuilder text = new StringBuilder();
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      text.append(cause).append('\n');
    }
    return text.toString();
  }

  private static Throwable root(Throwable e) {
    Throwable root = e;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    return root;
  }

  private static String firstLine(Throwable e) {
    return e.toString().lines().findFirst().orElse("");
  }
}
