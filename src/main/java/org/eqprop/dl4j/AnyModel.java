package org.eqprop.dl4j;

import java.util.List;
import org.eqprop.base.InputException;
import org.eqprop.config.RunConfiguration;
import org.eqprop.model.ModelFile;
import org.eqprop.run.RunFolder;
import org.eqprop.storage.Storage;

/**
 * Reads a trained model from any supported place: a model file, a folder that contains one, or a
 * DL4J zip.
 */
public final class AnyModel {
  private AnyModel() {}

  /**
   * Reads a model file, the model file in a run folder or in a folder saved by Spark ML (the stage,
   * or the pipeline or best model that contains it), or a DL4J zip.
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
      // reading the file reports why
    }
    return location;
  }

  /**
   * Returns the configuration that a model was trained with, one line of JSON.
   *
   * @throws InputException if the model has none
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
   * Checks that a configuration has the network of a model.
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
              + ", the network of "
              + location);
    }
  }
}
