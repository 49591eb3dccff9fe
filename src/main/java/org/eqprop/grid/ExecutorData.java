package org.eqprop.grid;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.spark.deploy.SparkHadoopUtil;
import org.eqprop.data.Examples;
import org.eqprop.spark.DataPlan;
import org.eqprop.spark.Split;
import org.eqprop.storage.Storage;

/**
 * The sets of examples that an executor's points train on and are judged by: read by the first of
 * them, shared by all, never changed.
 */
final class ExecutorData {
  private static final Map<String, Examples> SETS = new ConcurrentHashMap<>();

  private ExecutorData() {}

  /**
   * Returns a whole set.
   *
   * @param key tells sets of different files or splits apart
   * @throws org.eqprop.base.InputException if a file cannot be read
   */
  static Examples of(String key, DataPlan plan, Split split) {
    return SETS.computeIfAbsent(
        key + " " + split, k -> plan.read(new Storage(SparkHadoopUtil.get().conf()), split, 0, 1));
  }
}
