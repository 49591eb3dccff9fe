package org.eqprop.cli;

import java.util.Map;
import org.eqprop.base.InputException;
import org.eqprop.track.MlflowSettings;
import org.eqprop.track.TrackedRun;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options for publishing a training on MLflow and for TensorBoard. */
final class TrackingOptions {
  private static final String TENSORBOARD = "--tensorboard";

  @Option(
      names = MlflowSettings.OPTION,
      paramLabel = "URI",
      description =
          "address of an MLflow tracking server that shows the run; by default the one in the"
              + " environment variable "
              + MlflowSettings.VARIABLE
              + ", if it is set")
  @Nullable String track;

  @Option(
      names = TENSORBOARD,
      paramLabel = "DIR",
      description =
          "write the metrics of each epoch for TensorBoard into DIR/NAME, NAME being that of the"
              + " run folder: local, or on any Hadoop file system")
  @Nullable String tensorBoard;

  private @Nullable MlflowSettings mlflow;

  /**
   * Checks the options, and the environment variables that go with them.
   *
   * @throws InputException if one of them cannot be used
   */
  void check(Map<String, String> environment) {
    mlflow = MlflowSettings.of(track, environment).orElse(null);
    if (tensorBoard != null) {
      if (tensorBoard.isBlank()) {
        throw new InputException(TENSORBOARD + ": expected a folder");
      }
      Spark.checkReachable(TENSORBOARD, tensorBoard);
    }
  }

  /**
   * Starts to publish a run, after {@link #check}.
   *
   * @throws InputException if TensorBoard's folder cannot be written
   */
  Trackers start(TrackedRun run) {
    return new Trackers(run, mlflow, tensorBoard);
  }
}
