package org.eqprop.cli;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.eqprop.base.InputException;
import org.eqprop.config.RunConfiguration;
import org.eqprop.dl4j.AnyModel;
import org.eqprop.dl4j.Dl4jModelFile;
import org.eqprop.model.ModelFile;
import org.eqprop.model.PlainTensors;
import org.eqprop.storage.Storage;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
    name = "import",
    mixinStandardHelpOptions = true,
    description = {
      "Make a model file from another program's model: a DL4J zip, or safetensors with the tensors"
          + " W_1 [n_0 × n_1], b_1 [n_1], W_2, … in float32 (n_0 inputs, n_k units in layer k).",
      "If the model to import holds no configuration, it gets that of --preset or --conf."
    })
final class ImportCommand implements Callable<Integer> {
  @Parameters(arity = "1", paramLabel = "FILE", description = "the model to import")
  String source = "";

  @Mixin ModelTarget target = new ModelTarget();
  @Mixin ConfigurationOptions options = new ConfigurationOptions();

  @Override
  public Integer call() {
    if (options.print) {
      throw new InputException(
          "import: --print-config is not supported: import always writes a model");
    }
    Storage storage = Spark.storage();
    target.check(storage);
    ModelFile read =
        Dl4jModelFile.isZip(storage, source)
            ? Dl4jModelFile.read(storage, source)
            : PlainTensors.read(storage, source);
    if (!options.namesNothing() || !read.metadata().containsKey(ModelFile.CONFIGURATION)) {
      read = configured(storage, read);
    }
    target.write(storage, read, ModelTarget.Format.SAFETENSORS);
    return 0;
  }

  /** Returns the model with a configuration that the options define or change. */
  private ModelFile configured(Storage storage, ModelFile read) {
    String json = read.metadata().get(ModelFile.CONFIGURATION);
    RunConfiguration configuration =
        json == null
            ? options.sets("topology")
                ? options.read(storage)
                : options.read(
                    storage,
                    new ConfigurationChanges.Change(
                        source, "topology", read.network().sizes().toString()))
            : options.change(json, source + " (configuration)");
    AnyModel.requireNetwork(configuration, read, source);
    Map<String, String> metadata = new TreeMap<>(read.metadata());
    metadata.put(ModelFile.CONFIGURATION, configuration.toJson());
    return new ModelFile(read.weights(), read.updater(), read.velocity(), metadata);
  }
}
