package org.eqprop.cli;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.apache.hadoop.service.launcher.IrqHandler;
import org.apache.hadoop.util.ShutdownHookManager;
import org.apache.logging.log4j.LogManager;
import org.eqprop.base.InputException;
import org.eqprop.base.SafeText;
import org.eqprop.run.Checkpoints;
import org.eqprop.spark.ReplicaGroup;
import org.jspecify.annotations.Nullable;

/**
 * Ends the process before its work is done: on SIGINT, SIGTERM and SIGHUP, when this program gives
 * up, and when Spark calls {@code System.exit}. Prints the reason in one line, saves what can be
 * saved, stops the tasks, and leaves the rest (Spark's temporary folders, open files) to the
 * shutdown hooks that run after it. Even if something hangs, the process ends within a bounded
 * time.
 */
final class Interruption {
  /**
   * Priority above those of Spark's context (50) and Hadoop's file systems (10), which run later.
   */
  private static final int FIRST = 100;

  private static final int LAST = 1;
  private static final List<String> SIGNALS = List.of("HUP", "INT", "TERM");
  private static final int SIGNAL_CODE = 128;
  private static final int ATTEMPTS = 16;
  private static final long ATTEMPT_MILLIS = 500;

  /**
   * How long the end may take: Hadoop limits each of its shutdown hooks to 30 s, but not their sum.
   */
  private static final long MOST_SECONDS = 50;

  /** How long the end may take after a second signal. */
  private static final long HURRY_SECONDS = 10;

  private static final Runnable FIRST_HOOK = Interruption::end;
  private static final Runnable LAST_HOOK = Interruption::correctExitCode;
  private static final AtomicReference<@Nullable Cause> CAUSE = new AtomicReference<>();

  private static volatile @Nullable Ending ending;
  private static volatile boolean hurry;

  private Interruption() {}

  /**
   * The reason why the process ends.
   *
   * @param joint separator between the message and what was saved
   * @param foreign whether Spark chose the exit code
   */
  private record Cause(String message, String joint, int code, boolean foreign) {}

  /** How to end the work of a thread early. */
  private record Ending(Supplier<String> kept, Runnable cancel, Thread thread) {}

  /** Starts watching for signals and for exits that this program did not request. */
  static void watch() {
    // Our own handlers, since a shutdown hook can't tell a signal from a call of System.exit. Not
    // Spark's: while one of its handlers runs, Java's default handler is back, and a second signal
    // would look like an exit by Spark.
    try {
      for (String name : SIGNALS) {
        new IrqHandler(name, signal -> signalled(SIGNAL_CODE + signal.getNumber())).bind();
      }
    } catch (IllegalArgumentException e) {
      // The user has reserved the signals for the operating system (-Xrs).
    }
    ShutdownHookManager.get().addShutdownHook(FIRST_HOOK, FIRST);
    ShutdownHookManager.get().addShutdownHook(LAST_HOOK, LAST);
    Thread.setDefaultUncaughtExceptionHandler(Interruption::uncaught);
  }

  /** Stops watching. */
  static void unwatch() {
    ShutdownHookManager hooks = ShutdownHookManager.get();
    if (!hooks.isShutdownInProgress()) {
      hooks.removeShutdownHook(FIRST_HOOK);
      hooks.removeShutdownHook(LAST_HOOK);
    }
  }

  /** Returns whether the process is ending before its work is done. */
  static boolean happened() {
    return CAUSE.get() != null;
  }

  /**
   * Sets what is saved from now on if this thread's training is interrupted.
   *
   * @param checkpoints of the run, which save the last epoch
   * @param folder of the run, for the message
   * @param replicas whose tasks are stopped
   */
  static void training(Checkpoints checkpoints, String folder, ReplicaGroup replicas) {
    during(() -> kept(checkpoints, folder), replicas::cancel);
  }

  /**
   * Sets what happens from now on if this thread's work is interrupted.
   *
   * @param kept saves what can be saved, and describes it for the line with the reason; empty if
   *     there is nothing to say
   * @param cancel makes this thread end soon; called repeatedly until it has ended
   */
  static void during(Supplier<String> kept, Runnable cancel) {
    ending = new Ending(kept, cancel, Thread.currentThread());
  }

  /**
   * Ends the process from a thread other than the working one. Does not return.
   *
   * @param message one line: what happened and what to do
   * @param code exit code
   */
  static void giveUp(String message, int code) {
    begin(new Cause(message, "; ", code, false));
    System.exit(code);
  }

  /** Ends the process on a signal. A second signal ends the wait for tasks. */
  private static void signalled(int code) {
    if (begin(new Cause("interrupted", ": ", code, false))) {
      System.exit(code);
    } else {
      hurry = true;
      haltLater(HURRY_SECONDS);
    }
  }

  /**
   * Sets the reason why the process ends, unless it is already set. From then on the process ends,
   * even if a terminal takes no more output, a storage does not answer, or a shutdown hook waits
   * for a lock.
   *
   * @return whether this call has set the reason
   */
  private static boolean begin(Cause cause) {
    boolean first = CAUSE.compareAndSet(null, cause);
    if (first) {
      haltLater(MOST_SECONDS);
    }
    return first;
  }

  /**
   * Ends the process if it runs out of memory or stack: Spark's own threads then die, and threads
   * that wait for them would wait forever. Other exceptions are only warnings.
   */
  private static void uncaught(Thread thread, Throwable e) {
    if (happened()) {
      return; // a consequence of the shutdown
    }
    Failure failure = Failure.of(e);
    if (e instanceof VirtualMachineError) {
      giveUp(failure.getMessage() + " (thread " + thread.getName() + ")", failure.code());
    }
    System.err.println(
        "eqprop: warning: "
            + SafeText.line("thread " + thread.getName() + ": " + failure.getMessage()));
  }

  private static String kept(Checkpoints checkpoints, String folder) {
    try {
      int epoch = checkpoints.writeLast();
      return epoch == 0
          ? "no epoch has finished, so nothing is saved"
          : "the state after epoch " + epoch + " is kept; continue with: train --resume " + folder;
    } catch (InputException e) {
      return "no further checkpoint: " + e.getMessage();
    }
  }

  private static void end() {
    begin(
        new Cause(
            "Spark ended this process, see its error above (if memory was short, give more with"
                + " --driver-memory 8g; if its local folder cannot be used, choose another with"
                + " --conf spark.local.dir=DIR)",
            "; ",
            Main.FAILED,
            true));
    Cause cause = java.util.Objects.requireNonNull(CAUSE.get());
    Ending action = ending;
    String kept;
    try {
      kept = action == null ? "" : action.kept.get();
    } catch (RuntimeException e) {
      kept = "nothing more can be saved: " + InputException.reason(e);
    }
    System.err.println(
        "eqprop: " + SafeText.line(cause.message + (kept.isEmpty() ? "" : cause.joint + kept)));
    silence();
    if (action != null) {
      stop(action.cancel, action.thread);
    }
  }

  private static void haltLater(long seconds) {
    int code = java.util.Objects.requireNonNull(CAUSE.get()).code;
    Thread thread =
        new Thread(
            () -> {
              try {
                TimeUnit.SECONDS.sleep(seconds);
              } catch (InterruptedException e) {
                return;
              }
              Runtime.getRuntime().halt(code);
            },
            "halt");
    thread.setDaemon(true);
    thread.start();
  }

  /** Replaces Spark's own exit codes (50 to 56), which mean nothing to a user. */
  private static void correctExitCode() {
    Cause cause = CAUSE.get();
    if (cause != null && cause.foreign) {
      Runtime.getRuntime().halt(cause.code);
    }
  }

  /** Silences what Spark and Scala print about cancelled tasks. */
  private static void silence() {
    LogManager.shutdown();
    System.setErr(new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8));
  }

  /** Cancels repeatedly, since a job may have been about to start. */
  private static void stop(Runnable cancel, Thread thread) {
    try {
      for (int i = 0; i < ATTEMPTS && thread.isAlive() && !exits(thread) && !hurry; i++) {
        cancel.run();
        thread.join(ATTEMPT_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Returns whether a thread is itself in System.exit, which waits for the shutdown hooks. */
  private static boolean exits(Thread thread) {
    return Arrays.stream(thread.getStackTrace())
        .anyMatch(frame -> frame.getClassName().equals("java.lang.Shutdown"));
  }
}
