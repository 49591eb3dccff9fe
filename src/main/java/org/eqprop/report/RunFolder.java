package org.eqprop.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.eqprop.data.InputException;
import org.eqprop.data.Json;
import org.eqprop.data.Storage;
import org.eqprop.model.ModelFile;

/**
 * The folder that a run leaves: the resolved configuration, the metrics of each epoch, the model of
 * the last good epoch and the result. Every file is replaced atomically.
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

  private static final List<String> FILES =
      List.of(RESULT, METRICS, MODEL, CONFIGURATION, MACHINE, FIGURES, REPORT);
  private static final ObjectMapper JSON = Json.mapper();

  private final Storage storage;
  private final String location;
  private final StringBuilder metrics = new StringBuilder();

  private RunFolder(Storage storage, String location) {
    this.storage = storage;
    this.location = location;
  }

  /**
   * Checks that a folder can become a run's, changing nothing.
   *
   * @param overwrite whether a former run's files may be replaced
   * @throws InputException if it is there and may not be overwritten
   */
  public static void check(Storage storage, String location, boolean overwrite) {
    try {
      if (!overwrite && storage.exists(location)) {
        throw new InputException(
            "--out "
                + location
                + ": exists already: choose another folder, or add --overwrite to replace that run");
      }
    } catch (IOException e) {
      throw unwritable(location, e);
    }
  }

  /**
   * Creates the folder, or empties it of a former run's files.
   *
   * @param storage resolves the location
   * @param location the folder: a local path or the URI of a Hadoop file system
   * @param overwrite whether a former run's files may be replaced
   * @throws InputException if it exists and may not be overwritten, or cannot be written
   */
  public static RunFolder create(Storage storage, String location, boolean overwrite) {
    check(storage, location, overwrite);
    RunFolder folder = new RunFolder(storage, location);
    try {
      storage.createFolder(location);
      for (String file : FILES) {
        storage.delete(folder.path(file));
      }
      clearPictures(storage, location);
    } catch (IOException e) {
      throw unwritable(location, e);
    }
    return folder;
  }

  /** Deletes the pictures of a former report. */
  static void clearPictures(Storage storage, String location) throws IOException {
    String pictures = new RunFolder(storage, location).path(PICTURES);
    for (String name : storage.list(pictures)) {
      if (name.endsWith(".svg") || name.endsWith(".png")) {
        storage.delete(pictures + "/" + name);
      }
    }
  }

  /**
   * Opens the folder of a run that was interrupted. Its files stay as they are.
   *
   * @throws InputException if there is none, or its run has ended well
   */
  public static RunFolder resume(Storage storage, String location) {
    RunFolder folder = new RunFolder(storage, location);
    try {
      if (!storage.exists(folder.path(CONFIGURATION))) {
        throw new InputException(
            "--resume: " + location + " is no run's folder: expected " + CONFIGURATION + " there");
      }
      if (storage.exists(folder.path(RESULT))) {
        throw new InputException(
            "--resume: " + location + ": that run has ended; its result is in " + RESULT);
      }
    } catch (IOException e) {
      throw new InputException(location + ": cannot be read: " + InputException.reason(e), e);
    }
    return folder;
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
    List<JsonNode> lines = new ArrayList<>();
    try {
      for (String line : storage.text(path(METRICS)).lines().limit(epochs).toList()) {
        lines.add(JSON.readTree(line));
        metrics.append(line).append('\n');
      }
    } catch (IOException e) {
      throw new InputException(path(METRICS) + ": cannot be read: " + InputException.reason(e), e);
    }
    if (lines.size() < epochs) {
      throw new InputException(
          path(METRICS) + ": " + lines.size() + " epochs: expected those up to " + epochs);
    }
    return lines;
  }

  private static InputException unwritable(String location, IOException e) {
    return new InputException(
        "--out " + location + ": cannot be written: " + InputException.reason(e), e);
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
    metrics.append(json(values)).append('\n');
    write(METRICS, metrics.toString());
  }

  /**
   * Writes what the run runs on.
   *
   * @param values by name, in the order in which they are to appear
   */
  public void writeMachine(Map<String, String> values) {
    write(MACHINE, json(values) + "\n");
  }

  /** Writes the figures of the trained network. */
  public void writeFigures(RunFigures figures) {
    write(FIGURES, figures.toJson() + "\n");
  }

  /**
   * Writes the figures of the trained network into the folder of a run that has ended.
   *
   * @throws InputException if they cannot be written
   */
  static void writeFigures(Storage storage, String location, RunFigures figures) {
    new RunFolder(storage, location).writeFigures(figures);
  }

  /** Writes the model, replacing the epoch's before. */
  public void writeModel(ModelFile model) {
    try {
      model.write(storage, path(MODEL));
    } catch (IOException e) {
      throw unwritable(path(MODEL), e);
    }
  }

  /**
   * Writes the result, last of all.
   *
   * @param values in the order in which they are to appear
   */
  public void writeResult(Map<String, ?> values) {
    try {
      write(RESULT, JSON.writerWithDefaultPrettyPrinter().writeValueAsString(values) + "\n");
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String json(Map<String, ?> values) {
    try {
      return JSON.writeValueAsString(values);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private void write(String file, String text) {
    try {
      storage.writeText(path(file), text);
    } catch (IOException e) {
      throw unwritable(path(file), e);
    }
  }
}
