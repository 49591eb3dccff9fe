package org.eqprop.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.util.List;
import java.util.StringJoiner;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkContext$;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.deploy.SparkHadoopUtil;
import org.apache.spark.serializer.JavaSerializer;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.util.Utils;
import org.eqprop.backend.Backend;
import org.eqprop.base.InputException;
import org.eqprop.spark.SparkMethod;
import org.eqprop.spark.TaskSlots;
import org.eqprop.storage.Storage;

/** Opens Spark as spark-submit has configured it, or in local mode. */
final class Spark {
  private static final long POLL_MILLIS = 200;
  private static final int SETTLED_POLLS = 15;
  private static final int MOST_POLLS = 150;

  /** No cluster has as many slots: a larger limit of dynamic allocation means «no limit». */
  private static final int MOST_SLOTS = 100_000;

  private static final SparkMethod LOCAL_DIRS =
      SparkMethod.of(Utils.class, "getConfiguredLocalDirs");

  private Spark() {}

  /**
   * Returns a storage that also knows the Hadoop settings in Spark's configuration ({@code
   * spark.hadoop.*}).
   */
  static Storage storage() {
    return new Storage(SparkHadoopUtil.get().conf());
  }

  /**
   * Checks that other machines can reach a folder, too.
   *
   * @throws InputException if the driver runs on a machine of the cluster and the folder would be
   *     local to that machine
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

  /**
   * Opens Spark.
   *
   * @param backends the backends that tasks will use; on a cluster the executors check them
   * @throws InputException if tasks will run in this process and one of the backends does not work
   */
  static JavaSparkContext open(String name, Backend... backends) {
    return open(name, false, backends);
  }

  /**
   * Opens Spark.
   *
   * @param tables whether the data are tables, which need a Spark session
   * @param backends the backends that tasks will use; on a cluster the executors check them
   * @throws InputException if tasks will run in this process and one of the backends does not work
   */
  static JavaSparkContext open(String name, boolean tables, Backend... backends) {
    SparkConf conf = new SparkConf();
    conf.setIfMissing("spark.master", "local[*]");
    if (isLocal(conf)) {
      List.of(backends).forEach(Backend::check);
    }
    // spark-submit names an application after its main class unless it is given a name.
    if (conf.get("spark.app.name", Main.class.getName()).equals(Main.class.getName())) {
      conf.setAppName("EqProp " + name);
    }
    // Tasks carry records and immutable lists, which Kryo cannot create.
    conf.set("spark.serializer", JavaSerializer.class.getName());
    conf.setIfMissing("spark.executorEnv.OMP_NUM_THREADS", "1");
    // Java encodes file names by the locale; without one, in ASCII.
    conf.setIfMissing("spark.executorEnv.LC_ALL", "C.UTF-8");
    // Weights do not compress, and a replica's weights fit into the result message of its task.
    // Measured: these two settings halve the cost of a round beyond computing (ADR 6).
    conf.setIfMissing("spark.broadcast.compress", "false");
    conf.setIfMissing("spark.task.maxDirectResultSize", String.valueOf(32 << 20));
    if (isLocal(conf)) {
      // An error in a task fails the run. By default Spark would exit when memory runs out.
      conf.setIfMissing("spark.executor.killOnFatalError.depth", "0");
    }
    checkTaskCores(conf);
    checkLocalFolders(conf);
    StandaloneMaster.checkListens(conf.get("spark.master"));
    return connect(conf, tables);
  }

  private static JavaSparkContext connect(SparkConf conf, boolean tables) {
    Thread thread = Thread.currentThread();
    AtomicBoolean once = new AtomicBoolean(isLocal(conf)); // local mode opens at once
    Interruption.during(
        () -> "",
        () -> {
          if (!once.getAndSet(true)) {
            thread.interrupt();
          }
        });
    ExecutorWatch watch = ExecutorWatch.start(conf);
    JavaSparkContext spark;
    try {
      spark =
          tables
              ? JavaSparkContext.fromSparkContext(
                  SparkSession.builder().config(conf).getOrCreate().sparkContext())
              : new JavaSparkContext(conf);
    } catch (RuntimeException e) {
      watch.close();
      throw e;
    }
    Interruption.during(
        () -> "",
        () -> {
          if (!spark.sc().isStopped()) {
            spark.sc().cancelAllJobs();
          }
        });
    watch.opened(spark);
    if (Interruption.happened()) {
      spark.close();
      throw new CancellationException();
    }
    if (unanswered(spark)) {
      spark.close();
      throw new InputException(
          "--master "
              + spark.master()
              + ": no answer: expected a running standalone master of Spark "
              + spark.version()
              + " that is reachable"
              + " from here, and that can reach this machine (spark.driver.host)");
    }
    return spark;
  }

  /**
   * Returns whether Spark has given up on a standalone master, which takes a minute. Spark then
   * makes up an application ID, and its context is about to stop.
   */
  private static boolean unanswered(JavaSparkContext spark) {
    return spark.master().startsWith("spark:")
        && spark.sc().applicationId().startsWith("spark-application-");
  }

  /**
   * Checks that a task fits into an executor; Spark would fail with an exception.
   *
   * @throws InputException if {@code spark.task.cpus} is not a whole number from 1, or is more than
   *     the cores of an executor
   */
  static void checkTaskCores(SparkConf conf) {
    String value = conf.get("spark.task.cpus", "1");
    if (!value.matches("[1-9]\\d{0,8}")) {
      throw new InputException("spark.task.cpus = " + value + ": expected a whole number from 1");
    }
    String master = conf.get("spark.master", "local");
    String asked = conf.get("spark.executor.cores", master.equals("yarn") ? "1" : "");
    String cores =
        isLocal(conf) ? String.valueOf(SparkContext$.MODULE$.numDriverCores(master)) : asked;
    if (cores.matches("\\d{1,9}") && Integer.parseInt(cores) < Integer.parseInt(value)) {
      throw new InputException(
          "spark.task.cpus = "
              + value
              + ": expected at most the number of cores of an executor, "
              + cores
              + (isLocal(conf) ? " (--master " + master + ")" : " (spark.executor.cores)"));
    }
  }

  /** Checks that Spark has a usable local folder; without one, Spark would call System.exit. */
  private static void checkLocalFolders(SparkConf conf) {
    StringJoiner unusable = new StringJoiner(", ");
    for (String folder : LOCAL_DIRS.call(String[].class, null, conf)) {
      try {
        java.nio.file.Path path = java.nio.file.Path.of(folder);
        Files.createDirectories(path);
        Files.delete(Files.createTempFile(path, "eqprop-", ".tmp"));
        return;
      } catch (IOException | InvalidPathException e) {
        unusable.add(folder + " (" + InputException.reason(e) + ")");
      }
    }
    throw new Failure(
        "Spark's local folder cannot be used: "
            + unusable
            + ": choose a folder that can be written to, with --conf spark.local.dir=DIR (or"
            + " SPARK_LOCAL_DIRS)",
        Main.FAILED);
  }

  static boolean isLocal(SparkConf conf) {
    String master = conf.get("spark.master", "local");
    return master.equals("local") || master.startsWith("local[");
  }

  static boolean isDynamic(SparkConf conf) {
    return conf.getBoolean("spark.dynamicAllocation.enabled", false);
  }

  /**
   * Returns how many tasks Spark runs at a time. On a cluster the executors register one after
   * another, so this waits for the first one and then until their number has settled.
   */
  static int cores(JavaSparkContext spark) {
    SparkConf conf = spark.getConf();
    if (spark.isLocal()) {
      return Math.max(1, TaskSlots.of(spark));
    }
    if (isDynamic(conf)) {
      int most = mostSlots(conf);
      if (most > 0) {
        return most;
      }
      System.err.println(
          "eqprop: warning: dynamic allocation has no limit (spark.dynamicAllocation.maxExecutors"
              + " and spark.executor.cores): counting the cores of the executors at the start;"
              + " executors that join later do not change the count");
      // Executors start only when there is work.
      var unused = spark.parallelize(List.of(0), 1).count();
    }
    int cores = TaskSlots.of(spark);
    int settled = 0;
    for (int poll = 0; (cores == 0 || poll < MOST_POLLS) && settled < SETTLED_POLLS; poll++) {
      try {
        TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new CancellationException();
      }
      if (Interruption.happened()) {
        throw new CancellationException();
      }
      if (spark.sc().isStopped()) {
        throw new IllegalStateException("Cannot call methods on a stopped SparkContext");
      }
      int now = TaskSlots.of(spark);
      settled = now > 0 && now == cores ? settled + 1 : 0;
      cores = now;
    }
    return cores;
  }

  /** Returns how many tasks dynamic allocation may run at a time; 0 if unknown. */
  private static int mostSlots(SparkConf conf) {
    int executors = conf.getInt("spark.dynamicAllocation.maxExecutors", 0);
    int cores = conf.getInt("spark.executor.cores", 0);
    long slots = (long) executors * (cores / conf.getInt("spark.task.cpus", 1));
    return slots > MOST_SLOTS ? 0 : (int) slots;
  }
}
