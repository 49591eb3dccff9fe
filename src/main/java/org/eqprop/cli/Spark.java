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

  /** Nobody has as many: such a limit of dynamic allocation says that there is none. */
  private static final int MOST_SLOTS = 100_000;

  private static final SparkMethod LOCAL_DIRS =
      SparkMethod.of(Utils.class, "getConfiguredLocalDirs");

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

  /**
   * Opens Spark.
   *
   * @param backends what tasks will compute with; on a cluster the executors check that they can
   * @throws InputException if tasks will run in this process and one of the backends cannot
   */
  static JavaSparkContext open(String name, Backend... backends) {
    return open(name, false, backends);
  }

  /**
   * Opens Spark.
   *
   * @param tables whether data are tables, for which there is to be a session
   * @param backends what tasks will compute with; on a cluster the executors check that they can
   * @throws InputException if tasks will run in this process and one of the backends cannot
   */
  static JavaSparkContext open(String name, boolean tables, Backend... backends) {
    SparkConf conf = new SparkConf();
    conf.setIfMissing("spark.master", "local[*]");
    if (isLocal(conf)) {
      List.of(backends).forEach(Backend::check);
    }
    // spark-submit calls an application by its main class unless it is told a name.
    if (conf.get("spark.app.name", Main.class.getName()).equals(Main.class.getName())) {
      conf.setAppName("EqProp " + name);
    }
    // Tasks carry records and immutable lists, which Kryo does not know how to make.
    conf.set("spark.serializer", JavaSerializer.class.getName());
    conf.setIfMissing("spark.executorEnv.OMP_NUM_THREADS", "1");
    // Java takes the names of files by the locale; without one, by ASCII.
    conf.setIfMissing("spark.executorEnv.LC_ALL", "C.UTF-8");
    // Weights do not compress, and a replica's fit into the message that says its task is done:
    // measured, the two halve what a round costs beyond computing (ADR 6).
    conf.setIfMissing("spark.broadcast.compress", "false");
    conf.setIfMissing("spark.task.maxDirectResultSize", String.valueOf(32 << 20));
    if (isLocal(conf)) {
      // An error of a task fails the run. By default Spark ends the process where memory is short.
      conf.setIfMissing("spark.executor.killOnFatalError.depth", "0");
    }
    checkTaskCores(conf);
    checkLocalFolders(conf);
    return connect(conf, tables);
  }

  private static JavaSparkContext connect(SparkConf conf, boolean tables) {
    Thread thread = Thread.currentThread();
    AtomicBoolean once = new AtomicBoolean(isLocal(conf)); // which opens without waiting
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
   * Whether Spark has given up on a standalone master, which takes it a minute. It then makes up an
   * identifier, and its context is about to stop.
   */
  private static boolean unanswered(JavaSparkContext spark) {
    return spark.master().startsWith("spark:")
        && spark.sc().applicationId().startsWith("spark-application-");
  }

  /**
   * Checks that a task fits into an executor, where Spark would end in an exception.
   *
   * @throws InputException if {@code spark.task.cpus} is not a number of cores that it has
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
              + ": expected no more than the cores of an executor, which are "
              + cores
              + (isLocal(conf) ? " (--master " + master + ")" : " (spark.executor.cores)"));
    }
  }

  /** Where none can be used, Spark would call System.exit. */
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
            + ": name a folder that can be written to, with --conf spark.local.dir=DIR (or"
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
              + " and spark.executor.cores): counting the cores that executors have at the start;"
              + " executors that come later change nothing");
      var unused = spark.parallelize(List.of(0), 1).count(); // executors come for work only
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

  /** Returns how many tasks dynamic allocation may run at a time; 0 where that is unknown. */
  private static int mostSlots(SparkConf conf) {
    int executors = conf.getInt("spark.dynamicAllocation.maxExecutors", 0);
    int cores = conf.getInt("spark.executor.cores", 0);
    long slots = (long) executors * (cores / conf.getInt("spark.task.cpus", 1));
    return slots > MOST_SLOTS ? 0 : (int) slots;
  }
}
