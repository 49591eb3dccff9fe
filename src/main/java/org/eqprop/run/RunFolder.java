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
 * The folder that a run writes: the resolved configuration, the metrics of each epoch, the model of
 * the last good epoch and the result. Metrics are appended; every other file is replaced
 * atomically.
 */
public final class RunFolder {
  /** The resolved configuration, which {@code --conf} reads. */
  public static final String CONFIGURATION = "config.conf";

  /** One line of JSON per epoch. */
  public static final String METRICS = "metrics.jsonl";

  /** The network after the last good epoch. */
  public static final String MODEL = "model.safetensors";

  /** The folder of checkpoints, unless the configuration names another. */
  public static final String CHECKPOINTS = "checkpoints";

  /** The machine that the run ran on. */
  public static final String MACHINE = "machine.json";

  /** The findings about the trained network on the test set, for the report. */
  public static final String FIGURES = "figures.json";

  /** The page that shows all of this. */
  public static final String REPORT = "report.html";

  /** The folder of the report's pictures. */
  public static final String PICTURES = "pictures";

  /** The final result, only present if the run has finished successfully. */
  public static final String RESULT = "result.json";

  /** The gradient audit, if there was one: how good the estimates of the gradient are. */
  public static final String AUDIT = "audit.json";

  /** The page that shows the audit. */
  public static final String AUDIT_PAGE = "audit.html";

  /** Which run on a tracking server belongs to this run, for {@code --resume}. */
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

  /** What the program named in a machine.json starts with if it is this program. */
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
   * Checks that a folder can become a run folder, without changing anything.
   *
   * @param overwrite whether a previous run's files may be replaced
   * @throws InputException if it exists and must not be overwritten, or is not a run folder
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
            + ": exists already: choose another folder; if it is a run, continue it with --resume or"
            + " replace it with --overwrite");
  }

  /**
   * Checks that this program created the folder for a run: files are deleted only in such a folder.
   */
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
   * Creates the folder, or deletes a previous run's files from it.
   *
   * @param storage resolves the location
   * @param location the folder: a local path or the URI of a Hadoop file system
   * @param overwrite whether a previous run's files may be replaced
   * @throws InputException if it exists and must not be overwritten, is not a run folder, or cannot
   *     be written
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
   * Creates a folder that no other run has, under a name that the user has not chosen.
   *
   * @param location of the folder; a number is appended if it is taken
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
   * Opens the folder of an interrupted run, without changing its files.
   *
   * @throws InputException if it is not a run folder, or its run has finished
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
              + ": already finished, nothing to resume; its result is in "
              + RESULT
              + "; --init "
              + location
              + " starts a new run from its weights");
    }
    return folder;
  }

  /**
   * Checks that a run without a checkpoint has nothing that starting from scratch would destroy.
   *
   * @param checkpoints where checkpoints were expected
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
                + "; nothing was changed; put the checkpoints back, or add --from-scratch to train"
                + " again from the first epoch, replacing these files");
      }
    }
  }

  /**
   * Deletes the files of the run, which is then trained from its first epoch.
   *
   * @throws InputException if the folder is not a run folder, or the files cannot be deleted
   */
  public void startFromScratch() {
    requireOurs("--from-scratch: ");
    empty();
  }

  /** Returns the location of the folder. */
  public String location() {
    return location;
  }

  /**
   * Takes over the metrics of the first epochs; the lines of later ones are dropped with the next
   * write.
   *
   * @param epochs number of epochs to take over
   * @return their lines
   * @throws InputException if lines are missing or damaged
   */
  List<JsonNode> takeOverMetrics(int epochs) {
    return metrics.takeOver(epochs);
  }

  /**
   * Returns the number of epochs in the metrics.
   *
   * @throws InputException if they are damaged
   */
  public int recordedEpochs() {
    return metrics.read().size();
  }

  /** Returns the location of one of the folder's files. */
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
   * Writes the description of the machine that the run runs on.
   *
   * @param values by name, in the order in which they are to appear
   */
  public void writeMachine(Map<String, String> values) {
    write(MACHINE, Json.text(values) + "\n");
  }

  /** Writes the findings about the trained network. */
  public void writeFigures(TestFindings findings) {
    write(FIGURES, findings.toJson() + "\n");
  }

  /**
   * Writes the findings about the trained network into the folder of a finished run.
   *
   * @throws InputException if they cannot be written
   */
  public static void writeFigures(Storage storage, String location, TestFindings findings) {
    new RunFolder(storage, location).writeFigures(findings);
  }

  /** Writes the model, replacing that of the previous epoch. */
  public void writeModel(ModelFile model) {
    model.write(storage, path(MODEL));
  }

  /**
   * Writes the result, the last file of a run.
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
