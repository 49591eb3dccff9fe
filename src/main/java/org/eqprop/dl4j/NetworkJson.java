package org.eqprop.dl4j;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;
import org.deeplearning4j.nn.conf.MultiLayerConfiguration;
import org.eqprop.base.InputException;
import org.eqprop.base.Json;

/**
 * Reads the JSON of a network of one {@link EquilibriumLayer}. DL4J's own reader does not limit the
 * depth and creates objects of any class that the JSON names, so it only gets JSON that was checked
 * before.
 */
final class NetworkJson {
  private static final int MAX_DEPTH = 32;
  private static final String TYPE = "@class";
  private static final String NETWORK = "network";

  /** The classes that a layer without dropout, noise and preprocessors may use. */
  private static final Pattern ALLOWED =
      Pattern.compile(
          "(org\\.nd4j\\.linalg\\.(activations\\.impl|learning\\.config|learning\\.regularization|schedule)"
              + "|org\\.deeplearning4j\\.nn\\.(weights|conf\\.distribution|conf\\.constraint))\\.\\w+");

  private NetworkJson() {}

  /**
   * Returns the configuration.
   *
   * @throws IllegalArgumentException if it is not valid, or describes another kind of network; the
   *     message is one line
   */
  static MultiLayerConfiguration read(byte[] json) {
    JsonNode root;
    try {
      root = Json.parse(json, MAX_DEPTH);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("configuration.json is " + e.getMessage(), e);
    }
    JsonNode layers = root.path("confs");
    JsonNode layer = layers.path(0).path("layer");
    String own = EquilibriumLayer.class.getName();
    if (layers.size() != 1 || !own.equals(layer.path(TYPE).textValue())) {
      throw new IllegalArgumentException("expected a network of one EquilibriumLayer");
    }
    if (layer.has(NETWORK) && !layer.path(NETWORK).isTextual()) {
      throw new IllegalArgumentException("its layer: " + NETWORK + " is not a text");
    }
    if (!root.path("inputPreProcessors").isEmpty()) {
      throw new IllegalArgumentException(
          "it has a preprocessor: expected a network that takes intensities in [0, 1]");
    }
    for (JsonNode type : root.findValues(TYPE)) {
      String name = String.valueOf(type.textValue());
      if (!name.equals(own) && !ALLOWED.matcher(name).matches()) {
        throw new IllegalArgumentException(
            "configuration.json names the class " + type + ", which is not part of such a network");
      }
    }
    try {
      return MultiLayerConfiguration.fromJson(new String(json, StandardCharsets.UTF_8));
    } catch (RuntimeException e) {
      throw new IllegalArgumentException("DL4J cannot read it: " + InputException.reason(e), e);
    }
  }
}
