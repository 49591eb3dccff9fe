package org.eqprop.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigRenderOptions;
import org.eqprop.data.InvalidValueException;
import org.eqprop.learning.LearningRule;

/**
 * All that a run is made from, validated: what can be constructed can be run.
 *
 * @param source the resolved keys and values
 * @param data which examples
 * @param rule how each replica learns
 * @param averaging how the replicas are merged
 * @param evaluation how the network is evaluated
 */
public record RunConfiguration(
    Config source,
    DataSettings data,
    LearningRule rule,
    AveragingSettings averaging,
    EvaluationSettings evaluation) {

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
   * Returns the configuration with another value for one key.
   *
   * @throws org.eqprop.data.InputException if there is no such key or the value is out of range
   */
  public RunConfiguration with(String key, String value) {
    return new ConfigurationReader().override(source, key + "=" + value).read();
  }
}
