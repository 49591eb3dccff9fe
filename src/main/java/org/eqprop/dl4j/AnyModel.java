package org.eqprop.dl4j;

import org.eqprop.base.InputException;
import org.eqprop.config.RunConfiguration;
import org.eqprop.model.ModelFile;
import org.eqprop.run.RunFolder;
import org.eqprop.storage.Storage;

/** A trained model wherever it is: a model file, one in a folder, or a zip of DL4J. */
public final class AnyModel {
  private AnyModel() {}

  /**
   * Reads a model file, that of a run folder or of a stored stage of Spark ML, or a zip of DL4J.
   *
   * @throws InputException if it cannot be read
   */
  public static ModelFile read(Storage storage, String location) {
    String file = isFolder(storage, location) ? Storage.path(location, RunFolder.MODEL) : location;
    return Dl4jModelFile.isZip(storage, file)
        ? Dl4jModelFile.read(storage, file)
        : ModelFile.read(storage, file);
  }

  private static boolean isFolder(Storage storage, String location) {
    try {
      return storage.exists(Storage.path(location, RunFolder.MODEL));
    } catch (InputException e) { // reading says why
      return false;
    }
  }

  /**
   * Returns the configuration that a model was trained with, one line of JSON.
   *
   * @throws InputException if it has none
   */
  public static String configuration(ModelFile model, String location) {
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
  public static void requireNetwork(
      RunConfiguration configuration, ModelFile model, String location) {
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
