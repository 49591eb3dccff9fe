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
 * The place where tasks compute if they compute on GPUs: each on the GPU that Spark has assigned to
 * it, or on GPU 0 if Spark does not schedule GPUs.
 *
 * @param sharing how many tasks share a GPU at the same time, ≥ 1
 */
public record TaskPlace(int sharing) implements Serializable {
  private static final String RESOURCE = "gpu";
  private static final String AMOUNT = "spark.task.resource.gpu.amount";

  /**
   * Returns the place of a job's tasks; how many of them share a GPU follows from the executors
   * that are registered now.
   *
   * @param tasks number of tasks of the job
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
   * Returns how many tasks share a GPU at the same time.
   *
   * @param amount how many GPUs Spark assigns per task; 0 if it does not schedule GPUs, so that all
   *     tasks of an executor use one GPU
   * @param tasks number of tasks of the job
   * @param slots how many tasks run at the same time on all executors together
   */
  static int sharing(double amount, int tasks, int slots, int executors) {
    int most = amount > 0 ? (int) (1 / amount) : (slots + executors - 1) / executors;
    return Math.max(1, Math.min(tasks, most));
  }

  /**
   * Makes this the place of all relaxers that the calling task creates from now on.
   *
   * @throws InputException if the address that Spark gives for the task's GPU is not a number
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

  /** Creates a relaxer with zero parameters at this place, for the calling task. */
  public Relaxer relaxer(ReplicaSpec spec) {
    choose();
    return spec.newRelaxer();
  }

  /**
   * Returns the number of the GPU that Spark has assigned to a task; 0 if it has assigned none.
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
          "Spark assigned a task the GPU address '"
              + address
              + "': expected the GPU's number, from 0, among the GPUs that the executor may use, as"
              + " submit/discover-gpus prints it");
    }
    return Integer.parseInt(address);
  }
}
