package org.eqprop.report;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.Map;
import org.eqprop.config.ConfigurationReader;
import org.eqprop.config.RunConfiguration;
import org.eqprop.distributed.EpochReport;
import org.eqprop.distributed.Progress;
import org.eqprop.distributed.TrainingListener;
import org.eqprop.distributed.TrainingState;
import org.eqprop.dynamics.Measurement;
import org.eqprop.model.ModelFile;
import org.jspecify.annotations.Nullable;

/** Writes what a run shows into its folder, epoch by epoch, and its result at the end. */
public final class RunRecorder implements TrainingListener {
  private final RunFolder folder;
  private final RunConfiguration configuration;
  private double trainingSeconds;
  private double seconds;
  private long images;
  private int epoch;
  private double trainError = Double.NaN;
  private @Nullable Double validationError;
  private @Nullable Measurement lastTest;

  /**
   * Writes the configuration at once.
   *
   * @param folder empty
   * @param configuration with the number of replicas resolved
   */
  public RunRecorder(RunFolder folder, RunConfiguration configuration) {
    this.folder = folder;
    this.configuration = configuration;
    folder.writeConfiguration(configuration.toHocon());
  }

  /**
   * Goes on with the record of a run that was interrupted.
   *
   * @param epochs how many have ended before
   */
  public void resume(int epochs) {
    for (JsonNode line : folder.takeOverMetrics(epochs)) {
      seconds += line.path("seconds").asDouble();
      trainingSeconds +=
          line.path("computeSeconds").asDouble()
              + line.path("broadcastSeconds").asDouble()
              + line.path("mergeSeconds").asDouble();
      images += line.path("examples").asLong();
      epoch = line.path("epoch").asInt();
      trainError = line.path("trainError").asDouble();
      JsonNode validation = line.path("validationError");
      validationError = validation.isNumber() ? Double.valueOf(validation.asDouble()) : null;
    }
  }

  @Override
  public void epochStarted(int epoch, Progress progress) {}

  @Override
  public void epochEnded(EpochReport report, TrainingState state) {
    epoch = report.epoch();
    trainError = report.training().errorRate();
    validationError = error(report.validation());
    lastTest = report.test();
    seconds += report.seconds();
    trainingSeconds += report.trainingSeconds();
    images += report.training().examples();
    folder.writeModel(
        new ModelFile(
            configuration.rule().topology(),
            state.parameters(),
            Map.of(
                ModelFile.CONFIGURATION,
                configuration.toJson(),
                ModelFile.EPOCH,
                String.valueOf(report.epoch()))));
    folder.appendMetrics(metrics(report));
  }

  private Map<String, @Nullable Object> metrics(EpochReport report) {
    Map<String, @Nullable Object> line = new LinkedHashMap<>();
    line.put("epoch", report.epoch());
    line.put("trainError", report.training().errorRate());
    line.put("validationError", error(report.validation()));
    line.put("testError", error(report.test()));
    line.put("energy", report.training().meanEnergy());
    line.put("cost", report.training().meanCost());
    line.put("examples", report.training().examples());
    line.put("seconds", report.seconds());
    line.put("computeSeconds", report.computeSeconds());
    line.put("broadcastSeconds", report.broadcastSeconds());
    line.put("mergeSeconds", report.mergeSeconds());
    line.put("evaluateSeconds", report.evaluateSeconds());
    line.put("imagesPerSecond", report.imagesPerSecond());
    line.put("replicaSpread", Double.isNaN(report.replicaSpread()) ? null : report.replicaSpread());
    return line;
  }

  /**
   * Writes the result.
   *
   * @param test of the whole test set with the final weights
   */
  public void finish(Measurement test) {
    Map<String, @Nullable Object> result = new LinkedHashMap<>();
    result.put("testError", test.errorRate());
    result.put("validationError", validationError);
    result.put("trainError", trainError);
    result.put("epochs", epoch);
    result.put("seconds", seconds);
    result.put("imagesPerSecond", images / trainingSeconds);
    result.put("backend", ConfigurationReader.word(configuration.rule().backend().resolved()));
    result.put("engine", ConfigurationReader.word(configuration.engine()));
    result.put("replicas", configuration.averaging().replicas());
    result.put("seed", configuration.rule().hyperparameters().seed());
    folder.writeResult(result);
  }

  /** Returns what the last epoch measured of the test set; null if it did not. */
  public @Nullable Measurement lastTest() {
    return lastTest;
  }

  private static @Nullable Double error(@Nullable Measurement measurement) {
    return measurement == null ? null : Double.valueOf(measurement.errorRate());
  }

  /** Returns what is kept of a run that could not go on, in words. */
  public String kept() {
    return epoch == 0
        ? "no epoch has ended, so no model is kept"
        : "the model of epoch " + epoch + " is kept in " + folder.path(RunFolder.MODEL);
  }
}
