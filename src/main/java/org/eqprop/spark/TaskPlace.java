package org.eqprop.spark;

import java.io.Serializable;
import java.util.Map;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.resource.ResourceInformation;
import org.eqprop.backend.Backend;
import org.eqprop.backend.cuda.CudaPlace;
import org.eqprop.base.InputException;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.learning.ReplicaSpec;

/**
 * Where tasks compute if they compute on GPUs: each on the one that Spark has given it, GPU 0 where
 * Spark schedules none.
 *
 * @param sharing how many tasks use a GPU at a time, ≥ 1
 */
public record TaskPlace(int sharing) implements Serializable {
  private static final String RESOURCE = "gpu";
  private static final String AMOUNT = "spark.task.resource.gpu.amount";

  /**
   * Returns the place of a job's tasks, as many as the executors that are registered now allow.
   *
   * @param tasks of the job
   */
  public static TaskPlace of(JavaSparkContext spark, Backend backend, int tasks) {
    if (!backend.equals(Backend.CUDA)) {
      return new TaskPlace(1);
    }
    int known = spark.sc().getExecutorMemoryStatus().size(); // the driver is one of them
    int executors = Math.max(1, spark.isLocal() ? known : known - 1);
    double amount = spark.getConf().getDouble(AMOUNT, 0);
    return new TaskPlace(sharing(amount, tasks, TaskSlots.of(spark), executors));
  }

  /**
   * Returns how many tasks use a GPU at a time.
   *
   * @param amount how many GPUs Spark gives a task; 0 if it schedules none, so that all tasks of an
   *     executor use one GPU
   * @param tasks of the job
   * @param slots how many tasks run at a time on all executors
   */
  static int sharing(double amount, int tasks, int slots, int executors) {
    int most = amount > 0 ? (int) (1 / amount) : (slots + executors - 1) / executors;
    return Math.max(1, Math.min(tasks, most));
  }

  /**
   * Makes this the place of the relaxers that the calling task makes from now on.
   *
   * @throws InputException if what Spark calls the task's GPU is not a number
   */
  public void choose() {
    TaskContext task = TaskContext.get();
    int device = task == null ? 0 : device(task.resourcesJMap());
    new CudaPlace(device, sharing).choose();
  }

  /**
   * Chooses the calling task's place and checks that a backend can compute there.
   *
   * @throws InputException if it cannot
   */
  public void check(Backend backend) {
    choose();
    NativeLibraries.check(backend);
  }

  /** Creates a relaxer here, its parameters zero; for the calling task. */
  public Relaxer relaxer(ReplicaSpec spec) {
    choose();
    return spec.newRelaxer();
  }

  /**
   * Returns the number of the GPU that Spark has given a task; 0 if it has given none.
   *
   * @throws InputException if its address is not a number
   */
  static int device(Map<String, ResourceInformation> resources) {
    ResourceInformation gpu = resources.get(RESOURCE);
    if (gpu == null || gpu.addresses().length == 0) {
      return 0;
    }
    String address = gpu.addresses()[0];
    if (!address.matches("[0-9]{1,4}")) {
      throw new InputException(
          "Spark calls a task's GPU '"
              + address
              + "': expected its number among the GPUs that the executor may use, from 0, as"
              + " submit/discover-gpus prints it");
    }
    return Integer.parseInt(address);
  }
}
