package org.eqprop.ml;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.spark.ml.param.Param;
import org.eqprop.base.InputException;
import org.eqprop.config.ConfigurationReader;
import org.eqprop.config.DataSettings;
import org.eqprop.config.Hocon;
import org.eqprop.config.RunConfiguration;
import org.eqprop.learning.Hyperparameters;
import org.eqprop.network.Network;
import org.jspecify.annotations.Nullable;

/**
 * Builds the run configuration from a classifier's parameters. Later sources override earlier ones:
 * the parameters' defaults, then the keys of {@code configuration}, then the parameters that are
 * set.
 */
final class ClassifierConfiguration {
  /**
   * Default α_1 for plain SGD; α_k is a quarter of α_{k−1}, as in Scellier &amp; Bengio (2017),
   * table 1.
   */
  private static final double RATE = 0.2;

  private static final double RATIO = 0.25;
  private static final double MOMENTUM_FACTOR = 0.05;
  private static final double ADAM_RATE = 0.001;
  private static final int HIDDEN = 500;
  private static final String DEFAULTS = "the classifier's defaults";

  private final ClassifierParameters parameters;
  private final Config further;

  /**
   * @throws InputException if {@code configuration} cannot be read
   */
  ClassifierConfiguration(ClassifierParameters parameters) {
    this.parameters = parameters;
    String text = parameters.valueOf(parameters.configuration());
    this.further =
        text == null
            ? ConfigFactory.empty()
            : Hocon.parse(text, origin(parameters.configuration()), Hocon.Source.STORED);
  }

  /**
   * Returns whether features may be any finite numbers because the network normalises its inputs.
   *
   * @throws InputException if the parameters describe no valid network
   */
  boolean normalises() {
    int[] sizes = parameters.valueOf(parameters.layers());
    return !reader(sizes == null ? 1 : sizes[0], 2).network().normalisation().isNone();
  }

  /**
   * Returns the configuration.
   *
   * @param features number of features, ≥ 1
   * @param classes number of classes, ≥ 2
   * @throws InputException if the parameters contradict each other or do not fit these numbers
   */
  RunConfiguration of(int features, int classes) {
    ConfigurationReader reader = reader(features, classes);
    Network network = reader.network();
    requireFits(network, features, classes);
    String kind = reader.source().getString("training.updater.kind");
    if (parameters.valueOf(parameters.learningRates()) == null
        && !further.hasPath(Hyperparameters.LEARNING_RATES_KEY)) {
      String rates = rates(kind, network.weightLayers()).toString();
      reader = reader.set(Hyperparameters.LEARNING_RATES_KEY, rates, origin(parameters.stepSize()));
    }
    return reader.read();
  }

  private ConfigurationReader reader(int features, int classes) {
    String sizes = List.of(features, HIDDEN, classes).toString();
    ConfigurationReader reader =
        new ConfigurationReader()
            .set(DataSettings.VALIDATION_KEY, "0", DEFAULTS)
            .set("topology", sizes, DEFAULTS);
    for (Map.Entry<String, Param<?>> key : parameters.keys().entrySet()) {
      if (!parameters.isSet(key.getValue())) {
        reader = with(reader, key.getKey(), key.getValue());
      }
    }
    reader = networked(reader.keys(further));
    for (Map.Entry<String, Param<?>> key : parameters.keys().entrySet()) {
      if (parameters.isSet(key.getValue())) {
        reader = with(reader, key.getKey(), key.getValue());
      }
    }
    return reader;
  }

  private ConfigurationReader networked(ConfigurationReader reader) {
    int[] sizes = parameters.valueOf(parameters.layers());
    String network = parameters.valueOf(parameters.network());
    if (sizes != null && network != null) {
      throw new InputException("layers and network are both set: expected one of the two");
    }
    if (sizes != null) {
      return reader.set("topology", Arrays.toString(sizes), origin(parameters.layers()));
    }
    return network == null
        ? reader
        : reader.keys(
            Hocon.parse("network = " + network, origin(parameters.network()), Hocon.Source.STORED));
  }

  private ConfigurationReader with(ConfigurationReader reader, String key, Param<?> param) {
    Object value = parameters.valueOf(param);
    return value == null ? reader : reader.set(key, text(value), origin(param));
  }

  private static String text(Object value) {
    return value instanceof double[] numbers ? Arrays.toString(numbers) : value.toString();
  }

  private static String origin(Param<?> param) {
    return "parameter " + param.name();
  }

  private void requireFits(Network network, int features, int classes) {
    if (network.inputs() != features) {
      throw new InputException(
          "the network "
              + network
              + " has "
              + network.inputs()
              + " inputs: expected "
              + features
              + ", the number of features in column "
              + parameters.getFeaturesCol()
              + "; change layers or network");
    }
    if (network.outputs() < classes) {
      throw new InputException(
          "the network "
              + network
              + " has "
              + network.outputs()
              + " outputs: expected at least "
              + classes
              + ", the number of classes in column "
              + parameters.getLabelCol()
              + "; change layers or network");
    }
  }

  private List<Double> rates(String kind, int count) {
    double first = first(kind);
    List<Double> rates = new ArrayList<>();
    for (int k = 0; k < count; k++) {
      rates.add(kind.equals("adam") ? first : first * Math.pow(RATIO, k));
    }
    return rates;
  }

  private double first(String kind) {
    @Nullable Object given = parameters.valueOf(parameters.stepSize());
    if (given instanceof Double rate) {
      return rate;
    }
    return switch (kind) {
      case "adam" -> ADAM_RATE;
      case "sgd" -> RATE;
      default -> RATE * MOMENTUM_FACTOR;
    };
  }
}
