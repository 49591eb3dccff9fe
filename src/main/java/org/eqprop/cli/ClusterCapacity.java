package org.eqprop.cli;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.eqprop.base.InputException;

/**
 * What a driver needs on a standalone cluster. Checks that the workers have room for it and for an
 * executor, since Spark would wait forever for what does not fit.
 *
 * @param master URL of the cluster, for messages
 * @param cores of the driver
 * @param memory of the driver, in MB
 */
record ClusterCapacity(String master, int cores, int memory) {
  /**
   * The resources of a worker, both free and in use.
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

  /** Returns what the driver needs, in words. */
  String driver() {
    return words(cores, memory);
  }

  /**
   * Checks that the cluster can run the driver and one executor at the same time when nothing else
   * is running.
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
              + ", but no worker of "
              + master
              + " has that much: the largest has "
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
          "--deploy-mode cluster: next to the driver, which takes "
              + driver()
              + ", no worker of "
              + master
              + " has room for the "
              + words(executorCores, executorMemory)
              + " of an executor: add a worker, or lower --driver-memory and --executor-memory");
    }
  }

  private static String words(int cores, int memory) {
    return cores + (cores == 1 ? " core and " : " cores and ") + memory + " MB";
  }
}
