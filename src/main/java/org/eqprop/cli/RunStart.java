package org.eqprop.cli;

import java.util.Optional;
import java.util.function.Supplier;
import org.eqprop.config.RunConfiguration;
import org.eqprop.run.Checkpoints;
import org.eqprop.run.RunFolder;
import org.eqprop.spark.TrainingState;
import org.eqprop.storage.Storage;
import org.jspecify.annotations.Nullable;

/**
 * What a run begins with.
 *
 * @param folder changes the run's folder for the first time, and returns it
 * @param resumed whether an interrupted run continues, be it from its first epoch
 * @param checkpoints of the interrupted run; null if the run is new
 * @param newest the state to resume from; empty: from the first epoch
 * @param initial the weights of the first epoch; read only if it is trained
 */
record RunStart(
    Supplier<RunFolder> folder,
    boolean resumed,
    @Nullable Checkpoints checkpoints,
    Optional<TrainingState> newest,
    InitialModel initial) {
  /**
   * Returns the checkpoints of a run.
   *
   * @param folder where they are unless the configuration names another
   */
  static Checkpoints checkpoints(
      Storage storage, RunFolder folder, RunConfiguration configuration) {
    String dir = configuration.checkpoint().folder();
    return new Checkpoints(
        storage, dir.isEmpty() ? folder.path(RunFolder.CHECKPOINTS) : dir, configuration);
  }
}
