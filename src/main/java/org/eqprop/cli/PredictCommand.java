package org.eqprop.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.eqprop.config.RunConfiguration;
import org.eqprop.data.ExampleSource;
import org.eqprop.data.Examples;
import org.eqprop.data.IdxSource;
import org.eqprop.dynamics.Equilibrium;
import org.eqprop.dynamics.Relaxer;
import org.eqprop.learning.Evaluator;
import org.eqprop.report.Prediction;
import org.eqprop.spark.DataPlan;
import org.eqprop.storage.Storage;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "predict",
    mixinStandardHelpOptions = true,
    description =
        "Classify images: for each, print the class and the scores (the network's outputs at the free"
            + " equilibrium; with the cross-entropy cost, log-probabilities up to a constant).")
final class PredictCommand implements Callable<Integer> {
  enum Format {
    CSV,
    JSON
  }

  @Mixin ModelOptions model = new ModelOptions();
  @Mixin ConfigurationChanges options = new ConfigurationChanges();

  @Option(
      names = "--images",
      paramLabel = "FILE",
      description =
          "an IDX file of images; by default the test images, whose true classes are printed, too")
  @Nullable String images;

  @Option(
      names = "--index",
      paramLabel = "LIST",
      description =
          "which images, counted from 0, such as 0-7,42; by default the first 8 test images, or all"
              + " of --images")
  @Nullable String index;

  @Option(names = "--format", paramLabel = "FORMAT", description = "csv (the default) or json")
  Format format = Format.CSV;

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "write to this file, atomically, instead of to standard output")
  @Nullable String out;

  @Override
  public Integer call() {
    Storage storage = Spark.storage();
    ModelOptions.LoadedModel trained = model.read(storage, options);
    RunConfiguration configuration = trained.configuration();
    if (options.printed(configuration)) {
      return 0;
    }
    var network = configuration.spec().network();
    ExampleSource source =
        (images == null ? configuration.data().test() : IdxSource.unlabelled(images))
            .opened(network.input());
    int size = DataPlan.header(storage, source, network).examples();
    int[] chosen =
        index != null
            ? IndexList.parse("--index", index, size)
            : IntStream.range(0, images == null ? Math.min(8, size) : size).toArray();
    List<Prediction> predictions =
        predict(trained, source.pick(storage, chosen, network.outputs()), chosen);
    write(
        storage, format == Format.CSV ? Prediction.csv(predictions) : Prediction.json(predictions));
    return 0;
  }

  private List<Prediction> predict(ModelOptions.LoadedModel trained, Examples set, int[] indices) {
    RunConfiguration configuration = trained.configuration();
    List<Prediction> predictions = new ArrayList<>();
    try (Relaxer relaxer = configuration.spec().newRelaxer()) {
      relaxer.load(trained.model().weights());
      new Evaluator(relaxer, configuration.evaluation().batch())
          .visit(
              set,
              set.size(),
              (from, to) -> {
                int[] classes = relaxer.predict(Equilibrium.FREE);
                INDArray scores = relaxer.outputs(Equilibrium.FREE);
                for (int i = from; i < to; i++) {
                  List<Double> row = new ArrayList<>();
                  for (int c = 0; c < configuration.spec().network().outputs(); c++) {
                    row.add(scores.getDouble(i - from, c));
                  }
                  Integer truth = images == null ? Integer.valueOf(set.label(i)) : null;
                  predictions.add(new Prediction(indices[i], classes[i - from], truth, row));
                }
              });
    }
    return predictions;
  }

  private void write(Storage storage, String text) {
    if (out == null) {
      System.out.print(text);
    } else {
      storage.writeText(out, text);
    }
  }
}
