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
 * How a run starts: new or resumed, and from which state.
 *
 * @param folder makes the first change to the run's folder, and returns it
 * @param resumed whether an interrupted run continues, even if from its first epoch
 * @param checkpoints of the interrupted run; null if the run is new
 * @param newest the state to resume from; empty to start with the first epoch
 * @param initial the weights before the first epoch; only read if that epoch is trained
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
   * @param folder the run folder, which holds them unless the configuration names another folder
   */
  static Checkpoints checkpoints(
      Storage storage, RunFolder folder, RunConfiguration configuration) {
    String dir = configuration.checkpoint().folder();
    return new Checkpoints(
        storage, dir.isEmpty() ? folder.path(RunFolder.CHECKPOINTS) : dir, configuration);
  }
}
