package org.eqprop.cli;

import java.util.concurrent.TimeUnit;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.eqprop.base.InputException;
import org.eqprop.spark.TaskSlots;
import org.jspecify.annotations.Nullable;

/**
 * Warns while the cluster does not accept a run or provides no executor, and finally gives up.
 * Spark itself would wait forever, and at best log it.
 */
final class ExecutorWatch implements Runnable {
  /** Spark property: how long to wait before giving up. */
  static final String TIMEOUT = "spark.eqprop.executorTimeout";

  private static final String STANDARD_TIMEOUT = "10min";

  private final SparkConf conf;
  private final String master;
  private final long limit;
  private final boolean dynamic;
  private volatile @Nullable JavaSparkContext spark;
  private volatile boolean closed;
  private boolean served;

  private ExecutorWatch(SparkConf conf) {
    this.conf = conf;
    this.master = conf.get("spark.master");
    this.limit = limit(conf);
    this.dynamic = Spark.isDynamic(conf);
  }

  /**
   * Starts watching, until the context is stopped.
   *
   * @param conf of the context that is about to be opened
   * @throws InputException if the timeout is not a duration of one second or more
   */
  static ExecutorWatch start(SparkConf conf) {
    ExecutorWatch watch = new ExecutorWatch(conf);
    if (!Spark.isLocal(conf)) {
      Thread thread = new Thread(watch, "executor watch");
      thread.setDaemon(true);
      thread.start();
    }
    return watch;
  }

  private static long limit(SparkConf conf) {
    String value = conf.get(TIMEOUT, STANDARD_TIMEOUT);
    try {
      long seconds = conf.getTimeAsSeconds(TIMEOUT, STANDARD_TIMEOUT);
      if (seconds >= 1) {
        return seconds;
      }
    } catch (IllegalArgumentException e) {
      // refused below
    }
    throw new InputException(
        TIMEOUT + " = " + value + ": expected a duration of at least 1s, such as 10min or 2h");
  }

  /** From now on watches for executors. */
  void opened(JavaSparkContext context) {
    spark = context;
  }

  /** Stops watching. */
  void close() {
    closed = true;
  }

  @Override
  public void run() {
    WaitTimer opening = new WaitTimer(limit);
    WaitTimer executors = new WaitTimer(limit);
    try {
      while (!closed) {
        JavaSparkContext context = spark;
        long now = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime());
        if (context == null) {
          act(opening.step(now, true), unaccepted(), opening.waited(now));
        } else if (context.sc().isStopped()) {
          return;
        } else {
          act(executors.step(now, lacks(context)), lack(conf, served), executors.waited(now));
        }
        TimeUnit.SECONDS.sleep(1);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Returns whether there is no executor although there should be one. */
  private boolean lacks(JavaSparkContext context) {
    try {
      boolean none = TaskSlots.of(context) == 0;
      served |= !none;
      // With dynamic allocation Spark requests executors only when there is work.
      boolean wanted =
          (!served && !dynamic) || context.statusTracker().getActiveJobIds().length > 0;
      return none && wanted;
    } catch (RuntimeException e) {
      return false; // the context is being stopped
    }
  }

  private void act(WaitTimer.Step step, String what, long waited) {
    if (step == WaitTimer.Step.SPEAK) {
      System.err.printf(
          "eqprop: warning: waited %d s so far: %s; will give up after %d s (--conf %s=10min)%n",
          waited, what, limit, TIMEOUT);
    } else if (step == WaitTimer.Step.GIVE_UP) {
      Interruption.giveUp(
          "gave up after " + waited + " s (" + TIMEOUT + "): " + what, Main.BAD_INPUT);
    }
  }

  private String unaccepted() {
    return master
        + " has not accepted this application (is it running and reachable from here?"
        + (master.equals("yarn") ? " Does its queue have room?)" : ")");
  }

  /**
   * Returns what is missing, what was requested, and the remedy.
   *
   * @param served whether there have been executors before
   */
  static String lack(SparkConf conf, boolean served) {
    String master = conf.get("spark.master");
    boolean standalone = master.startsWith("spark:");
    String cores =
        conf.getOption("spark.executor.cores")
            .getOrElse(() -> standalone ? "all free cores of a worker" : "1");
    return (served ? "all executors are lost, and " : "")
        + master
        + " provides no executor with "
        + (cores.equals("1")
            ? "1 core"
            : Character.isDigit(cores.charAt(0)) ? cores + " cores" : cores)
        + " and "
        + conf.get("spark.executor.memory", "1g")
        + " memory"
        + (standalone ? "" : " plus overhead")
        + ", which this run requests (is that much free anywhere? Request less with"
        + " --executor-memory and --executor-cores, add "
        + (standalone ? "workers" : "nodes")
        + ", or wait until other applications finish)";
  }
}
