package org.eqprop.cli;

import java.util.Map;
import org.eqprop.base.InputException;
import org.eqprop.track.MlflowSettings;
import org.eqprop.track.TrackedRun;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options for publishing a training on MLflow and for TensorBoard. */
@OptionGroup(ReportOptions.HEADING)
final class TrackingOptions {
  private static final String TENSORBOARD = "--tensorboard";

  @Option(
      names = MlflowSettings.OPTION,
      paramLabel = "URI",
      description =
          "record the run on the MLflow tracking server at this address; by default on the one that"
              + " the environment variable "
              + MlflowSettings.VARIABLE
              + " names, if it is set")
  @Nullable String track;

  @Option(
      names = TENSORBOARD,
      paramLabel = "DIR",
      description =
          "write the metrics of each epoch for TensorBoard into DIR/NAME, where NAME is the run"
              + " folder's name; DIR is local or on any Hadoop file system")
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
