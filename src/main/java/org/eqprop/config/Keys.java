package org.eqprop.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import com.typesafe.config.ConfigValueType;
import java.util.List;
import java.util.Map;
import org.eqprop.base.InputException;
import org.eqprop.base.Suggestions;
import org.eqprop.storage.Storage;

/** All keys with their defaults and the types of their values. */
final class Keys {
  static final Config DEFAULTS =
      Hocon.parse(
          Hocon.text(Storage.local(), "classpath:org/eqprop/config/defaults.conf"),
          "the defaults",
          Hocon.Source.STORED);

  /**
   * Keys that earlier versions did not have, with the values that match what those versions did.
   * Every later key that affects the weights belongs here; otherwise a stored configuration is not
   * recognized.
   */
  private static final Config LATER =
      Hocon.parse(
          """
          training {
            learning-rate-scale = 1, input-center = none, schedule = exponential, warm-up-epochs = 0
            bias-learning-rates = [], augmentation { crop = 0, flip = false, rotate = 0, zoom = 0 }
            updater {
              kind = sgd, momentum = 0.9, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weight-decay = 0
            }
          }
          averaging.updater-state = average
          device {
            state-noise = 0, read-noise = 0, signs = free
            weights { range = 0, levels = 0, rounding = nearest }
            mismatch { deviation = 0, between-nudges = 0 }
            update { noise = 0, up = 1, down = 1, bounds = hard }
            drift { rate = 0, noise = 0 }
          }
          """,
          "the defaults of earlier versions",
          Hocon.Source.STORED);

  private Keys() {}

  /**
   * Adds the later keys to a configuration that an earlier version has stored. It is recognized by
   * having all other keys that affect the weights.
   */
  static Config completed(Config config) {
    boolean stored =
        DEFAULTS.entrySet().stream()
            .map(Map.Entry::getKey)
            .filter(key -> key.matches("(training|averaging|relaxation|estimator)\\..*"))
            .allMatch(key -> LATER.hasPath(key) || config.hasPathOrNull(key));
    return stored ? config.withFallback(LATER) : config;
  }

  /** Returns whether a key's values are texts, rather than words or numbers. */
  static boolean isText(String key) {
    ConfigValue value = DEFAULTS.getValue(key);
    return value.valueType() == ConfigValueType.STRING
        && !value.unwrapped().equals(Values.WORD_AUTO);
  }

  static ConfigValue value(String text, String where, Hocon.Source source) {
    var root = Hocon.parse("value = " + text, where, source).root();
    ConfigValue value = root.get("value");
    if (value == null || root.size() != 1) {
      throw new InputException(where + ": expected one KEY=VALUE; repeat --set for another key");
    }
    return value;
  }

  /**
   * Converts values of environment variables, which are always texts, to the numbers, truth values
   * and lists that they spell.
   */
  static ConfigValue typed(ConfigValue value) {
    ConfigValue typed = value;
    if (value instanceof ConfigList list) {
      typed = ConfigValueFactory.fromIterable(list.stream().map(Keys::typed).toList());
    } else if (value.valueType() == ConfigValueType.STRING) {
      typed = parsed(value.unwrapped().toString());
    }
    if (typed.unwrapped() instanceof Number number && Math.abs(number.doubleValue()) >= 1L << 53) {
      typed = exact(typed);
    }
    return switch (typed.valueType()) {
      case NUMBER, BOOLEAN, LIST -> typed.withOrigin(value.origin());
      default -> value;
    };
  }

  /**
   * Returns a large whole number exactly. The library parses a number with a decimal point as a
   * double, which would round it.
   */
  private static ConfigValue exact(ConfigValue number) {
    try {
      return ConfigValueFactory.fromAnyRef(Hocon.whole(number));
    } catch (ArithmeticException e) {
      return number;
    }
  }

  /** Returns the value that a text spells, or the text itself if it spells nothing else. */
  private static ConfigValue parsed(String text) {
    try {
      return value(text, "a text", Hocon.Source.STORED);
    } catch (InputException e) {
      return ConfigValueFactory.fromAnyRef(text);
    }
  }

  static void requireKnown(String key, String where) {
    NestingDepth.check(key, where);
    if (!hasPath(key) || DEFAULTS.getValue(key).valueType() == ConfigValueType.OBJECT) {
      List<String> known = DEFAULTS.entrySet().stream().map(Map.Entry::getKey).sorted().toList();
      throw new InputException(
          where
              + ": unknown key '"
              + key
              + "': "
              + Suggestions.didYouMean(key, known)
                  .orElse("expected one of those that train --print-config prints"));
    }
  }

  private static boolean hasPath(String key) {
    try {
      return DEFAULTS.hasPath(key);
    } catch (ConfigException.BadPath e) {
      return false;
    }
  }
}
