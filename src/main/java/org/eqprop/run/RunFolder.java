package org.eqprop.run;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import org.eqprop.base.InputException;
import org.eqprop.base.Json;
import org.eqprop.model.ModelFile;
import org.eqprop.storage.NumberedFolder;
import org.eqprop.storage.Storage;

/**
 * The folder that a run leaves: the resolved configuration, the metrics of each epoch, the model of
 * the last good epoch and the result. Metrics are appended; every other file is replaced
 * atomically.
 */
public final class RunFolder {
  /** The resolved configuration, which {@code --conf} reads. */
  public static final String CONFIGURATION = "config.conf";

  /** One line of JSON an epoch. */
  public static final String METRICS = "metrics.jsonl";

  /** The network after the last good epoch. */
  public static final String MODEL = "model.safetensors";

  /** The folder of checkpoints, where the configuration names no other. */
  public static final String CHECKPOINTS = "checkpoints";

  /** What the run ran on. */
  public static final String MACHINE = "machine.json";

  /** What the trained network shows on the test set, for the report. */
  public static final String FIGURES = "figures.json";

  /** The page that shows all of it. */
  public static final String REPORT = "report.html";

  /** The folder of the report's pictures. */
  public static final String PICTURES = "pictures";

  /** What came out, there only when the run has ended well. */
  public static final String RESULT = "result.json";

  /** How good the estimates of the gradient are, where they were audited. */
  public static final String AUDIT = "audit.json";

  /** The page that shows the audit. */
  public static final String AUDIT_PAGE = "audit.html";

  /** Which run of a tracking server shows this one, for {@code --resume}. */
  public static final String TRACKING = "tracking.json";

  private static final List<String> FILES =
      List.of(
          RESULT,
          METRICS,
          MODEL,
          CONFIGURATION,
          MACHINE,
          FIGURES,
          REPORT,
          AUDIT,
          AUDIT_PAGE,
          TRACKING);

  /** What a machine.json of this program begins with. */
  private static final String PROGRAM = "EqProp Spark";

  private final Storage storage;
  private final String location;
  private final MetricsFile metrics;

  private RunFolder(Storage storage, String location) {
    this.storage = storage;
    this.location = location;
    this.metrics = new MetricsFile(storage, path(METRICS));
  }

  /**
   * Checks that a folder can become a run's, changing nothing.
   *
   * @param overwrite whether a former run's files may be replaced
   * @throws InputException if it is there and may not be overwritten, or is not a run's
   */
  public static void check(Storage storage, String location, boolean overwrite) {
    if (!storage.exists(location)) {
      return;
    }
    if (!overwrite) {
      throw exists(location);
    }
    if (!storage.list(location).isEmpty()) {
      new RunFolder(storage, location).requireOurs("--overwrite: ");
    }
  }

  private static InputException exists(String location) {
    return new InputException(
        "--out "
            + location
            + ": exists already: choose another folder, or add --overwrite to replace that run");
  }

  /** Files are deleted only in a folder that this program has made for a run. */
  private void requireOurs(String option) {
    if (!storage.exists(path(CONFIGURATION)) || !isMachineOurs()) {
      throw new InputException(
          option
              + location
              + " is not a run folder: expected "
              + CONFIGURATION
              + " and "
              + MACHINE
              + " of a run there; choose another folder");
    }
    pictures().check();
  }

  private boolean isMachineOurs() {
    try {
      return storage.exists(path(MACHINE))
          && JsonFile.object(storage.text(path(MACHINE), JsonFile.MOST), path(MACHINE))
              .path("program")
              .asText()
              .startsWith(PROGRAM);
    } catch (InputException e) {
      return false;
    }
  }

  /**
   * Creates the folder, or empties it of a former run's files.
   *
   * @param storage resolves the location
   * @param location the folder: a local path or the URI of a Hadoop file system
   * @param overwrite whether a former run's files may be replaced
   * @throws InputException if it exists and may not be overwritten or is not a run's, or cannot be
   *     written
   */
  public static RunFolder create(Storage storage, String location, boolean overwrite) {
    RunFolder folder = new RunFolder(storage, location);
    if (!storage.createNewFolder(location)) {
      check(storage, location, overwrite);
      folder.empty();
    }
    return folder;
  }

  /**
   * Creates a folder that no other run has, by a name that nobody has chosen.
   *
   * @param location how it is called, a number behind it where that is taken
   * @throws InputException if it cannot be written
   */
  public static RunFolder createNumbered(Storage storage, String location) {
    return new RunFolder(storage, NumberedFolder.create(storage, location));
  }

  private void empty() {
    for (String file : FILES) {
      storage.delete(path(file));
    }
    pictures().clear();
  }

  private Pictures pictures() {
    return new Pictures(storage, path(PICTURES), FigureName.FILES);
  }

  /** Returns the pictures of the run in a folder. */
  public static Pictures pictures(Storage storage, String location) {
    return new RunFolder(storage, location).pictures();
  }

  /**
   * Opens the folder of a run that was interrupted. Its files stay as they are.
   *
   * @throws InputException if there is none, or its run has finished
   */
  public static RunFolder resume(Storage storage, String location) {
    RunFolder folder = new RunFolder(storage, location);
    if (!storage.exists(folder.path(CONFIGURATION))) {
      throw new InputException(
          "--resume: " + location + " is not a run folder: expected " + CONFIGURATION + " there");
    }
    if (storage.exists(folder.path(RESULT))) {
      throw new InputException(
          "--resume: "
              + location
              + ": that run has finished, there is nothing to resume; its result is in "
              + RESULT);
    }
    return folder;
  }

  /**
   * Checks that a run without a checkpoint has nothing that starting from scratch would destroy.
   *
   * @param checkpoints where they were expected
   * @throws InputException if there are metrics or a model
   */
  public void requireNothingToLose(String checkpoints) {
    for (String file : List.of(METRICS, MODEL)) {
      if (storage.exists(path(file))) {
        throw new InputException(
            "--resume: "
                + location
                + " has "
                + file
                + ", but there is no checkpoint in "
                + checkpoints
                + "; nothing was changed: put the checkpoints back, or add --from-scratch to replace"
                + " what is there, from the first epoch on");
      }
    }
  }

  /**
   * Deletes the run's files, which is then trained from its first epoch.
   *
   * @throws InputException if the folder is not a run's, or they cannot be deleted
   */
  public void startFromScratch() {
    requireOurs("--from-scratch: ");
    empty();
  }

  /** Returns where it is. */
  public String location() {
    return location;
  }

  /**
   * Takes over the metrics of the first epochs; lines of later ones are dropped with the next
   * write.
   *
   * @param epochs how many
   * @return their lines
   * @throws InputException if they are not there or damaged
   */
  List<JsonNode> takeOverMetrics(int epochs) {
    return metrics.takeOver(epochs);
  }

  /**
   * Returns how many epochs the metrics tell of.
   *
   * @throws InputException if they are damaged
   */
  public int recordedEpochs() {
    return metrics.read().size();
  }

  /** Returns where one of its files is. */
  public String path(String file) {
    return Storage.path(location, file);
  }

  /**
   * Writes the resolved configuration.
   *
   * @param hocon its text
   */
  public void writeConfiguration(String hocon) {
    write(CONFIGURATION, hocon);
  }

  /**
   * Adds a line to the metrics.
   *
   * @param values in the order in which they are to appear
   */
  public void appendMetrics(Map<String, ?> values) {
    metrics.append(values);
  }

  /**
   * Writes what the run runs on.
   *
   * @param values by name, in the order in which they are to appear
   */
  public void writeMachine(Map<String, String> values) {
    write(MACHINE, Json.text(values) + "\n");
  }

  /** Writes the figures of the trained network. */
  public void writeFigures(TestFindings findings) {
    write(FIGURES, findings.toJson() + "\n");
  }

  /**
   * Writes the figures of the trained network into the folder of a run that has ended.
   *
   * @throws InputException if they cannot be written
   */
  public static void writeFigures(Storage storage, String location, TestFindings findings) {
    new RunFolder(storage, location).writeFigures(findings);
  }

  /** Writes the model, replacing the epoch's before. */
  public void writeModel(ModelFile model) {
    model.write(storage, path(MODEL));
  }

  /**
   * Writes the result, last of all.
   *
   * @param values in the order in which they are to appear
   */
  public void writeResult(Map<String, ?> values) {
    write(RESULT, Json.pretty(values) + "\n");
  }

  private void write(String file, String text) {
    storage.writeText(path(file), text);
  }
}
