package org.eqprop.cli;

import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;

/** Opens Spark as spark-submit has configured it, or in local mode. */
final class Spark {
  private Spark() {}

  static JavaSparkContext open(String name) {
    SparkConf conf = new SparkConf().setAppName("EqProp " + name);
    conf.setIfMissing("spark.master", "local[*]");
    conf.setIfMissing("spark.executorEnv.OMP_NUM_THREADS", "1");
    return new JavaSparkContext(conf);
  }
}
