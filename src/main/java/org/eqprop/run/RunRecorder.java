package org.eqprop.run;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.eqprop.base.KeyValues;
import org.eqprop.config.RunConfiguration;
import org.eqprop.dynamics.Measurement;
import org.eqprop.learning.Operations;
import org.eqprop.spark.EpochReport;
import org.eqprop.spark.Progress;
import org.eqprop.spark.TrainingListener;
import org.eqprop.spark.TrainingState;
import org.jspecify.annotations.Nullable;

/**
 * Writes the metrics and the model of a run into its folder after each epoch, and the result at the
 * end.
 */
public final class RunRecorder implements TrainingListener {
  /**
   * Key in a line of metrics and in the result: the warnings, one line each; only present if there
   * are any.
   */
  static final String WARNINGS = "warnings";

  /** Key in the result: the number of epochs that were trained. */
  public static final String EPOCHS = "epochs";

  private final RunFolder folder;
  private final RunConfiguration configuration;
  private double trainingSeconds;
  private double seconds;
  private long images;
  private int epoch;
  private double trainError = Double.NaN;
  private @Nullable Double validationError;
  private @Nullable Measurement lastTest;
  private List<String> dataWarnings = List.of();
  private final Set<String> unrecorded = new LinkedHashSet<>();
  private List<String> lastWarnings = List.of();

  /**
   * Creates a recorder, which writes the configuration immediately.
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
   * Records warnings about the data, for the next epoch's line and for the result.
   *
   * @param warnings one line each
   */
  public void warn(List<String> warnings) {
    dataWarnings = List.copyOf(warnings);
    unrecorded.addAll(warnings);
  }

  /**
   * Continues the record of an interrupted run.
   *
   * @param epochs number of finished epochs
   */
  public void resume(int epochs) {
    for (JsonNode line : folder.takeOverMetrics(epochs)) {
      seconds += measured(Metric.SECONDS, line);
      trainingSeconds +=
          measured(Metric.COMPUTE_SECONDS, line)
              + measured(Metric.BROADCAST_SECONDS, line)
              + measured(Metric.MERGE_SECONDS, line);
      images += Math.round(measured(Metric.EXAMPLES, line));
      epoch = (int) Metric.EPOCH.of(line);
      trainError = measured(Metric.TRAIN_ERROR, line);
      double validation = Metric.VALIDATION_ERROR.of(line);
      validationError = Double.isNaN(validation) ? null : Double.valueOf(validation);
      List<String> warned = new ArrayList<>();
      line.path(WARNINGS).forEach(warning -> warned.add(warning.asText()));
      lastWarnings = warned;
    }
  }

  private static double measured(Metric metric, JsonNode line) {
    double value = metric.of(line);
    return Double.isNaN(value) ? 0 : value;
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
    folder.writeModel(state.model(configuration));
    lastWarnings = report.warnings();
    unrecorded.addAll(lastWarnings);
    folder.appendMetrics(line(report));
    unrecorded.clear();
  }

  private Map<String, @Nullable Object> line(EpochReport report) {
    Map<String, @Nullable Object> line = new LinkedHashMap<>();
    for (Metric metric : Metric.values()) {
      line.put(metric.key(), metric.measured(report));
    }
    if (!unrecorded.isEmpty()) {
      line.put(WARNINGS, List.copyOf(unrecorded));
    }
    return line;
  }

  /**
   * Writes the result.
   *
   * @param test measurement of the whole test set with the final weights
   * @param verdict problems of the final weights, one line each
   * @return all warnings that apply at the end: those about the data, the last epoch and the final
   *     weights; warnings of an earlier epoch are only in its line of metrics
   */
  public List<String> finish(Measurement test, List<String> verdict) {
    Set<String> warnings = new LinkedHashSet<>(dataWarnings);
    warnings.addAll(lastWarnings);
    warnings.addAll(verdict);
    Map<String, @Nullable Object> result = new LinkedHashMap<>();
    result.put(Metric.TEST_ERROR.key(), test.errorRate());
    result.put(Metric.VALIDATION_ERROR.key(), validationError);
    result.put(Metric.TRAIN_ERROR.key(), trainError);
    result.put(EPOCHS, epoch);
    result.put(Metric.SECONDS.key(), seconds);
    result.put(Metric.IMAGES_PER_SECOND.key(), images / trainingSeconds);
    result.put("backend", configuration.spec().backend().resolved().name());
    result.put("engine", KeyValues.word(configuration.engine()));
    result.put("replicas", configuration.averaging().replicas());
    result.put("seed", configuration.spec().hyperparameters().seed());
    Map<String, Map<String, Double>> operations = new LinkedHashMap<>();
    operations.put(
        "inference", Operations.inference(configuration.spec()).named(configuration.costs()));
    operations.put("update", Operations.update(configuration.spec()).named(configuration.costs()));
    result.put("operations", operations);
    if (!warnings.isEmpty()) {
      result.put(WARNINGS, List.copyOf(warnings));
    }
    folder.writeResult(result);
    return List.copyOf(warnings);
  }

  /** Returns the measurement of the test set in the last epoch; null if it was not measured. */
  public @Nullable Measurement lastTest() {
    return lastTest;
  }

  private static @Nullable Double error(@Nullable Measurement measurement) {
    return measurement == null ? null : Double.valueOf(measurement.errorRate());
  }

  /** Describes what is kept of a run that could not continue. */
  public String kept() {
    return epoch == 0
        ? "no epoch has finished, so no model is kept"
        : "the model of epoch " + epoch + " is kept in " + folder.path(RunFolder.MODEL);
  }
}
