package org.eqprop.cli;

import java.io.PrintStream;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.apache.spark.api.java.JavaSparkContext;
import org.eqprop.backend.Backend;
import org.eqprop.base.InputException;
import org.eqprop.base.SafeText;
import org.eqprop.config.Hocon;
import org.eqprop.grid.GridFolder;
import org.eqprop.grid.GridRun;
import org.eqprop.spark.TrainingFailedException;
import org.eqprop.storage.Storage;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "grid",
    mixinStandardHelpOptions = true,
    description =
        "Train the points of a hyperparameter grid, each on a single core; a point is a setting (one combination of values) with one seed.")
final class GridCommand implements Callable<Integer> {
  private static final DateTimeFormatter STAMP =
      DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss", Locale.ROOT);

  @Parameters(
      arity = "0..1",
      paramLabel = "FILE",
      description = "the grid, such as conf/grids/NAME.conf")
  @Nullable String file;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "folder of the grid; by default runs/grid-NAME-DATE")
  @Nullable String out;

  @Option(
      names = "--resume",
      paramLabel = "DIR",
      description = "resume the interrupted grid in that folder")
  @Nullable String resume;

  @Option(
      names = "--search",
      paramLabel = "KIND",
      description =
          "full, or halving (successive halving: only the best settings are trained to the end);"
              + " overrides the kind that the grid names, even when resuming")
  @Nullable String search;

  @Option(
      names = "--fail-on-warning",
      description =
          "write everything, then exit with code 1 if something looks wrong with the data or the"
              + " best setting")
  boolean failOnWarning;

  @Option(names = "--dry-run", description = "list the points and exit")
  boolean dryRun;

  @Override
  public Integer call() throws Exception {
    Storage storage = Spark.storage();
    if ((file == null) == (resume == null) || (resume != null && out != null)) {
      throw new InputException("grid: expected FILE [--out DIR], or --resume DIR");
    }
    String source = file != null ? file : Storage.path(resume, GridFolder.GRID);
    String location = resume != null ? resume : out != null ? out : standardFolder(source);
    Spark.checkReachable(resume != null ? "--resume" : "--out", location);
    if (out != null && !dryRun) {
      new GridFolder(storage, out).check();
    }
    GridRun run =
        new GridRun(
            storage,
            Hocon.text(storage, source),
            source,
            resume == null ? Hocon.Source.USER : Hocon.Source.STORED,
            search,
            System.out);
    run.show();
    if (dryRun) {
      System.out.println();
      run.list();
      return 0;
    }
    boolean won;
    String kept;
    try (JavaSparkContext spark =
        Spark.open("grid " + source, run.backends().toArray(Backend[]::new))) {
      GridFolder folder = folder(storage, run, location);
      System.out.printf("folder: %s%n%n", SafeText.line(folder.location()));
      kept = folder.location();
      won = run(spark, run, folder, kept);
    }
    if (!won) {
      throw new TrainingFailedException(
          "no setting of the grid finished: results.csv in "
              + kept
              + " says why; --resume tries again");
    }
    if (failOnWarning) {
      Failure.requireNone(run.warnings());
    }
    return 0;
  }

  private GridFolder folder(Storage storage, GridRun run, String location) {
    if (resume == null && out == null) {
      return GridFolder.createNumbered(storage, location, run.complete());
    }
    GridFolder folder = new GridFolder(storage, location);
    if (resume == null) {
      folder.create(run.complete());
    } else if (search != null) {
      folder.replaceGrid(run.complete());
    }
    return folder;
  }

  private static boolean run(
      JavaSparkContext spark, GridRun run, GridFolder folder, String location)
      throws InterruptedException {
    int cores = Spark.cores(spark);
    Interruption.during(
        () -> run.kept() + "; continue with: grid --resume " + location, run::cancel);
    PrintStream terminal = Terminal.watched() ? System.err : null;
    return run.run(
        spark,
        folder,
        cores,
        terminal,
        warning -> System.err.println("eqprop: warning: " + SafeText.line(warning)));
  }

  private static String standardFolder(String source) {
    String name = source.substring(source.lastIndexOf('/') + 1).replaceAll("\\.conf$", "");
    return "runs/grid-" + name + "-" + LocalDateTime.now(ZoneId.systemDefault()).format(STAMP);
  }
}
