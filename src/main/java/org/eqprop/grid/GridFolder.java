package org.eqprop.grid;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.eqprop.base.InputException;
import org.eqprop.base.Json;
import org.eqprop.model.ModelFile;
import org.eqprop.run.Pictures;
import org.eqprop.storage.NumberedFolder;
import org.eqprop.storage.Storage;
import org.jspecify.annotations.Nullable;

/** The output folder of a grid. Every file is replaced atomically. */
public final class GridFolder {
  /** The grid file, which {@code --resume} reads. */
  public static final String GRID = "grid.conf";

  /** The folder of the points' models, with their results as metadata. */
  static final String POINTS = "points";

  /** The results, one line per point. */
  public static final String CSV = "results.csv";

  /** The results, one line of JSON per point, with the errors of all its epochs. */
  public static final String JSONL = "results.jsonl";

  /** The winner's configuration, in the form of a preset. */
  public static final String WINNER_CONFIGURATION = "winner.conf";

  /** The folder of pictures. */
  static final String PICTURES = "pictures";

  /**
   * Names of pictures; they contain configuration keys ({@link GridCharts}). Earlier versions wrote
   * PNG files.
   */
  private static final Pattern PICTURE =
      Pattern.compile("(learning-curves|(axis|heat|levels)-[a-z0-9.+-]+)\\.(svg|png)");

  /** The page with all results. */
  public static final String PAGE = "report.html";

  /** The winner's model. */
  public static final String WINNER_MODEL = "winner.safetensors";

  private final Storage storage;
  private final String location;

  /**
   * @param location need not exist
   */
  public GridFolder(Storage storage, String location) {
    this.storage = storage;
    this.location = location;
  }

  /**
   * Creates a new folder with a default name.
   *
   * @param location its name, to which a number is appended if it is taken
   * @param grid the text of the grid file
   * @throws InputException if it cannot be written
   */
  public static GridFolder createNumbered(Storage storage, String location, String grid) {
    GridFolder folder = new GridFolder(storage, NumberedFolder.create(storage, location));
    folder.replaceGrid(grid);
    return folder;
  }

  /** Returns the location of the folder. */
  public String location() {
    return location;
  }

  /** Returns the location of one of its files. */
  String path(String file) {
    return Storage.path(location, file);
  }

  PointStore ledger(Objective objective) {
    return new PointStore(storage, path(POINTS), objective);
  }

  /**
   * Creates the folder with its grid file.
   *
   * @throws InputException if it exists already, or cannot be written
   */
  public void create(String grid) {
    check();
    if (!storage.createNewFolder(location)) {
      throw taken();
    }
    replaceGrid(grid);
  }

  /**
   * Checks that the folder does not exist yet, without changing anything.
   *
   * @throws InputException if it exists
   */
  public void check() {
    if (location.isBlank()) {
      throw new InputException("--out " + location + ": expected the name of a folder");
    }
    if (storage.exists(location)) {
      throw taken();
    }
  }

  private InputException taken() {
    return new InputException(
        "--out " + location + ": exists already: choose another folder, or --resume that grid");
  }

  /**
   * Replaces the grid file.
   *
   * @throws InputException if it cannot be written
   */
  public void replaceGrid(String grid) {
    write(GRID, grid);
  }

  /**
   * Writes the tables. Also writes the winner if the best setting has finished and the grid chooses
   * among settings.
   *
   * @param rows the settings, ranked
   * @throws InputException if they cannot be written
   */
  void writeResults(Grid grid, Objective objective, List<Summary.Row> rows) {
    StringBuilder csv = new StringBuilder("rank,point,seed");
    grid.keys().forEach(key -> csv.append(',').append(quoted(key)));
    csv.append(",epochs");
    for (Objective each : objective.written()) {
      csv.append(',').append(each.column());
    }
    csv.append(",seconds,failure,model,warnings\n");
    StringBuilder jsonl = new StringBuilder();
    for (int rank = 0; rank < rows.size(); rank++) {
      for (PointResult result : rows.get(rank).results()) {
        Point point = grid.points().get(result.point());
        appendCsv(grid, objective, csv, rank + 1, point, result);
        jsonl.append(json(objective, rank + 1, point, result)).append('\n');
      }
    }
    write(CSV, csv.toString());
    write(JSONL, jsonl.toString());
    storage.delete(path(WINNER_CONFIGURATION));
    storage.delete(path(WINNER_MODEL));
    PointResult best = rows.isEmpty() || !rows.get(0).complete() ? null : rows.get(0).best();
    if (best != null && grid.levels().isEmpty()) {
      writeWinner(objective, grid.points().get(best.point()));
    }
  }

  /**
   * Writes the winning setting's point with the lowest objective; the model is like that of a run.
   */
  private void writeWinner(Objective objective, Point point) {
    write(WINNER_CONFIGURATION, point.configuration().toHocon());
    ModelFile trained = ModelFile.read(storage, ledger(objective).path(point));
    Map<String, String> metadata = new LinkedHashMap<>(trained.metadata());
    metadata.keySet().retainAll(List.of(ModelFile.CONFIGURATION, ModelFile.EPOCH));
    new ModelFile(trained.weights(), metadata).write(storage, path(WINNER_MODEL));
  }

  /**
   * Writes the page.
   *
   * @throws InputException if it cannot be written
   */
  void writePage(String html) {
    write(PAGE, html);
  }

  /**
   * Writes pictures.
   *
   * @param pictures files by name
   * @throws InputException if they cannot be written
   */
  void writePictures(Map<String, byte[]> pictures) {
    new Pictures(storage, path(PICTURES), PICTURE).replace(pictures);
  }

  private static void appendCsv(
      Grid grid,
      Objective objective,
      StringBuilder csv,
      int rank,
      Point point,
      PointResult result) {
    LearningCurve curve = result.curve();
    csv.append(rank).append(',').append(point.index() + 1).append(',').append(point.seed());
    grid.keys()
        .forEach(key -> csv.append(',').append(quoted(point.values().getOrDefault(key, ""))));
    csv.append(',').append(result.epochs());
    for (Objective each : objective.written()) {
      csv.append(',').append(curve.epochs() == 0 ? "" : each.last(curve));
    }
    csv.append(String.format(Locale.ROOT, ",%.2f,", result.seconds()));
    csv.append(quoted(reason(result) == null ? "" : String.valueOf(reason(result))));
    csv.append(',').append(model(point, result));
    csv.append(',').append(quoted(String.join("; ", result.warnings()))).append('\n');
  }

  /**
   * Returns the location of a point's model; empty after a transient failure, which is not
   * recorded, so that there may be no model.
   */
  private static String model(Point point, PointResult result) {
    boolean recorded = result.failure() == null || result.failure().lasting();
    return recorded ? POINTS + "/" + PointStore.name(point) : "";
  }

  private static @Nullable String reason(PointResult result) {
    return result.failure() == null ? null : result.failure().reason();
  }

  private static String quoted(String text) {
    return text.matches("[^\",\r\n]*") ? text : '"' + text.replace("\"", "\"\"") + '"';
  }

  private static String json(Objective objective, int rank, Point point, PointResult result) {
    Map<String, @Nullable Object> line = new LinkedHashMap<>();
    line.put("rank", rank);
    line.put("point", point.index() + 1);
    line.put("seed", point.seed());
    line.put("values", point.values());
    line.put("epochs", result.epochs());
    for (Objective each : objective.written()) {
      line.put(each.key(), each.values(result.curve()));
    }
    line.put("seconds", result.seconds());
    line.put("failure", reason(result));
    line.put("model", model(point, result));
    line.put("warnings", result.warnings());
    return Json.text(line);
  }

  private void write(String file, String text) {
    storage.writeText(path(file), text);
  }
}
