package org.eqprop.cli;

import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.eqprop.audit.AgreementCurve;
import org.eqprop.audit.AuditPlan;
import org.eqprop.audit.AuditResult;
import org.eqprop.audit.GradientAudit;
import org.eqprop.base.InvalidValueException;
import org.eqprop.base.SafeText;
import org.eqprop.config.RunConfiguration;
import org.eqprop.data.Examples;
import org.eqprop.network.Parameters;
import org.eqprop.report.AuditPage;
import org.eqprop.report.AuditTable;
import org.eqprop.run.AuditFile;
import org.eqprop.run.RunFolder;
import org.eqprop.spark.DataPlan;
import org.eqprop.spark.Split;
import org.eqprop.storage.NumberedFolder;
import org.eqprop.storage.Storage;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "audit",
    mixinStandardHelpOptions = true,
    description =
        "Show how close the gradient estimates of training are to the exact gradient at the"
            + " equilibrium, and to backpropagation through the steps of the relaxation, layer by"
            + " layer (float64).")
final class AuditCommand implements Callable<Integer> {
  private static final Pattern REQUIREMENT = Pattern.compile("cosine=(-?[0-9.]+(?:[eE]-?\\d+)?)");
  private static final String FOLDER = "audit";

  @Mixin ConfigurationOptions options = new ConfigurationOptions();

  @Option(
      names = "--model",
      paramLabel = "MODEL",
      description =
          "audit a trained model instead of the initial weights; if it is a run folder, the audit is"
              + " written there, and submit/report includes it in the run's report")
  @Nullable String model;

  @Option(
      names = "--batches",
      paramLabel = "N",
      description = "number of batches, 1 to 1000; by default 3")
  @Nullable Integer batches;

  @Option(
      names = "--examples",
      paramLabel = "N",
      description =
          "examples per batch, 1 to 1000; by default 100, or 4 with convolutions, where each"
              + " example takes seconds")
  @Nullable Integer examples;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description =
          "folder for audit.json and audit.html, local or on any Hadoop file system; by default"
              + " the run folder that --model names, otherwise a new folder named audit")
  @Nullable String out;

  @Option(
      names = "--require",
      paramLabel = "cosine=X",
      description =
          "exit with code 1 if, at the run's own β and number of steps, the mean cosine with the exact"
              + " gradient is below X in any layer")
  @Nullable String require;

  @Override
  public Integer call() {
    double least = require == null ? Double.NaN : requirement(require);
    check("--batches", batches);
    check("--examples", examples);
    Storage storage = Spark.storage();
    ChosenNetwork subject = ChosenNetwork.of(storage, options, model);
    RunConfiguration configuration = subject.configuration();
    if (options.printed(configuration)) {
      return 0;
    }
    int count = batches != null ? batches : 3;
    int size = examples != null ? examples : subject.usualExamples();
    DataPlan plan = DataPlan.inspect(storage, configuration, Split.TRAINING);
    int all = plan.size(Split.TRAINING);
    InvalidValueException.check(
        (long) count * size <= all,
        "--batches × --examples",
        (long) count * size,
        "at most the " + all + " training examples");
    String given = folder(storage);
    if (given != null) {
      storage.createFolder(given);
      AuditPage.check(storage, Storage.path(given, RunFolder.AUDIT_PAGE));
    }
    Examples images =
        plan.draw(
            storage, Split.TRAINING, count * size, configuration.spec().hyperparameters().seed());
    RunConfiguration normalised = configuration.normalised(images.statistics());
    AuditResult audit = audit(normalised, subject, images, count);
    System.out.printf("%n%s%n", new AuditTable(audit).text());
    audit.notes().forEach(note -> System.out.println(SafeText.line(note)));
    String folder = given != null ? given : NumberedFolder.create(storage, FOLDER);
    String page = Storage.path(folder, RunFolder.AUDIT_PAGE);
    AuditFile.write(storage, Storage.path(folder, RunFolder.AUDIT), audit);
    new AuditPage(audit).write(storage, page);
    System.out.println(SafeText.line(page));
    return Double.isNaN(least) || judge(audit, least) ? 0 : Main.FAILED;
  }

  private static void check(String option, @Nullable Integer value) {
    if (value != null) {
      InvalidValueException.check(value >= 1 && value <= 1000, option, value, "1 to 1000");
    }
  }

  /** Returns X of {@code cosine=X}. */
  private static double requirement(String text) {
    Matcher matcher = REQUIREMENT.matcher(text.strip());
    double least = Double.NaN;
    if (matcher.matches()) {
      try {
        least = Double.parseDouble(matcher.group(1));
      } catch (NumberFormatException e) {
        // reported below
      }
    }
    InvalidValueException.check(
        least >= -1 && least <= 1, "--require", text, "cosine=X with X from -1 to 1");
    return least;
  }

  /** Returns the folder for the audit; null for a new one. */
  private @Nullable String folder(Storage storage) {
    if (out != null) {
      Spark.checkReachable("--out", out);
      return out;
    }
    boolean run =
        model != null
            && storage.exists(Storage.path(model, RunFolder.CONFIGURATION))
            && storage.exists(Storage.path(model, RunFolder.MODEL));
    return run ? model : null;
  }

  private static AuditResult audit(
      RunConfiguration configuration, ChosenNetwork subject, Examples images, int count) {
    var spec = configuration.spec();
    System.out.printf(
        "weights: %s%nnetwork %s, %s of %s, float64%n",
        SafeText.line(subject.source()),
        spec.network().description(),
        count == 1 ? "1 batch" : count + " batches",
        SafeText.count(images.size() / count, "example"));
    long begin = System.nanoTime();
    try (Parameters parameters =
        Parameters.of(spec.network(), DataType.DOUBLE, subject.weights())) {
      return new GradientAudit(AuditPlan.of(spec), parameters)
          .run(
              subject.source(),
              subject.checksum(),
              images,
              count,
              batch ->
                  System.out.printf(
                      Locale.ROOT,
                      "batch %d of %d, after %.1f s%n",
                      batch,
                      count,
                      (System.nanoTime() - begin) / 1e9));
    }
  }

  /**
   * Prints whether every layer's cosine is large enough, and returns it.
   *
   * @param least the smallest cosine that passes
   */
  static boolean judge(AuditResult audit, double least) {
    int compared = 0;
    boolean passed = true;
    for (String layer : audit.layers()) {
      double cosine =
          audit
              .atSettings(AgreementCurve.Reference.EXACT, layer)
              .map(series -> series.cosine().get(0).value())
              .orElse(Double.NaN);
      if (Double.isNaN(cosine)) {
        continue;
      }
      compared++;
      if (cosine < least) {
        passed = false;
        System.out.printf(
            Locale.ROOT,
            "FAIL: %s: cosine %.6f with the exact gradient: expected %s or more%n",
            layer,
            cosine,
            least);
      }
    }
    if (compared == 0) {
      System.out.println(
          "FAIL: nothing to compare: no layer has an exact gradient; use more --examples, or a"
              + " network whose free phase converges");
      return false;
    }
    if (passed) {
      System.out.printf(
          Locale.ROOT, "pass: every layer's cosine with the exact gradient is %s or more%n", least);
    }
    return passed;
  }
}
