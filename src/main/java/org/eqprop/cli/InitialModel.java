package org.eqprop.cli;

import java.util.Optional;
import org.eqprop.base.InputException;
import org.eqprop.config.ConfigurationReader;
import org.eqprop.config.InitialSettings;
import org.eqprop.config.RunConfiguration;
import org.eqprop.data.Normalisation;
import org.eqprop.dl4j.AnyModel;
import org.eqprop.model.ModelFile;
import org.eqprop.network.Dense;
import org.eqprop.network.Network;
import org.eqprop.network.Weights;
import org.eqprop.spark.TrainingState;
import org.eqprop.storage.Storage;
import org.jspecify.annotations.Nullable;

/**
 * The starting point of a training without a checkpoint: the weights of the model that {@code
 * init.model} names, or weights drawn with the seed.
 */
final class InitialModel {
  /** Weights drawn with the seed. */
  static final InitialModel NONE = new InitialModel(null);

  private static final String KEY = InitialSettings.MODEL_KEY;

  private final @Nullable ModelFile model;

  private InitialModel(@Nullable ModelFile model) {
    this.model = model;
  }

  /**
   * Reads the model, if the configuration names one.
   *
   * @throws InputException if it cannot be read from here, or has a different network; the message
   *     then names the first layer that differs
   */
  static InitialModel read(Storage storage, RunConfiguration configuration) {
    if (!configuration.initial().isModel()) {
      return NONE;
    }
    Spark.checkReachable(KEY + " =", configuration.initial().model());
    try {
      ModelFile model = AnyModel.read(storage, configuration.initial().model());
      requireTopology(configuration, network(model, configuration));
      return new InitialModel(model);
    } catch (InputException e) {
      throw new InputException(configuration.place(KEY) + KEY + " = " + e.getMessage(), e);
    }
  }

  /**
   * Returns the model's own network; the wanted one if the sizes agree and the model has no
   * configuration.
   */
  private static Network network(ModelFile model, RunConfiguration configuration) {
    Network wanted = configuration.spec().network();
    String location = configuration.initial().model();
    if (!wanted.hasParametersOf(model.network())) {
      return model.network();
    }
    return model.metadata().containsKey(ModelFile.CONFIGURATION)
        ? new ConfigurationReader()
            .text(AnyModel.configuration(model, location), location + " (configuration)")
            .read()
            .spec()
            .network()
        : wanted;
  }

  private static void requireTopology(RunConfiguration configuration, Network found) {
    Network wanted = configuration.spec().network();
    found // its inputs may be normalised with the statistics of other images
        .normalised(Normalisation.NONE)
        .difference(wanted.normalised(Normalisation.NONE))
        .ifPresent(
            difference -> {
              throw new InputException(
                  configuration.initial().model()
                      + ": a network "
                      + found
                      + ": "
                      + difference
                      + ", as topology = "
                      + wanted
                      + " says; choose another model, or "
                      + (found.sizes().equals(wanted.sizes()) || !isDense(found)
                          ? "its network.input and network.layers"
                          : "--set topology=" + found.sizes().toString().replace(" ", "")));
            });
  }

  private static boolean isDense(Network network) {
    return network.links().stream().allMatch(Dense.class::isInstance);
  }

  /**
   * Returns the configuration with the checksum of the model, if there is one.
   *
   * @throws InputException if it already has a different checksum
   */
  RunConfiguration recorded(RunConfiguration configuration) {
    return model == null ? configuration : configuration.startedFrom(model.weightsChecksum());
  }

  /**
   * Returns the weights of the model that a configuration names, or else weights drawn with its
   * seed. Uses no data, so a mean image is not taken into account.
   *
   * @throws InputException if its model cannot be read, has a different network, or does not have
   *     the configuration's checksum
   */
  static Weights weights(Storage storage, RunConfiguration configuration) {
    InitialModel initial = read(storage, configuration);
    if (initial.model == null) {
      return Weights.glorotUniform(
          configuration.spec().network(), configuration.spec().hyperparameters().seed());
    }
    var unused = initial.recorded(configuration); // checks the checksum
    return initial.model.weights();
  }

  /** Returns the state before the first epoch; empty if it is drawn with the seed. */
  Optional<TrainingState> state() {
    return Optional.ofNullable(model).map(given -> TrainingState.startingFrom(given.weights()));
  }
}
