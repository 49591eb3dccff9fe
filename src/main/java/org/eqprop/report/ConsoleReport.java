package org.eqprop.report;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.eqprop.base.SafeText;
import org.eqprop.config.RunConfiguration;
import org.eqprop.data.InputStatistics;
import org.eqprop.dynamics.Measurement;
import org.eqprop.run.Metric;
import org.eqprop.run.RunData;
import org.eqprop.run.RunFolder;
import org.eqprop.spark.EpochReport;
import org.eqprop.spark.Progress;
import org.eqprop.spark.TrainingListener;
import org.eqprop.spark.TrainingState;
import org.jspecify.annotations.Nullable;

/** The console output of a run: a banner, a line per epoch, and the progress within an epoch. */
public final class ConsoleReport implements TrainingListener {
  private static final String GAP = "   ";

  private final PrintStream out;
  private final RunConfiguration configuration;
  private final ProgressDisplay display;
  private final Set<String> told = new HashSet<>();

  /**
   * @param out for lines
   * @param display shows the progress within an epoch
   * @param configuration with the number of replicas resolved
   */
  public ConsoleReport(PrintStream out, ProgressDisplay display, RunConfiguration configuration) {
    this.out = out;
    this.display = display;
    this.configuration = configuration;
  }

  /**
   * Prints the banner.
   *
   * @param version of the program
   * @param examples numbers of training, validation and test examples
   * @param inputs statistics of the training examples
   * @param master where Spark runs
   * @param computing describes what the executors compute with
   * @param folder the run folder
   */
  public void banner(
      String version,
      List<Integer> examples,
      InputStatistics inputs,
      String master,
      String computing,
      String folder) {
    new Banner(out, display.columns(), configuration)
        .print(version, examples, inputs, master, computing, folder);
  }

  /** Prints a warning. */
  public void warn(String warning) {
    out.println("  warning: " + SafeText.line(warning));
  }

  @Override
  public void epochStarted(int epoch, Progress progress) {
    display.begin(label(epoch), progress);
  }

  @Override
  public void epochEnded(EpochReport report, TrainingState state) {
    display.end();
    out.println(line(report));
    for (String warning : report.warnings()) {
      if (told.add(RunData.kind(warning))) {
        warn(warning);
      }
    }
  }

  /** Returns the measurements of an epoch, as many as fit on the terminal. */
  private String line(EpochReport report) {
    List<String> parts = new ArrayList<>(List.of(label(report.epoch())));
    add(parts, "train", report.training());
    add(parts, "validation", report.validation());
    add(parts, "test", report.test());
    String energy = String.format(Locale.ROOT, "energy %.3f", report.training().meanEnergy());
    String cost = String.format(Locale.ROOT, "cost %.4f", report.training().meanCost());
    String speed = String.format(Locale.ROOT, "%,.0f images/s", report.imagesPerSecond());
    String seconds = String.format(Locale.ROOT, "%.1f s", report.trainingSeconds());
    parts.addAll(List.of(energy, cost, seconds, speed));
    int columns = display.columns();
    for (String lessImportant : List.of(energy, cost, speed)) {
      if (String.join(GAP, parts).length() > columns) {
        parts.remove(lessImportant);
      }
    }
    return String.join(GAP, parts);
  }

  private String label(int epoch) {
    int epochs = configuration.spec().hyperparameters().epochs();
    int width = String.valueOf(epochs).length();
    return String.format(Locale.ROOT, "epoch %" + width + "d/%d", epoch, epochs);
  }

  private static void add(List<String> parts, String name, @Nullable Measurement measurement) {
    if (measurement != null) {
      parts.add(name + " " + Metric.percent(measurement.errorRate()));
    }
  }

  /**
   * Prints the result of the run.
   *
   * @param test measured on the whole test set
   * @param warnings about the finished run, one line each
   */
  public void finished(Measurement test, RunFolder folder, List<String> warnings) {
    double chance = 1 - 1.0 / configuration.spec().network().outputs();
    out.printf(
        Locale.ROOT,
        "%ntest error %s (%,d of %,d wrong; random guessing %s)%n",
        Metric.percent(test.errorRate()),
        test.errors(),
        test.examples(),
        Metric.percent(chance));
    for (String file :
        List.of(RunFolder.MODEL, RunFolder.RESULT, RunFolder.METRICS, RunFolder.CONFIGURATION)) {
      out.println("  " + SafeText.line(folder.path(file)));
    }
    warnings.forEach(this::warn);
  }
}
