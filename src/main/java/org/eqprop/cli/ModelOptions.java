package org.eqprop.cli;

import org.eqprop.config.RunConfiguration;
import org.eqprop.data.InputException;
import org.eqprop.data.Storage;
import org.eqprop.model.ModelFile;
import picocli.CommandLine.Option;

/** The option that names a model, and what comes with it. */
final class ModelOptions {
  @Option(
      names = "--model",
      paramLabel = "FILE",
      required = true,
      description = "a run's model.safetensors: local, or any Hadoop file system")
  String location = "";

  /** A model and the configuration it was trained with, changed as the options say. */
  record Trained(ModelFile model, RunConfiguration configuration) {}

  Trained read(Storage storage, ConfigurationOptions options) {
    ModelFile model = ModelFile.read(storage, location);
    String json = model.metadata().get(ModelFile.CONFIGURATION);
    if (json == null) {
      throw new InputException(
          location + ": no configuration in its metadata: expected the key 'configuration'");
    }
    RunConfiguration configuration = options.change(json, location + " (configuration)");
    if (!configuration.rule().topology().equals(model.topology())) {
      throw new InputException(
          "topology = "
              + configuration.rule().topology()
              + ": expected "
              + model.topology()
              + ", that of "
              + location);
    }
    return new Trained(model, configuration);
  }
}
