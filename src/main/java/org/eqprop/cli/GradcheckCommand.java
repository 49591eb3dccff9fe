package org.eqprop.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.eqprop.base.InvalidValueException;
import org.eqprop.base.KeyValues;
import org.eqprop.config.RunConfiguration;
import org.eqprop.data.Examples;
import org.eqprop.learning.GradientCheck;
import org.eqprop.network.Parameters;
import org.eqprop.network.Weights;
import org.eqprop.spark.DataPlan;
import org.eqprop.spark.Split;
import org.eqprop.storage.Storage;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.buffer.DataType;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "gradcheck",
    mixinStandardHelpOptions = true,
    description =
        "Check that the gradient estimates converge to the gradient of the cost as β → 0 (float64,"
            + " with phases that run to convergence).")
final class GradcheckCommand implements Callable<Integer> {
  private static final List<Double> BETAS = List.of(0.1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6);

  @Mixin ConfigurationOptions options = new ConfigurationOptions();

  @Option(
      names = "--model",
      paramLabel = "MODEL",
      description = "check a trained model instead of the initial weights")
  @Nullable String model;

  @Option(
      names = "--examples",
      paramLabel = "N",
      description =
          "size of the batch, 1 to 1000; by default 100, or 4 with convolutions, where each"
              + " example takes seconds")
  @Nullable Integer examples;

  @Option(
      names = "--tolerance",
      paramLabel = "X",
      description = "largest relative error that passes; 1e-4 by default")
  double tolerance = 1e-4;

  @Override
  public Integer call() {
    if (examples != null) {
      InvalidValueException.check(
          examples >= 1 && examples <= 1000, "--examples", examples, "1 to 1000");
    }
    InvalidValueException.check(
        tolerance > 0 && tolerance < 1, "--tolerance", tolerance, "a number in (0, 1)");
    Storage storage = Spark.storage();
    ChosenNetwork subject = ChosenNetwork.of(storage, options, model);
    RunConfiguration configuration = subject.configuration();
    if (model == null && configuration.initial().isModel() && !options.print) {
      System.out.printf("weights of %s%n", subject.source());
    }
    if (options.printed(configuration)) {
      return 0;
    }
    DataPlan plan = DataPlan.inspect(storage, configuration, Split.TRAINING);
    int size = plan.size(Split.TRAINING);
    int count = examples != null ? examples : subject.usualExamples();
    InvalidValueException.check(
        count <= size, "--examples", count, "at most the " + size + " training examples");
    long seed = configuration.spec().hyperparameters().seed();
    Examples images = plan.draw(storage, Split.TRAINING, count, seed);
    return check(configuration.normalised(images.statistics()), subject.weights(), images)
        ? 0
        : Main.FAILED;
  }

  private boolean check(RunConfiguration configuration, Weights weights, Examples images) {
    var spec = configuration.spec();
    List<GradientCheck.Row> rows;
    try (Parameters parameters = Parameters.of(spec.network(), DataType.DOUBLE, weights)) {
      rows = GradientCheck.of(parameters, images, spec.relaxation()).run(BETAS);
    }
    System.out.printf(
        "network %s, %d examples, %s schedule, float64%nrelative error of the estimate against the gradient of the mean"
            + " cost (recurrent backpropagation)%n%n",
        spec.network().description(), images.size(), KeyValues.word(spec.relaxation().schedule()));
    print(rows, spec.network().weightLayers());
    return judge(rows.get(rows.size() - 1), tolerance); // the centered estimate at the smallest β
  }

  /** Prints whether the check passed, and returns it. */
  static boolean judge(GradientCheck.Row last, double tolerance) {
    double worst = last.worst();
    if (Double.isNaN(worst)) {
      System.out.printf(
          "%nFAIL: nothing to compare: the gradient is 0, since every output of these examples is"
              + " saturated; use more --examples%n");
      return false;
    }
    boolean passed = worst <= tolerance;
    boolean partly = last.relativeErrors().stream().anyMatch(e -> Double.isNaN(e));
    System.out.printf(
        Locale.ROOT,
        "%n%s: as β → 0 the centered estimate comes within %.1e of the gradient in every layer%s: expected %.1e or"
            + " less%n",
        passed ? "pass" : "FAIL",
        worst,
        partly ? " with a gradient other than 0 (– marks those whose gradient is 0)" : "",
        tolerance);
    return passed;
  }

  private static void print(List<GradientCheck.Row> rows, int links) {
    List<String> header = new ArrayList<>();
    for (int k = 1; k <= links; k++) {
      header.add(String.format("%9s", "W_" + k));
      header.add(String.format("%9s", "b_" + k));
    }
    System.out.printf("%9s  %-9s  %s%n", "β", "estimate", String.join("  ", header));
    for (GradientCheck.Row row : rows) {
      String errors =
          row.relativeErrors().stream()
              .map(e -> Double.isNaN(e) ? "        –" : String.format(Locale.ROOT, "%9.1e", e))
              .collect(Collectors.joining("  "));
      System.out.printf(
          Locale.ROOT, "%9.0e  %-9s  %s%n", row.beta(), KeyValues.word(row.kind()), errors);
    }
  }
}
