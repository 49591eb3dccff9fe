package org.eqprop.cli;

import java.util.Locale;
import java.util.concurrent.Callable;
import org.apache.spark.api.java.JavaSparkContext;
import org.eqprop.base.InputException;
import org.eqprop.config.DataSettings;
import org.eqprop.config.RunConfiguration;
import org.eqprop.dynamics.Measurement;
import org.eqprop.dynamics.Relaxation;
import org.eqprop.report.SettlingTable;
import org.eqprop.run.Metric;
import org.eqprop.spark.DataPlan;
import org.eqprop.spark.Replicas;
import org.eqprop.spark.Settling;
import org.eqprop.spark.Split;
import org.eqprop.storage.Storage;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "evaluate",
    mixinStandardHelpOptions = true,
    description =
        "Measure a trained model on the executors: mean energy, mean cost and error rate.")
final class EvaluateCommand implements Callable<Integer> {
  @Mixin ModelOptions model = new ModelOptions();
  @Mixin ConfigurationChanges options = new ConfigurationChanges();

  @Option(
      names = "--split",
      paramLabel = "SET",
      description = "which examples: test (the default), validation or training")
  Split split = Split.TEST;

  @Option(
      names = "--settling",
      description =
          "also print how many steps the examples need to settle, and the error that fewer steps would give")
  boolean settling;

  @Override
  public Integer call() {
    Storage storage = Spark.storage();
    ModelOptions.LoadedModel trained = model.read(storage, options);
    RunConfiguration configuration = trained.configuration();
    if (options.printed(configuration)) {
      return 0;
    }
    // Checks the data before Spark starts, unless Spark reads them.
    DataSettings data = configuration.data();
    boolean tables = data.needSpark();
    (split == Split.TEST ? data.test() : data.training()).check(storage);
    DataPlan known = tables ? null : plan(storage, configuration);
    try (JavaSparkContext spark = Spark.open("evaluate", tables, configuration.spec().backend())) {
      DataPlan plan = known == null ? plan(storage, configuration) : known;
      int count = Math.min(Spark.cores(spark), plan.size(split));
      try (Replicas replicas = new Replicas(spark, plan, configuration.spec(), count)) {
        var unused = replicas.load(); // its warnings only concern training
        Measurement measured =
            replicas.evaluate(
                trained.model().weights(), split, "evaluate", configuration.evaluation().batch());
        print(measured);
        if (settling) {
          printSettling(replicas, trained);
        }
      }
    }
    return 0;
  }

  private DataPlan plan(Storage storage, RunConfiguration configuration) {
    DataPlan plan = DataPlan.inspect(storage, configuration, split);
    if (plan.size(split) == 0) {
      throw new InputException(
          "--split "
              + word()
              + ": no examples: data.validation is 0; try --set data.validation=10000");
    }
    return plan;
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

  private void printSettling(Replicas replicas, ModelOptions.LoadedModel trained) {
    Relaxation relaxation = trained.configuration().spec().relaxation();
    Settling found =
        replicas.settling(
            trained.model().weights(),
            split,
            "settle",
            trained.configuration().evaluation().batch(),
            Settling.span(relaxation),
            Integer.MAX_VALUE);
    System.out.printf("%n%s%n", new SettlingTable(found, relaxation.freeSteps()).text());
  }

  private String word() {
    return split.name().toLowerCase(Locale.ROOT);
  }
}
