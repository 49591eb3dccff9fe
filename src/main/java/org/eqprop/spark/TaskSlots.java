package org.eqprop.spark;

import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * The number of tasks that Spark can run at the same time: the cores of its executors divided by
 * {@code spark.task.cpus}. {@code spark.default.parallelism} does not tell it: that is a number of
 * partitions.
 */
public final class TaskSlots {
  private TaskSlots() {}

  /** Returns the slots of the executors that are registered now; 0 if there are none. */
  public static int of(JavaSparkContext spark) {
    SparkContext context = spark.sc();
    return context.maxNumConcurrentTasks(context.resourceProfileManager().defaultResourceProfile());
  }
}
