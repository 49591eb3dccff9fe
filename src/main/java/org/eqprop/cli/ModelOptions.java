package org.eqprop.cli;

import org.eqprop.config.RunConfiguration;
import org.eqprop.dl4j.AnyModel;
import org.eqprop.model.ModelFile;
import org.eqprop.storage.Storage;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The option that names a model. Reads the model and its configuration. */
final class ModelOptions {
  @Option(
      names = "--model",
      paramLabel = "MODEL",
      required = true,
      description =
          "a model file, a run folder, a saved Spark ML model or a DL4J zip; local or on any"
              + " Hadoop file system")
  String location = "";

  /** Options of other verbs, which are refused with a remedy. */
  @Option(
      names = {"--preset", "--conf"},
      hidden = true)
  @Nullable String refused;

  /** A model and the configuration that it was trained with, changed by the options. */
  record LoadedModel(ModelFile model, RunConfiguration configuration) {}

  LoadedModel read(Storage storage, ConfigurationChanges options) {
    if (refused != null) {
      throw ConfigurationOptions.twoConfigurations();
    }
    ModelFile model = AnyModel.read(storage, location);
    RunConfiguration configuration =
        options.change(AnyModel.configuration(model, location), location + " (configuration)");
    AnyModel.requireNetwork(configuration, model, location);
    return new LoadedModel(model, configuration);
  }
}
