package org.eqprop.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.net.UnknownHostException;
import java.util.List;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkException;
import org.apache.spark.network.util.JavaUtils;
import org.eqprop.base.InputException;
import org.eqprop.spark.TrainingFailedException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FailureTest {
  @AfterEach
  void local() {
    System.clearProperty("spark.master");
  }

  private static void cluster() {
    System.setProperty("spark.master", "spark://h:1"); // as spark-submit sets it
  }

  private static void check(Throwable e, int code, String... words) {
    Failure failure = Failure.of(e);
    assertThat(failure.getMessage()).contains(words).hasLineCount(1);
    assertThat(failure.code()).isEqualTo(code);
  }

  private static SparkException job(String reason, @Nullable Throwable cause) {
    String message =
        "Job aborted due to stage failure: Task 0 in stage 1.0 failed 4 times, most recent failure: "
            + reason
            + "\n\tat x.Y.z(Y.java:1)\nDriver stacktrace:";
    return cause == null ? new SparkException(message) : new SparkException(message, cause);
  }

  @Test
  void prefersThisProgramsOwnMessages() {
    check(job("x", new InputException("images: truncated")), 2, "images: truncated");
    check(new RuntimeException(new TrainingFailedException("diverged")), 3, "diverged");
    check(new RuntimeException(new Failure("said", 1)), 1, "said");
  }

  @Test
  void tellsTheDriversMemoryFromAnExecutors() {
    OutOfMemoryError heap = new OutOfMemoryError("Java heap space");
    check(heap, 1, "out of memory", "Java heap space", "--driver-memory");
    check(job("Lost task (localhost executor driver): " + heap, heap), 1, "--driver-memory");
    cluster();
    check(heap, 1, "--driver-memory");
    check(job("Lost task (10.0.0.2 executor 3): " + heap, null), 1, "--executor-memory");
    check(job("ExecutorLostFailure: Command exited with code 52", null), 1, "--executor-memory");
    check(
        job("Container killed by YARN for exceeding physical memory limits", null),
        1,
        "--executor-memory");
  }

  @Test
  void namesTheCauseOutsideThisProgramAndARemedy() {
    check(
        job("x", new IOException("No space left on device")), 1, "disk is full", "spark.local.dir");
    check(
        new RuntimeException(new UnknownHostException("h9")), 2, "unknown host: h9", "/etc/hosts");
    check(new StackOverflowError(), 1, "stack overflow", "-Xss");
    check(
        new NoClassDefFoundError("x"),
        1,
        "a library cannot be loaded: java.lang.NoClassDefFoundError: x; expected a job jar");
    check(
        new OutOfMemoryError("unable to create native thread"), 1, "no more threads", "ulimit -u");
    System.setProperty("spark.executor.memory", "abc");
    try {
      check(
          new RuntimeException(
              catchThrowable(() -> new SparkConf().getSizeAsMb("spark.executor.memory", "1g"))),
          2,
          "spark.executor.memory");
      check(
          catchThrowable(() -> JavaUtils.byteStringAsMb("abc")),
          2,
          "spark.executor.memory = abc: expected a size such as 512m or 4g");
      check(
          catchThrowable(() -> JavaUtils.timeStringAsSec("soon")),
          2,
          "a property of Spark = soon: expected a time such as 30s");
    } finally {
      System.clearProperty("spark.executor.memory");
    }
    check(
        new IllegalStateException("Cannot call methods on a stopped SparkContext.\nThis stopped"),
        1,
        "the cluster ended this application");
    check(
        job("Master removed our application: FAILED", null),
        1,
        "the cluster ended this application",
        "logs of the executors");
  }

  @Test
  void reportsAnythingElseInOneLineWithItsRoot() {
    check(
        new RuntimeException("outer", new IllegalStateException("inner\nmore")),
        1,
        "unexpected failure: java.lang.IllegalStateException: inner (EQPROP_DEBUG=1");
  }

  @Test
  void failsARunWithWarningsOnRequest() {
    Failure.requireNone(List.of());
    assertThatThrownBy(() -> Failure.requireNone(List.of("first", "second")))
        .isInstanceOfSatisfying(
            Failure.class, failure -> assertThat(failure.code()).isEqualTo(Main.FAILED))
        .hasMessage("--fail-on-warning: warning 1 of 2: first");
  }
}
