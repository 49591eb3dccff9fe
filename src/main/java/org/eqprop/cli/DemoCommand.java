package org.eqprop.cli;

import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.eqprop.base.SafeText;
import org.eqprop.config.RunConfiguration;
import org.eqprop.data.Examples;
import org.eqprop.data.Shape;
import org.eqprop.dynamics.Convergence;
import org.eqprop.dynamics.Equilibrium;
import org.eqprop.dynamics.Measurement;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.report.Banner;
import org.eqprop.spark.DataPlan;
import org.eqprop.spark.Split;
import org.eqprop.storage.Storage;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    description =
        "Relax a network on one batch and show its free and its nudged phase: shapes, times, energy,"
            + " cost and error.")
final class DemoCommand implements Callable<Integer> {
  @Mixin ConfigurationOptions options = new ConfigurationOptions();

  @Option(
      names = "--model",
      paramLabel = "MODEL",
      description = "show a trained model; without --model, the initial weights of a configuration")
  @Nullable String model;

  @Override
  public Integer call() {
    Storage storage = Spark.storage();
    ChosenNetwork target = ChosenNetwork.of(storage, options, model);
    RunConfiguration configuration = target.configuration();
    if (options.printed(configuration)) {
      return 0;
    }
    var hyperparameters = configuration.spec().hyperparameters();
    DataPlan plan = DataPlan.inspect(storage, configuration, Split.TRAINING);
    plan.checkReplicas(1, hyperparameters);
    Examples images =
        plan.draw(storage, Split.TRAINING, hyperparameters.batch(), hyperparameters.seed());
    run(configuration.normalised(images.statistics()), target, images);
    return 0;
  }

  private static void run(RunConfiguration configuration, ChosenNetwork target, Examples images) {
    var spec = configuration.spec();
    spec.backend().check();
    int batch = images.size();
    print(
        "network %s, %s, %s backend",
        spec.network().description(),
        Banner.phases(spec.relaxation()),
        spec.backend().resolved().name());
    print("weights: %s", SafeText.line(target.source()));
    print("backend %s", spec.backend().description());
    Shape input = spec.network().input();
    print(
        "batch   x [%d × %s], y [%d × %d]",
        batch, input.height() == 1 ? input.size() : input, batch, spec.network().outputs());
    try (Relaxer relaxer = spec.newRelaxer()) {
      relaxer.load(target.weights());
      relaxer.clamp(images, IntStream.range(0, batch).toArray(), 0, batch);
      double beta = spec.estimator().beta();
      Convergence[] ended = new Convergence[2];
      double freeMillis = millis(() -> ended[0] = relaxer.relaxFree());
      print("free phase    %d steps in %.2f ms", ended[0].steps(), freeMillis);
      double nudgedMillis = millis(() -> ended[1] = relaxer.relaxNudged(Equilibrium.NUDGED, beta));
      print("nudged phase  %d steps of β %s in %.2f ms", ended[1].steps(), beta, nudgedMillis);
      show("free equilibrium  ", relaxer.measure(Equilibrium.FREE));
      show("nudged equilibrium", relaxer.measure(Equilibrium.NUDGED));
    }
  }

  private static void show(String name, Measurement measured) {
    print(
        "%s  energy %.3f   cost %.3f   error %.1f %%",
        name, measured.meanEnergy(), measured.meanCost(), 100 * measured.errorRate());
  }

  private static double millis(Runnable phase) {
    long begin = System.nanoTime();
    phase.run();
    return (System.nanoTime() - begin) / 1e6;
  }

  private static void print(String format, Object... values) {
    System.out.println(String.format(Locale.ROOT, format, values));
  }
}
