package org.eqprop.grid;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.spark.deploy.SparkHadoopUtil;
import org.eqprop.data.Examples;
import org.eqprop.spark.DataPlan;
import org.eqprop.spark.Split;
import org.eqprop.storage.Storage;

/**
 * The sets of examples that an executor's points train on and are evaluated on: read by the first
 * point, shared by all, never modified.
 */
final class ExecutorData {
  private static final Map<String, Examples> SETS = new ConcurrentHashMap<>();

  private ExecutorData() {}

  /**
   * Returns a whole set.
   *
   * @param key distinguishes sets of different files
   * @throws org.eqprop.base.InputException if a file cannot be read
   */
  static Examples of(String key, DataPlan plan, Split split) {
    return SETS.computeIfAbsent(
        key + " " + split, k -> plan.read(new Storage(SparkHadoopUtil.get().conf()), split, 0, 1));
  }
}
