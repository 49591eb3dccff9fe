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

/** The folder that a grid leaves. Every file is replaced atomically. */
public final class GridFolder {
  /** The grid, which {@code --resume} reads. */
  public static final String GRID = "grid.conf";

  /** The models of the points, with what they showed. */
  static final String POINTS = "points";

  /** A line a point. */
  public static final String CSV = "results.csv";

  /** A line of JSON a point, with the errors of all its epochs. */
  public static final String JSONL = "results.jsonl";

  /** The winner's configuration, a preset. */
  public static final String WINNER_CONFIGURATION = "winner.conf";

  /** The folder of pictures. */
  static final String PICTURES = "pictures";

  /**
   * Names are made of configuration keys ({@link GridCharts}); earlier versions wrote PNG files.
   */
  private static final Pattern PICTURE =
      Pattern.compile("(learning-curves|(axis|heat|levels)-[a-z0-9.+-]+)\\.(svg|png)");

  /** The page that shows all of it. */
  static final String PAGE = "report.html";

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
   * Creates a folder that no other grid has, by a name that nobody has chosen.
   *
   * @param location how it is called, a number behind it where that is taken
   * @param grid its text
   * @throws InputException if it cannot be written
   */
  public static GridFolder createNumbered(Storage storage, String location, String grid) {
    GridFolder folder = new GridFolder(storage, NumberedFolder.create(storage, location));
    folder.replaceGrid(grid);
    return folder;
  }

  /** Returns the folder itself. */
  public String location() {
    return location;
  }

  /** Returns where one of its files is. */
  String path(String file) {
    return Storage.path(location, file);
  }

  PointStore ledger(Objective objective) {
    return new PointStore(storage, path(POINTS), objective);
  }

  /**
   * Begins a folder.
   *
   * @throws InputException if it is there already, or cannot be written
   */
  public void create(String grid) {
    check();
    if (!storage.createNewFolder(location)) {
      throw taken();
    }
    replaceGrid(grid);
  }

  /**
   * Checks that there is no such folder yet, changing nothing.
   *
   * @throws InputException if it is there
   */
  public void check() {
    if (location.isBlank()) {
      throw new InputException("--out " + location + ": expected a folder's name");
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
   * Writes the grid anew.
   *
   * @throws InputException if it cannot be written
   */
  public void replaceGrid(String grid) {
    write(GRID, grid);
  }

  /**
   * Writes the tables, and the winner where one has come to its end and the settings are to choose
   * from.
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

  /** Of the winning setting the seed of the lowest objective; a model as a run leaves it. */
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

  /** A failure that may pass is not recorded; there may be no model then. */
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
