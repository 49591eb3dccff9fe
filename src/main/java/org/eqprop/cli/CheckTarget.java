package org.eqprop.cli;

import org.eqprop.config.RunConfiguration;
import org.eqprop.network.Convolution;
import org.eqprop.network.Weights;
import org.eqprop.storage.Storage;
import org.jspecify.annotations.Nullable;

/**
 * What a check of the gradient looks at: a trained model, or the weights that a training begins
 * with.
 *
 * @param source in words
 * @param checksum of a model's weights; null of others
 */
record CheckTarget(
    RunConfiguration configuration, Weights weights, String source, @Nullable String checksum) {

  /**
   * Reads it.
   *
   * @param model where the model is; null: the weights that a training begins with
   */
  static CheckTarget of(Storage storage, ConfigurationOptions options, @Nullable String model) {
    if (model == null) {
      RunConfiguration configuration = options.read(storage);
      String source =
          configuration.initial().isModel()
              ? configuration.initial().words()
              : "initial weights of " + options.name();
      return new CheckTarget(
          configuration, InitialModel.weights(storage, configuration), source, null);
    }
    ModelOptions named = new ModelOptions();
    named.location = model;
    ModelOptions.LoadedModel trained = named.read(storage, options);
    return new CheckTarget(
        trained.configuration(),
        trained.model().weights(),
        model,
        trained.model().weightsChecksum());
  }

  /** Returns how many examples a batch has by default: with convolutions each takes seconds. */
  int usualExamples() {
    return configuration.spec().network().links().stream().anyMatch(Convolution.class::isInstance)
        ? 4
        : 100;
  }
}
