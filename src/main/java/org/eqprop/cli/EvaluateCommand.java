package org.eqprop.cli;

import java.util.Locale;
import java.util.concurrent.Callable;
import org.apache.spark.api.java.JavaSparkContext;
import org.eqprop.base.InputException;
import org.eqprop.config.RunConfiguration;
import org.eqprop.dynamics.Measurement;
import org.eqprop.run.Metric;
import org.eqprop.spark.DataPlan;
import org.eqprop.spark.Replicas;
import org.eqprop.spark.Split;
import org.eqprop.storage.Storage;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "evaluate",
    mixinStandardHelpOptions = true,
    description =
        "Measure a trained model: mean energy, mean cost and error rate, on the executors.")
final class EvaluateCommand implements Callable<Integer> {
  @Mixin ModelOptions model = new ModelOptions();
  @Mixin ConfigurationOptions options = new ConfigurationOptions();

  @Option(
      names = "--split",
      paramLabel = "SET",
      description = "test (the default), validation or training")
  Split split = Split.TEST;

  @Override
  public Integer call() {
    Storage storage = Spark.storage();
    ModelOptions.Trained trained = model.read(storage, options);
    RunConfiguration configuration = trained.configuration();
    if (options.printed(configuration)) {
      return 0;
    }
    DataPlan plan = DataPlan.inspect(storage, configuration, split);
    int examples = plan.size(split);
    if (examples == 0) {
      throw new InputException("--split " + word() + ": no examples: data.validation is 0");
    }
    try (JavaSparkContext spark = Spark.open("evaluate", configuration.rule().backend());
        Replicas cluster =
            new Replicas(
                spark, plan, configuration.rule(), Math.min(Spark.cores(spark), examples))) {
      var unused = cluster.load(); // its warnings concern training
      Measurement measured =
          cluster.evaluate(
              trained.model().weights(), split, "evaluate", configuration.evaluation().batch());
      print(measured);
    }
    return 0;
  }

  private void print(Measurement measured) {
    System.out.printf(
        Locale.ROOT,
        "%s error %s (%,d of %,d wrong)   energy %.3f   cost %.4f%n",
        word(),
        Metric.percent(measured.errorRate()),
        measured.errors(),
        measured.examples(),
        measured.meanEnergy(),
        measured.meanCost());
  }

  private String word() {
    return split.name().toLowerCase(Locale.ROOT);
  }
}
