package org.eqprop.cli;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.function.Supplier;
import org.apache.hadoop.util.ShutdownHookManager;
import org.apache.logging.log4j.LogManager;
import org.eqprop.data.InputException;
import org.eqprop.data.Shown;
import org.eqprop.distributed.Replicas;
import org.eqprop.report.Checkpoints;
import org.jspecify.annotations.Nullable;

/**
 * What happens when the process is told to end (SIGINT, SIGTERM). While it trains, the state after
 * the last epoch that has ended is written down, the tasks are stopped, and the training's own
 * thread closes Spark, which is noisy where tasks still run. Otherwise nothing is to be kept, and
 * the process ends at once.
 */
final class Interruption {
  /** Above those of Spark's context (50) and Hadoop's file systems (10), which run after. */
  private static final int FIRST = 100;

  private static final int ATTEMPTS = 40;
  private static final long ATTEMPT_MILLIS = 500;
  private static final Runnable HOOK = Interruption::end;

  private static volatile boolean interrupted;
  private static volatile @Nullable Runnable ending;

  private Interruption() {}

  /** Begins to watch for signals. */
  static void watch() {
    ShutdownHookManager.get().addShutdownHook(HOOK, FIRST);
  }

  /** Lets the process end without further ado. */
  static void unwatch() {
    ShutdownHookManager hooks = ShutdownHookManager.get();
    if (!hooks.isShutdownInProgress()) {
      hooks.removeShutdownHook(HOOK);
    }
  }

  /** Returns whether the process is ending because it was told to. */
  static boolean happened() {
    return interrupted;
  }

  /**
   * Says what is to be kept, now that this thread trains a run.
   *
   * @param checkpoints told to write
   * @param folder of the run, for the message
   * @param cluster whose tasks are stopped
   */
  static void training(Checkpoints checkpoints, String folder, Replicas cluster) {
    during(() -> kept(checkpoints, folder), cluster::cancel);
  }

  /**
   * Says what is to be kept, now that this thread does what takes long.
   *
   * @param kept goes on from «interrupted»; thrown from, where nothing more can be kept
   * @param cancel makes this thread end soon; called again until it has
   */
  static void during(Supplier<String> kept, Runnable cancel) {
    Thread thread = Thread.currentThread();
    ending =
        () -> {
          try {
            System.err.println("eqprop: interrupted" + Shown.line(kept.get()));
          } finally {
            silence();
            stop(cancel, thread);
          }
        };
  }

  /** Says that all is written that was to be kept. */
  static void done() {
    ending = null;
  }

  private static String kept(Checkpoints checkpoints, String folder) {
    try {
      int epoch = checkpoints.writeLast();
      return epoch == 0
          ? " before the first epoch had ended: nothing is kept"
          : ": the state after epoch " + epoch + " is kept; go on with: train --resume " + folder;
    } catch (InputException e) {
      return "; no further checkpoint: " + e.getMessage();
    }
  }

  private static void end() {
    interrupted = true;
    Runnable action = ending;
    if (action != null) {
      action.run();
    } else {
      System.err.println("eqprop: interrupted");
      Runtime.getRuntime().halt(Main.INTERRUPTED);
    }
  }

  /** All is said; what Spark and Scala say of tasks that are cut short concerns nobody. */
  private static void silence() {
    LogManager.shutdown();
    System.setErr(new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8));
  }

  /** Repeated, since a job may have been about to begin. */
  private static void stop(Runnable cancel, Thread training) {
    try {
      for (int i = 0; i < ATTEMPTS && training.isAlive(); i++) {
        cancel.run();
        training.join(ATTEMPT_MILLIS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
