package org.eqprop.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigRenderOptions;
import java.util.Map;
import java.util.Optional;
import org.eqprop.data.InvalidValueException;
import org.eqprop.learning.LearningRule;

/**
 * All that a run is made from, validated: what can be constructed can be run.
 *
 * @param source the resolved keys and values
 * @param data which examples
 * @param rule how each replica learns
 * @param averaging how the replicas are merged
 * @param checkpoint when the training is written down
 * @param evaluation how the network is evaluated
 * @param engine what trains the replicas
 */
public record RunConfiguration(
    Config source,
    DataSettings data,
    LearningRule rule,
    AveragingSettings averaging,
    CheckpointSettings checkpoint,
    EvaluationSettings evaluation,
    Engine engine) {

  /**
   * Checks what concerns several keys at once.
   *
   * @throws InvalidValueException if they do not go together
   */
  public RunConfiguration {
    int depth = rule.topology().depth();
    InvalidValueException.check(
        rule.hyperparameters().learningRates().size() == depth,
        "training.learning-rates",
        rule.hyperparameters().learningRates(),
        depth + " numbers, one for each layer of weights of " + rule.topology());
    for (double rate : rule.hyperparameters().learningRates()) {
      InvalidValueException.check(
          rate * averaging.rateFactor() <= 100,
          "averaging.learning-rate-factor",
          averaging.rateFactor(),
          "learning rates times this in (0, 100]");
    }
    rule.estimator().checkAgainst(rule.relaxation().schedule());
  }

  /**
   * Returns the resolved configuration as a HOCON file with comments, which {@code --conf} reads.
   */
  public String toHocon() {
    return source
        .root()
        .render(ConfigRenderOptions.defaults().setOriginComments(false).setJson(false));
  }

  /** Returns the resolved configuration as one line of JSON. */
  public String toJson() {
    return source.root().render(ConfigRenderOptions.concise());
  }

  /**
   * Returns a key in which two configurations differ, and both values, in words; empty if there is
   * none.
   */
  public Optional<String> difference(RunConfiguration other) {
    return source.entrySet().stream()
        .map(Map.Entry::getKey)
        .sorted()
        .filter(key -> !source.getValue(key).equals(other.source.getValue(key)))
        .findFirst()
        .map(
            key ->
                key + " = " + rendered(source, key) + ": expected " + rendered(other.source, key));
  }

  private static String rendered(Config config, String key) {
    return config.getValue(key).render(ConfigRenderOptions.concise());
  }

  /**
   * Returns the configuration for a number of replicas, its averaging {@link
   * AveragingSettings#resolved}.
   */
  public RunConfiguration resolved(int replicas) {
    AveragingSettings chosen = averaging.resolved(replicas);
    return with("averaging.replicas", String.valueOf(replicas))
        .with("averaging.rounds-per-epoch", String.valueOf(chosen.roundsPerEpoch()))
        .with("averaging.warm-up.epochs", String.valueOf(chosen.warmUpEpochs()))
        .with("averaging.learning-rate-factor", String.valueOf(chosen.rateFactor()))
        .with("averaging.outer.momentum", String.valueOf(chosen.outerMomentum()))
        .with("averaging.outer.optimizer", ConfigurationReader.word(chosen.outer()));
  }

  /**
   * Returns the configuration with another value for one key.
   *
   * @throws org.eqprop.data.InputException if there is no such key or the value is out of range
   */
  public RunConfiguration with(String key, String value) {
    return ConfigurationReader.of(source)
        .set(key, value, source.getValue(key).origin().description())
        .read();
  }
}
