package org.eqprop.report;

import java.io.PrintStream;
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
    new Banner(out, configuration).print(version, examples, inputs, master, computing, folder);
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
    StringBuilder line = new StringBuilder(label(report.epoch()));
    append(line, "train", report.training());
    append(line, "validation", report.validation());
    append(line, "test", report.test());
    line.append(
        String.format(
            Locale.ROOT,
            "   energy %.3f   cost %.4f   %.1f s   %,.0f images/s",
            report.training().meanEnergy(),
            report.training().meanCost(),
            report.trainingSeconds(),
            report.imagesPerSecond()));
    out.println(line);
    for (String warning : report.warnings()) {
      if (told.add(RunData.kind(warning))) {
        warn(warning);
      }
    }
  }

  private String label(int epoch) {
    int epochs = configuration.spec().hyperparameters().epochs();
    int width = String.valueOf(epochs).length();
    return String.format(Locale.ROOT, "epoch %" + width + "d/%d", epoch, epochs);
  }

  private static void append(StringBuilder line, String name, @Nullable Measurement measurement) {
    if (measurement != null) {
      line.append(
          String.format(Locale.ROOT, "   %s %s", name, Metric.percent(measurement.errorRate())));
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
