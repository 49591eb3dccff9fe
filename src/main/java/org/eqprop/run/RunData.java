package org.eqprop.run;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.eqprop.audit.AuditResult;
import org.eqprop.base.InputException;
import org.eqprop.config.ConfigurationReader;
import org.eqprop.config.RunConfiguration;
import org.eqprop.model.ModelFile;
import org.eqprop.storage.Storage;
import org.jspecify.annotations.Nullable;

/**
 * The contents of a run folder.
 *
 * @param name the last part of the folder's location
 * @param configuration resolved
 * @param machine description of the machine that it runs on, by name
 * @param metrics one line per epoch
 * @param result final result; null before the run has finished
 * @param model model after the last epoch; null before the first epoch has finished
 * @param findings findings about the trained network; null before the run has finished
 * @param audit gradient audit of this model; null if there is none, or only one of an earlier model
 */
public record RunData(
    String name,
    RunConfiguration configuration,
    Map<String, String> machine,
    List<JsonNode> metrics,
    @Nullable JsonNode result,
    @Nullable ModelFile model,
    @Nullable TestFindings findings,
    @Nullable AuditResult audit) {
  /**
   * Reads a run folder.
   *
   * @param whole whether to read the model, its audit and the findings, too
   * @throws InputException if it is not a run folder, or one of its files is damaged
   */
  public static RunData read(Storage storage, String location, boolean whole) {
    String folder = Storage.path(location, "");
    if (!storage.exists(folder + RunFolder.CONFIGURATION)) {
      throw new InputException(
          location + " is not a run folder: expected " + RunFolder.CONFIGURATION + " there");
    }
    Map<String, String> machine = new LinkedHashMap<>();
    String described = text(storage, folder + RunFolder.MACHINE, JsonFile.MOST);
    if (described != null) {
      JsonFile.object(described, folder + RunFolder.MACHINE)
          .fields()
          .forEachRemaining(e -> machine.put(e.getKey(), e.getValue().asText()));
    }
    RunConfiguration configuration =
        new ConfigurationReader().stored(storage, folder + RunFolder.CONFIGURATION).read();
    String result = text(storage, folder + RunFolder.RESULT, JsonFile.MOST);
    ModelFile model =
        whole && storage.exists(folder + RunFolder.MODEL)
            ? ModelFile.read(storage, folder + RunFolder.MODEL)
            : null;
    return new RunData(
        Storage.name(location),
        configuration,
        machine,
        new MetricsFile(storage, folder + RunFolder.METRICS).read(),
        result == null ? null : JsonFile.object(result, folder + RunFolder.RESULT),
        model,
        whole ? findings(storage, folder + RunFolder.FIGURES, configuration) : null,
        model == null ? null : audit(storage, folder + RunFolder.AUDIT, model));
  }

  private static @Nullable AuditResult audit(Storage storage, String file, ModelFile model) {
    if (!storage.exists(file)) {
      return null;
    }
    AuditResult audit = AuditFile.read(storage, file);
    return model.weightsChecksum().equals(audit.weights()) ? audit : null;
  }

  private static @Nullable TestFindings findings(
      Storage storage, String file, RunConfiguration configuration) {
    String json = text(storage, file, TestFindings.MOST);
    if (json == null) {
      return null;
    }
    TestFindings findings = TestFindings.parse(json, file);
    findings.requireOf(configuration.spec().network(), file);
    return findings;
  }

  private static @Nullable String text(Storage storage, String file, int most) {
    return storage.exists(file) ? storage.text(file, most) : null;
  }

  /** Returns the number of finished epochs. */
  public int epochs() {
    return metrics.size();
  }

  /** Returns the numbers of the epochs. */
  public List<Double> epochNumbers() {
    return numbers(Metric.EPOCH);
  }

  /** Returns a metric of each epoch, as {@link Metric#of} does. */
  public List<Double> numbers(Metric metric) {
    return metrics.stream().map(metric::of).toList();
  }

  /** Returns a metric of each epoch as it is plotted. */
  public List<Double> plotted(Metric metric) {
    return metrics.stream().map(line -> metric.plotted(metric.of(line))).toList();
  }

  /**
   * Returns the warnings of the result and of each epoch; of several of one kind, only the first.
   */
  public List<String> warnings() {
    Map<String, String> lines = new LinkedHashMap<>();
    if (result != null) {
      add(lines, result);
    }
    metrics.forEach(epoch -> add(lines, epoch));
    return List.copyOf(lines.values());
  }

  private static void add(Map<String, String> lines, JsonNode node) {
    node.path(RunRecorder.WARNINGS)
        .forEach(line -> lines.putIfAbsent(kind(line.asText()), line.asText()));
  }

  /** Returns what a warning has in common with others of its kind: its text without the numbers. */
  public static String kind(String warning) {
    return warning.replaceAll("-?[0-9][0-9.,]*", "#");
  }

  /** Returns whether a metric was measured in any epoch. */
  public boolean has(Metric metric) {
    return numbers(metric).stream().anyMatch(Double::isFinite);
  }

  /** Returns the error of random guessing, 0 … 1. */
  public double chance() {
    return 1 - 1.0 / configuration.spec().network().outputs();
  }
}
