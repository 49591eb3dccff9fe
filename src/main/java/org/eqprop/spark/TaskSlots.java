package org.eqprop.spark;

import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaSparkContext;

/**
 * How many tasks Spark can run at a time: the cores of its executors over {@code spark.task.cpus}.
 * {@code spark.default.parallelism} says nothing about it: it is a number of partitions.
 */
public final class TaskSlots {
  private TaskSlots() {}

  /** Returns the slots of the executors that are registered now; 0 if there are none. */
  public static int of(JavaSparkContext spark) {
    SparkContext context = spark.sc();
    return context.maxNumConcurrentTasks(context.resourceProfileManager().defaultResourceProfile());
  }
}
