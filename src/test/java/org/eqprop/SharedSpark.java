package org.eqprop;

import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;

/** A single Spark context for all tests of a JVM; it stops with the JVM. */
public final class SharedSpark {
  private static final JavaSparkContext CONTEXT =
      new JavaSparkContext(
          new SparkConf()
              .setMaster("local[2]")
              .setAppName("tests")
              .set("spark.ui.enabled", "false")
              .set("spark.driver.host", "localhost")
              .set("spark.driver.bindAddress", "127.0.0.1")
              .set("spark.executor.heartbeatInterval", "2s"));

  private SharedSpark() {}

  public static JavaSparkContext context() {
    return CONTEXT;
  }
}
