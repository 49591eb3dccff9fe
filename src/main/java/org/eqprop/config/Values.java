package org.eqprop.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigRenderOptions;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import org.eqprop.base.InvalidValueException;
import org.eqprop.base.KeyValues;

/** Reads typed values from a configuration; the error for a wrong type names the key. */
final class Values implements KeyValues {
  static final String WORD_AUTO = "auto";

  /** A value of {@code network.mean}: the median of the training images. */
  static final String WORD_MEDIAN = "median";

  /** 2^63. */
  private static final double MOST = 0x1p63;

  private final Config config;

  Values(Config config) {
    this.config = config;
  }

  @Override
  public String location(String key) {
    return typed(key, "a location, as text", () -> config.getString(key));
  }

  @Override
  public double number(String key) {
    double value = typed(key, "a number", () -> config.getDouble(key));
    InvalidValueException.check(Double.isFinite(value), key, shown(key), "a number");
    return value;
  }

  @Override
  public List<Double> numbers(String key) {
    return typed(key, "a list of numbers, such as [0.1, 0.05]", () -> config.getDoubleList(key));
  }

  @Override
  public boolean isEmpty(String key) {
    return config.getValue(key).unwrapped() instanceof List<?> list && list.isEmpty();
  }

  @Override
  public List<String> texts(String key) {
    return typed(key, "a list of texts", () -> config.getStringList(key));
  }

  boolean isEmptyList(String key) {
    return typed(key, "a list", () -> config.getList(key)).isEmpty();
  }

  List<? extends Config> objects(String key, String expected) {
    return typed(key, expected, () -> config.getConfigList(key));
  }

  @Override
  public int whole(String key) {
    long value = wholeLong(key);
    InvalidValueException.check(value == (int) value, key, shown(key), "a whole number below 2^31");
    return (int) value;
  }

  @Override
  public int wholeOrAuto(String key, int auto) {
    return isAuto(key) ? auto : notAuto(key, whole(key), auto);
  }

  @Override
  public double numberOrAuto(String key, double auto) {
    return isAuto(key) ? auto : notAuto(key, number(key), auto);
  }

  /** Refuses the number that represents auto in memory: it cannot be set explicitly. */
  private <N extends Number> N notAuto(String key, N number, double auto) {
    InvalidValueException.check(
        number.doubleValue() != auto, key, shown(key), "another number, or auto");
    return number;
  }

  @Override
  public boolean isAuto(String key) {
    boolean auto =
        typed(key, "a number, or auto", () -> config.getValue(key)).unwrapped().equals(WORD_AUTO);
    if (!auto) {
      typed(key, "a number, or auto", () -> config.getDouble(key));
    }
    return auto;
  }

  @Override
  public long wholeLong(String key) {
    double approximate = number(key);
    try {
      return Hocon.whole(config.getValue(key));
    } catch (ArithmeticException | NumberFormatException e) {
      String limit = Math.abs(approximate) < MOST ? "" : " from -2^63 to 2^63 - 1";
      throw new InvalidValueException(key, shown(key), "a whole number" + limit);
    }
  }

  @Override
  public boolean flag(String key) {
    return typed(key, "true or false", () -> config.getBoolean(key));
  }

  @Override
  public <E extends Enum<E>> E choice(String key, Class<E> type) {
    E[] constants = Objects.requireNonNull(type.getEnumConstants());
    List<String> words = Arrays.stream(constants).map(KeyValues::word).toList();
    return constants[words.indexOf(word(key, words))];
  }

  @Override
  public String word(String key, List<String> words) {
    String text = typed(key, "a word", () -> config.getString(key));
    InvalidValueException.check(
        words.contains(text), key, text, "one of " + String.join(", ", words));
    return text;
  }

  <T> T typed(String key, String expected, Supplier<T> getter) {
    try {
      return getter.get();
    } catch (ConfigException e) {
      throw new InvalidValueException(key, shown(key), expected);
    }
  }

  String shown(String key) {
    return config.hasPathOrNull(key) && !config.getIsNull(key)
        ? config.getValue(key).render(ConfigRenderOptions.concise())
        : "null";
  }

  String place(String key) {
    if (!config.hasPath(key)) {
      return "";
    }
    String origin = config.getValue(key).origin().description();
    return origin.startsWith("the defaults") ? "" : origin + ": ";
  }
}
