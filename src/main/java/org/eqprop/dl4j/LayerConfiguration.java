package org.eqprop.dl4j;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.eqprop.config.ConfigurationReader;
import org.eqprop.config.RunConfiguration;
import org.eqprop.dynamics.Relaxation;
import org.nd4j.linalg.learning.config.IUpdater;
import org.nd4j.linalg.learning.config.Sgd;
import org.nd4j.linalg.schedule.ExponentialSchedule;
import org.nd4j.linalg.schedule.ScheduleType;

/** Puts a run's configuration together from a layer of DL4J. */
final class LayerConfiguration {
  /** Of an updater that has none. */
  private static final double NO_RATE = 0.1;

  private LayerConfiguration() {}

  /**
   * Returns the configuration of a run that relaxes and estimates as the layer does, with the
   * learning rates of its updaters where those have some. Everything else is as by default.
   *
   * @param seed of the network
   */
  static RunConfiguration of(EquilibriumLayer layer, long seed) {
    Relaxation relaxation = layer.relaxation();
    List<IUpdater> updaters =
        IntStream.rangeClosed(1, layer.depth())
            .mapToObj(k -> layer.getUpdaterByParam(EquilibriumParams.weight(k)))
            .toList();
    List<String> assignments =
        List.of(
            "topology=" + layer.network().sizes(),
            "relaxation.schedule=" + ConfigurationReader.word(relaxation.schedule()),
            "relaxation.epsilon=" + relaxation.epsilon(),
            "relaxation.free-steps=" + relaxation.freeSteps(),
            "relaxation.nudged-steps=" + relaxation.nudgedSteps(),
            "relaxation.tolerance=" + relaxation.tolerance(),
            "relaxation.nudged-start=" + ConfigurationReader.word(relaxation.nudgedStart()),
            "estimator.kind=" + ConfigurationReader.word(layer.estimator().kind()),
            "estimator.beta=" + layer.estimator().beta(),
            "training.learning-rates="
                + updaters.stream().map(LayerConfiguration::rate).collect(Collectors.toList()),
            "training.decay=" + decay(updaters),
            "training.learning-rate-scale=1",
            "training.input-center=" + (layer.inputCenter().isNone() ? "none" : "mean"),
            "training.seed=" + seed,
            "backend=" + layer.backend().name());
    ConfigurationReader reader = new ConfigurationReader();
    for (String assignment : assignments) {
      reader = reader.set(assignment);
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
