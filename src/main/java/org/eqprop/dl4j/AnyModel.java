package org.eqprop.dl4j;

import java.util.List;
import org.eqprop.base.InputException;
import org.eqprop.config.RunConfiguration;
import org.eqprop.model.ModelFile;
import org.eqprop.run.RunFolder;
import org.eqprop.storage.Storage;

/** A trained model wherever it is: a model file, one in a folder, or a zip of DL4J. */
public final class AnyModel {
  private AnyModel() {}

  /**
   * Reads a model file, that of a run folder or of what Spark ML has stored (the stage, or the
   * pipeline or the best model that it is in), or a zip of DL4J.
   *
   * @throws InputException if it cannot be read
   */
  public static ModelFile read(Storage storage, String location) {
    String file = file(storage, location);
    return Dl4jModelFile.isZip(storage, file)
        ? Dl4jModelFile.read(storage, file)
        : ModelFile.read(storage, file);
  }

  private static String file(Storage storage, String location) {
    try {
      for (String folder : List.of(location, Storage.path(location, "bestModel"))) {
        String own = Storage.path(folder, RunFolder.MODEL);
        if (storage.exists(own)) {
          return own;
        }
        String stages = Storage.path(folder, "stages");
        if (storage.exists(stages)) {
          for (String stage : storage.list(stages)) {
            String file = Storage.path(Storage.path(stages, stage), RunFolder.MODEL);
            if (storage.exists(file)) {
              return file;
            }
          }
        }
      }
    } catch (InputException e) {
      // reading says why
    }
    return location;
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
    if (!configuration.spec().network().hasParametersOf(model.network())) {
      throw new InputException(
          "topology = "
              + configuration.spec().network()
              + ": expected "
              + model.network()
              + ", that of "
              + location);
    }
  }
}
