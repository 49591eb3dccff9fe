package org.eqprop.cli;

import org.eqprop.config.RunConfiguration;
import org.eqprop.network.Convolution;
import org.eqprop.network.Weights;
import org.eqprop.storage.Storage;
import org.jspecify.annotations.Nullable;

/**
 * The network that a command examines: a trained model, or one with the weights that a training
 * starts with.
 *
 * @param source where the weights come from, in words
 * @param checksum of a model's weights; null for other weights
 */
record ChosenNetwork(
    RunConfiguration configuration, Weights weights, String source, @Nullable String checksum) {

  /**
   * Reads the model, or makes the initial weights.
   *
   * @param model location of the model; null for the weights that a training starts with
   */
  static ChosenNetwork of(Storage storage, ConfigurationOptions options, @Nullable String model) {
    if (model == null) {
      RunConfiguration configuration = options.read(storage);
      String source =
          configuration.initial().isModel()
              ? configuration.initial().words()
              : "initial weights of " + options.name();
      return new ChosenNetwork(
          configuration, InitialModel.weights(storage, configuration), source, null);
    }
    ModelOptions named = new ModelOptions();
    named.location = model;
    ModelOptions.LoadedModel trained = named.read(storage, options);
    return new ChosenNetwork(
        trained.configuration(),
        trained.model().weights(),
        model,
        trained.model().weightsChecksum());
  }

  /**
   * Returns the default number of examples per batch. With convolutions each example takes seconds.
   */
  int usualExamples() {
    return configuration.spec().network().links().stream().anyMatch(Convolution.class::isInstance)
        ? 4
        : 100;
  }
}
