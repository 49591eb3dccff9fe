package org.eqprop.cli;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.eqprop.base.InputException;

/**
 * Whether the workers of a standalone cluster have room for a driver and an executor. Spark waits
 * for ever for what does not fit.
 *
 * @param master its URL, for messages
 * @param cores of the driver
 * @param memory of the driver, in MB
 */
record ClusterCapacity(String master, int cores, int memory) {
  /**
   * All that a worker has, in use or not.
   *
   * @param memory in MB
   */
  record Worker(int cores, int memory) {
    boolean holds(int moreCores, int moreMemory) {
      return cores >= moreCores && memory >= moreMemory;
    }

    Worker less(int fewerCores, int lessMemory) {
      return new Worker(cores - fewerCores, memory - lessMemory);
    }
  }

  /** Returns what the driver takes, in words. */
  String driver() {
    return words(cores, memory);
  }

  /**
   * Checks that the cluster can run the driver and one executor beside it when nothing else runs.
   *
   * @param executorMemory in MB
   * @throws InputException if it cannot
   */
  void check(List<Worker> workers, int executorCores, int executorMemory) {
    Worker largest =
        workers.stream()
            .max(Comparator.comparingInt(Worker::memory).thenComparingInt(Worker::cores))
            .orElseThrow(() -> new InputException("--master " + master + ": it has no workers"));
    if (workers.stream().noneMatch(worker -> worker.holds(cores, memory))) {
      throw new InputException(
          "--deploy-mode cluster: the driver needs "
              + driver()
              + ", and no worker of "
              + master
              + " has as much: the largest has "
              + words(largest.cores, largest.memory)
              + ": lower --driver-memory or --driver-cores");
    }
    boolean beside = false;
    for (int host = 0; host < workers.size(); host++) {
      if (workers.get(host).holds(cores, memory)) {
        List<Worker> left = new ArrayList<>(workers);
        left.set(host, workers.get(host).less(cores, memory));
        beside |= left.stream().anyMatch(worker -> worker.holds(executorCores, executorMemory));
      }
    }
    if (!beside) {
      throw new InputException(
          "--deploy-mode cluster: beside the driver, which takes "
              + driver()
              + ", no worker of "
              + master
              + " has the "
              + words(executorCores, executorMemory)
              + " of an executor: add a worker, or lower --driver-memory and --executor-memory");
    }
  }

  private static String words(int cores, int memory) {
    return cores + (cores == 1 ? " core and " : " cores and ") + memory + " MB";
  }
}
