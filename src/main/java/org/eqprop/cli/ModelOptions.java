package org.eqprop.cli;

import org.eqprop.base.InputException;
import org.eqprop.config.RunConfiguration;
import org.eqprop.dl4j.Dl4jModelFile;
import org.eqprop.model.ModelFile;
import org.eqprop.run.RunFolder;
import org.eqprop.storage.Storage;
import picocli.CommandLine.Option;

/** The option that names a model, and what comes with it. */
final class ModelOptions {
  @Option(
      names = "--model",
      paramLabel = "FILE",
      required = true,
      description = "a model file, a run folder or a zip of DL4J: local, or any Hadoop file system")
  String location = "";

  /** A model and the configuration it was trained with, changed as the options say. */
  record Trained(ModelFile model, RunConfiguration configuration) {}

  /** Reads a model file, that of a run folder, or a zip of DL4J. */
  static ModelFile readAny(Storage storage, String location) {
    String file =
        isRunFolder(storage, location) ? Storage.path(location, RunFolder.MODEL) : location;
    return Dl4jModelFile.isZip(storage, file)
        ? Dl4jModelFile.read(storage, file)
        : ModelFile.read(storage, file);
  }

  private static boolean isRunFolder(Storage storage, String location) {
    try {
      return storage.exists(Storage.path(location, RunFolder.MODEL));
    } catch (InputException e) { // reading says why
      return false;
    }
  }

  Trained read(Storage storage, ConfigurationOptions options) {
    ModelFile model = readAny(storage, location);
    RunConfiguration configuration =
        options.change(configuration(model, location), location + " (configuration)");
    requireTopology(configuration, model, location);
    return new Trained(model, configuration);
  }

  /**
   * Returns the configuration that a model was trained with, one line of JSON.
   *
   * @throws InputException if it has none
   */
  static String configuration(ModelFile model, String location) {
    String json = model.metadata().get(ModelFile.CONFIGURATION);
    if (json == null) {
      throw new InputException(
          location + ": no configuration in its metadata: expected the key 'configuration'");
    }
    return json;
  }

  /**
   * Checks that a configuration is of a model's network.
   *
   * @throws InputException if it is not
   */
  static void requireTopology(RunConfiguration configuration, ModelFile model, String location) {
    if (!configuration.rule().network().hasParametersOf(model.network())) {
      throw new InputException(
          "topology = "
              + configuration.rule().network()
              + ": expected "
              + model.network()
              + ", that of "
              + location);
    }
  }
}
