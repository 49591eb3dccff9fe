package org.eqprop.spark;

import org.apache.spark.TaskContext;

/** The Spark task that this thread runs, if any. */
public final class RunningTask {
  private RunningTask() {}

  /**
   * Ends the task if its speculative copy was faster or its job was cancelled; does nothing outside
   * tasks. Called after each batch.
   */
  public static void endIfKilled() {
    TaskContext task = TaskContext.get();
    if (task != null) {
      task.killTaskIfInterrupted();
    }
  }
}
