package org.eqprop.dl4j;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.eqprop.backend.Backend;
import org.eqprop.base.KeyValues;
import org.eqprop.config.ConfigurationReader;
import org.eqprop.config.NetworkKeys;
import org.eqprop.config.RunConfiguration;
import org.eqprop.learning.Centering;
import org.eqprop.learning.Hyperparameters;
import org.eqprop.learning.RateSchedule;
import org.eqprop.network.Network;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.schedule.ExponentialSchedule;
import org.nd4j.linalg.schedule.ScheduleType;

/** Builds a run configuration from a DL4J layer. */
final class LayerConfiguration {
  /** Learning rate for an updater that has none. */
  private static final double NO_RATE = 0.1;

  private LayerConfiguration() {}

  /**
   * Returns the configuration of a run that relaxes and estimates as the layer does, with the
   * learning rates of its updaters if they have any. Everything else has its default.
   *
   * @param seed of the network
   */
  static RunConfiguration of(EquilibriumLayer layer, long seed) {
    Network network = layer.network();
    List<IUpdater> updaters =
        IntStream.rangeClosed(1, network.weightLayers())
            .mapToObj(k -> layer.getUpdaterByParam(EquilibriumParams.weight(k)))
            .toList();
    Map<String, String> keys = new LinkedHashMap<>(NetworkKeys.keys(network));
    keys.putAll(layer.relaxation().keys());
    keys.putAll(layer.estimator().keys());
    keys.put(
        Hyperparameters.LEARNING_RATES_KEY,
        updaters.stream().map(LayerConfiguration::rate).toList().toString());
    keys.put(RateSchedule.DECAY_KEY, String.valueOf(decay(updaters)));
    keys.put(Hyperparameters.RATE_SCALE_KEY, "1");
    keys.put(
        Hyperparameters.CENTERING_KEY,
        KeyValues.word(layer.inputCenter().isNone() ? Centering.NONE : Centering.MEAN));
    keys.put(Hyperparameters.SEED_KEY, String.valueOf(seed));
    keys.put(Backend.KEY, layer.backend().name());
    ConfigurationReader reader = new ConfigurationReader();
    for (var key : keys.entrySet()) {
      reader = reader.set(key.getKey() + "=" + key.getValue());
    }
    return reader.read();
  }

  private static double rate(IUpdater updater) {
    double rate = updater.hasLearningRate() ? updater.getLearningRate(0, 0) : NO_RATE;
    return rate > 0 && rate <= 100 ? rate : NO_RATE;
  }

  private static double decay(List<IUpdater> updaters) {
    List<Double> decays = updaters.stream().map(LayerConfiguration::decay).distinct().toList();
    return decays.size() == 1 ? decays.get(0) : 1;
  }

  private static double decay(IUpdater updater) {
    return updater instanceof Sgd sgd
            && sgd.getLearningRateSchedule() instanceof ExponentialSchedule schedule
            && schedule.getScheduleType() == ScheduleType.EPOCH
            && schedule.getGamma() > 0
            && schedule.getGamma() <= 1
        ? schedule.getGamma()
        : 1;
  }
}
