package org.eqprop.experiment;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.spark.deploy.SparkHadoopUtil;
import org.eqprop.data.ImageSet;
import org.eqprop.data.Storage;
import org.eqprop.distributed.DataPlan;
import org.eqprop.distributed.Split;

/**
 * The sets of examples that an executor's points train on and are judged by: read by the first of
 * them, shared by all, never changed.
 */
final class ExecutorData {
  private static final Map<String, ImageSet> SETS = new ConcurrentHashMap<>();

  private ExecutorData() {}

  /**
   * Returns a whole set.
   *
   * @param key tells sets of different files or splits apart
   * @throws org.eqprop.data.InputException if a file cannot be read
   */
  static ImageSet of(String key, DataPlan plan, Split split) {
    return SETS.computeIfAbsent(
        key + " " + split, k -> plan.read(new Storage(SparkHadoopUtil.get().conf()), split, 0, 1));
  }
}
