package org.eqprop.cli;

import org.apache.hadoop.util.ShutdownHookManager;
import org.eqprop.report.Checkpoints;

/**
 * What happens when the process is told to end (SIGINT, SIGTERM) while it trains: the state after
 * the last epoch that has ended is written down, before Spark and the file systems close.
 */
final class Interruption implements AutoCloseable {
  /** Above those of Spark's context (50) and Hadoop's file systems (10), which run after. */
  private static final int FIRST = 100;

  private static volatile boolean interrupted;

  private final Runnable hook;

  /**
   * @param checkpoints told to write
   * @param folder of the run, for the message
   */
  Interruption(Checkpoints checkpoints, String folder) {
    hook =
        () -> {
          interrupted = true;
          int epoch = checkpoints.writeLast();
          System.err.println(
              epoch == 0
                  ? "eqprop: interrupted before the first epoch had ended: nothing is kept"
                  : "eqprop: interrupted: the state after epoch "
                      + epoch
                      + " is kept; go on with: train --resume "
                      + folder);
        };
    ShutdownHookManager.get().addShutdownHook(hook, FIRST);
  }

  /** Returns whether the process is ending because it was told to. */
  static boolean happened() {
    return interrupted;
  }

  @Override
  public void close() {
    if (!interrupted) {
      ShutdownHookManager.get().removeShutdownHook(hook);
    }
  }
}
