package org.eqprop.cli;

import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.deploy.SparkHadoopUtil;
import org.eqprop.data.Storage;

/** Opens Spark as spark-submit has configured it, or in local mode. */
final class Spark {
  private Spark() {}

  /**
   * Returns a storage that knows the Hadoop settings of Spark's configuration too ({@code
   * spark.hadoop.*}).
   */
  static Storage storage() {
    return new Storage(SparkHadoopUtil.get().conf());
  }

  static JavaSparkContext open(String name) {
    SparkConf conf = new SparkConf().setAppName("EqProp " + name);
    conf.setIfMissing("spark.master", "local[*]");
    conf.setIfMissing("spark.executorEnv.OMP_NUM_THREADS", "1");
    return new JavaSparkContext(conf);
  }
}
