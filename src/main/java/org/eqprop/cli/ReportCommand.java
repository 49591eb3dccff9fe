package org.eqprop.cli;

import java.util.List;
import java.util.concurrent.Callable;
import org.eqprop.base.InputException;
import org.eqprop.base.SafeText;
import org.eqprop.grid.GridFolder;
import org.eqprop.report.Comparison;
import org.eqprop.report.FigureMaker;
import org.eqprop.report.RunReport;
import org.eqprop.storage.Storage;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "report",
    mixinStandardHelpOptions = true,
    description = "Rebuild a run's report page, or compare several runs.")
final class ReportCommand implements Callable<Integer> {
  @Parameters(arity = "1..*", paramLabel = "RUN", description = "run folders")
  List<String> runs = List.of();

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "file for the comparison of several runs; by default comparison.html")
  @Nullable String out;

  @Override
  public Integer call() {
    Storage storage = Spark.storage();
    for (String run : runs) {
      if (storage.exists(Storage.path(run, GridFolder.GRID))) {
        throw new InputException(
            run
                + ": a grid folder: expected a run folder; the grid's page is "
                + GridFolder.PAGE
                + " there, and submit/grid --resume makes it again");
      }
    }
    if (runs.size() > 1) {
      String file = out == null ? "comparison.html" : out;
      Comparison.of(storage, runs).write(storage, file);
      System.out.println(SafeText.line(file));
      return 0;
    }
    if (out != null) {
      throw new InputException(
          "--out " + out + ": expected several runs; the report of a single run is in its folder");
    }
    String location = runs.get(0);
    RunReport.check(storage, location);
    try {
      FigureMaker.complete(storage, location);
    } catch (InputException e) {
      System.err.println(
          "eqprop: warning: the report has no findings of the trained network: "
              + SafeText.line(String.valueOf(e.getMessage())));
    }
    System.out.println(SafeText.line(RunReport.of(storage, location).write(storage, location)));
    return 0;
  }
}
