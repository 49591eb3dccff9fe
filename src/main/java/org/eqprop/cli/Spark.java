package org.eqprop.cli;

import java.util.concurrent.TimeUnit;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.deploy.SparkHadoopUtil;
import org.apache.spark.serializer.JavaSerializer;
import org.eqprop.data.InputException;
import org.eqprop.data.Storage;

/** Opens Spark as spark-submit has configured it, or in local mode. */
final class Spark {
  private static final long POLL_MILLIS = 200;
  private static final int SETTLED_POLLS = 15;
  private static final int MOST_POLLS = 150;

  private Spark() {}

  /**
   * Returns a storage that knows the Hadoop settings of Spark's configuration too ({@code
   * spark.hadoop.*}).
   */
  static Storage storage() {
    return new Storage(SparkHadoopUtil.get().conf());
  }

  /**
   * Checks that a folder is somewhere where others can find it, too.
   *
   * @throws InputException if the driver runs on a machine of the cluster and the folder would be
   *     local to that
   */
  static void checkReachable(String option, String location) {
    boolean elsewhere = new SparkConf().get("spark.submit.deployMode", "client").equals("cluster");
    if (elsewhere && new Path(location).toUri().getScheme() == null) {
      throw new InputException(
          option
              + " "
              + location
              + ": the driver runs on the cluster (--deploy-mode cluster): expected a URI, such as"
              + " hdfs://HOST/DIR");
    }
  }

  static JavaSparkContext open(String name) {
    SparkConf conf = new SparkConf();
    conf.setIfMissing("spark.master", "local[*]");
    // spark-submit calls an application by its main class unless it is told a name.
    if (conf.get("spark.app.name", Main.class.getName()).equals(Main.class.getName())) {
      conf.setAppName("EqProp " + name);
    }
    // Tasks carry records and immutable lists, which Kryo does not know how to make.
    conf.set("spark.serializer", JavaSerializer.class.getName());
    conf.setIfMissing("spark.executorEnv.OMP_NUM_THREADS", "1");
    // Weights do not compress, and a replica's fit into the message that says its task is done:
    // measured, the two halve what a round costs beyond computing (ADR 6).
    conf.setIfMissing("spark.broadcast.compress", "false");
    conf.setIfMissing("spark.task.maxDirectResultSize", String.valueOf(32 << 20));
    return new JavaSparkContext(conf);
  }

  /**
   * Returns how many cores Spark has. On a cluster the executors register one after another, so
   * this waits until their number has settled.
   */
  static int cores(JavaSparkContext spark) {
    int cores = spark.defaultParallelism();
    if (spark.isLocal()) {
      return cores;
    }
    int settled = 0;
    for (int poll = 0; poll < MOST_POLLS && settled < SETTLED_POLLS; poll++) {
      try {
        TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return cores;
      }
      int now = spark.defaultParallelism();
      boolean executors = spark.sc().getExecutorMemoryStatus().size() > 1; // the driver is one
      settled = executors && now == cores ? settled + 1 : 0;
      cores = now;
    }
    return cores;
  }
}
