package org.eqprop.grid;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.spark.api.java.JavaSparkContext;
import org.eqprop.backend.Backend;
import org.eqprop.base.InputException;
import org.eqprop.base.InvalidValueException;
import org.eqprop.base.KeyValues;
import org.eqprop.base.SafeText;
import org.eqprop.config.DataSettings;
import org.eqprop.config.Engine;
import org.eqprop.config.EvaluationSettings;
import org.eqprop.config.Hocon;
import org.eqprop.report.Figure;
import org.eqprop.spark.DataPlan;
import org.eqprop.spark.Split;
import org.eqprop.storage.Storage;
import org.jspecify.annotations.Nullable;

/** Runs a grid: reads its file, trains its points, shows progress and writes its folder. */
public final class GridRun {
  private final Storage storage;
  private final GridFile file;
  private volatile Grid grid;
  private final Objective objective;
  private final Rungs rungs;
  private final Budget budget;
  private final Map<String, DataPlan> plans = new LinkedHashMap<>();
  private final PrintStream out;
  private List<String> dataWarnings = List.of();
  private List<String> warnings = List.of();
  private volatile @Nullable GridSearch search;
  private volatile @Nullable LiveTable table;

  /**
   * Reads a grid and inspects its data, without training anything yet.
   *
   * @param text of the grid file
   * @param origin what messages call it
   * @param source a user's file, or one stored in a grid's folder
   * @param search full or halving, which replaces the file's own search; null to keep that
   * @param out where progress and results are shown
   * @throws InputException if the file is wrong, a point is invalid, or there are no examples to
   *     evaluate it on
   */
  public GridRun(
      Storage storage,
      String text,
      String origin,
      Hocon.Source source,
      @Nullable String search,
      PrintStream out) {
    this.storage = storage;
    this.file = GridFile.parse(text, origin, source, search);
    this.grid = file.grid(storage);
    this.objective = file.objective();
    this.rungs = file.rungs(grid);
    this.budget = file.budget();
    if (file.canHalve(grid)) {
      var unused = file.halving(grid); // checks eta
    }
    this.out = out;
    for (Point point : grid.points()) {
      try {
        check(point);
      } catch (InputException e) {
        throw new InputException(
            origin
                + ": point "
                + (point.index() + 1)
                + " "
                + point.values()
                + ": "
                + e.getMessage(),
            e);
      }
    }
  }

  private void check(Point point) {
    InvalidValueException.check(
        !point.configuration().data().needSpark(),
        DataSettings.FORMAT_KEY,
        "table",
        "idx or cifar; to tune the classifier on a DataFrame use Spark's CrossValidator (see In"
            + " Spark ML)");
    DataPlan plan =
        plans.computeIfAbsent(
            SparkPointTrainer.data(point), k -> DataPlan.inspect(storage, point.configuration()));
    InvalidValueException.check(
        point.configuration().engine() == Engine.EQPROP,
        Engine.KEY,
        KeyValues.word(point.configuration().engine()),
        "eqprop, the only engine that trains grids");
    plan.checkReplicas(point.replicas(), point.configuration().spec().hyperparameters());
    if (plan.size(objective.judge()) == 0) {
      throw new InputException(
          DataSettings.VALIDATION_KEY
              + " = 0: expected examples to compare points on; the test set is never used to"
              + " choose");
    }
    InvalidValueException.check(
        objective.judge() != Split.TEST
            || SparkPointTrainer.isPlain(point)
            || point.configuration().evaluation().testEachEpoch(),
        EvaluationSettings.TEST_EACH_EPOCH_KEY,
        false,
        "true, since objective = test-error needs it for points with several replicas or an outer"
            + " optimizer");
  }

  /**
   * Returns the complete grid file, which no longer depends on presets, other files and environment
   * variables.
   */
  public String complete() {
    return file.complete(storage);
  }

  /** Returns the backends of all points. */
  public Set<Backend> backends() {
    return grid.points().stream()
        .map(point -> point.configuration().spec().backend())
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }

  /** Shows the size of the grid and its cost. */
  public void show() {
    preview().show(file.asksToHalve());
  }

  /** Lists the points. */
  public void list() {
    preview().list();
  }

  private GridPreview preview() {
    return new GridPreview(grid, objective, rungs, budget, plans.values(), out);
  }

  /**
   * Trains the points that are not finished yet, and writes the results.
   *
   * @param folder of the grid, already created
   * @param cores how many replicas train at a time
   * @param terminal where the live table is drawn; null if output is not to a terminal
   * @param warn called with each warning, one line
   * @return whether a setting has finished, or the budget has ended the search
   * @throws InputException if data cannot be read, or results cannot be written
   */
  public boolean run(
      JavaSparkContext spark,
      GridFolder folder,
      int cores,
      @Nullable PrintStream terminal,
      Consumer<String> warn)
      throws InterruptedException {
    PointStore ledger = folder.ledger(objective);
    Map<Integer, PointResult> earlier;
    preview().explainIdleCores(cores);
    Map<Integer, PointResult> results;
    boolean exhausted;
    double seconds;
    try (GridProgress meters = new GridProgress(spark, objective);
        SparkPointTrainer trainer =
            new SparkPointTrainer(spark, plans, backends(), meters, objective.judge())) {
      SparkPointTrainer.CheckedData data = trainer.checkData();
      dataWarnings = data.warnings();
      dataWarnings.forEach(warn);
      grid =
          grid.measured(
              point -> Objects.requireNonNull(data.inputs().get(SparkPointTrainer.data(point))));
      earlier = ledger.read(grid, warn);
      try (LiveTable live =
          new LiveTable(
              grid,
              objective,
              meters,
              rungs.epochs().size() > 1 ? grid.planned(rungs) : grid.fullEpochs(),
              earlier,
              out,
              terminal)) {
        GridSearch running =
            new GridSearch(grid, rungs, objective, budget, trainer, ledger, earlier, live);
        table = live;
        search = running;
        long begin = System.nanoTime();
        results = running.run(cores);
        seconds = (System.nanoTime() - begin) / 1e9;
        exhausted = running.exhausted();
      }
    }
    out.printf(
        Locale.ROOT,
        "%n%s trained in %.1f s%n",
        SafeText.count(epochs(results) - epochs(earlier), "epoch"),
        seconds);
    return report(folder, results, exhausted, warn);
  }

  private static long epochs(Map<Integer, PointResult> results) {
    return results.values().stream().mapToLong(PointResult::epochs).sum();
  }

  private boolean report(
      GridFolder folder,
      Map<Integer, PointResult> results,
      boolean exhausted,
      Consumer<String> warn) {
    List<Summary.Row> rows = Summary.of(grid, objective, results);
    folder.writeResults(grid, objective, rows);
    GridReport report = new GridReport(grid, objective, rows, out);
    Sensitivity sensitivity = new Sensitivity(grid, objective, results);
    if (grid.levels().isEmpty()) {
      report.table();
    } else {
      out.println();
      sensitivity.lines().forEach(out::println);
    }
    report.failures();
    String verdict = "";
    if (exhausted) {
      verdict = report.exhausted(budget, folder);
    } else if (rungs.epochs().size() > 1) {
      verdict = report.halved(results, folder);
    } else if (rows.get(0).complete() && file.canHalve(grid)) {
      verdict = report.halvingWouldHave(file.halving(grid), grid.planned(file.halving(grid)));
    }
    if (!verdict.isEmpty()) {
      out.println();
      out.println(verdict);
    }
    List<String> ofBest = grid.levels().isEmpty() ? GridReport.warningsOfBest(rows) : List.of();
    warnings = Stream.concat(dataWarnings.stream(), ofBest.stream()).toList();
    ofBest.forEach(line -> out.println("warning: " + line));
    report.files(folder, draw(folder, rows, sensitivity, verdict, warn));
    return exhausted || rows.get(0).complete();
  }

  /**
   * Returns what looks wrong with the data or the best setting, one line each, after {@link #run}.
   */
  public List<String> warnings() {
    return warnings;
  }

  /** Stops a running search as soon as possible. Recorded results are kept. */
  public void cancel() {
    GridSearch running = search;
    if (running != null) {
      running.cancel();
    }
  }

  /** Stops drawing the live table, and returns how many points have saved results, in words. */
  public String kept() {
    LiveTable drawn = table;
    if (drawn != null) {
      drawn.end();
    }
    GridSearch running = search;
    int kept = running == null ? 0 : running.recorded();
    return kept + " of " + grid.points().size() + " points have saved results";
  }

  /**
   * Writes pictures and page, and returns the number of pictures in words. If that fails, it only
   * warns, since the grid itself has succeeded, and returns an empty text.
   */
  private String draw(
      GridFolder folder,
      List<Summary.Row> rows,
      Sensitivity sensitivity,
      String verdict,
      Consumer<String> warn) {
    try {
      List<Figure> figures = new ArrayList<>(sensitivity.figures());
      figures.addAll(new GridCharts(grid, objective, rows).figures());
      folder.writePictures(Figure.files(figures));
      folder.writePage(
          new GridPage(grid, objective, rows)
              .html(
                  Storage.name(folder.location()), verdict, warnings, sensitivity.html(), figures));
      return figures.size() + " pictures";
    } catch (InputException e) {
      warn.accept("no pictures: " + e.getMessage());
      return "";
    }
  }
}
