package org.eqprop.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigSyntax;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import java.math.BigDecimal;
import java.util.Locale;
import org.eqprop.base.InputException;
import org.eqprop.storage.Storage;
import org.eqprop.storage.TextFile;

/**
 * Parses HOCON; no other class does. Size and nesting depth of texts are limited, and includes are
 * always refused.
 */
public final class Hocon {
  /** Largest size: bytes of a file, or characters of a text. */
  static final int MOST = 1 << 20;

  private static final int LONGEST_NUMBER = 100;

  /** Where a text is from. This decides what it may refer to. */
  public enum Source {
    /** A file or value from the user's command line: environment variables are substituted. */
    USER,
    /** HOCON that the program has written, or external data: substitutions are refused. */
    STORED,
    /** JSON that the program has written, or external data. */
    JSON
  }

  private Hocon() {}

  /**
   * Returns the text of a file.
   *
   * @throws InputException if it cannot be read, is longer than 1 MiB or is not text
   */
  public static String text(Storage storage, String location) {
    return TextFile.read(storage, location, MOST);
  }

  /**
   * Parses a text. All substitutions in the result are resolved.
   *
   * @param origin what messages call the text
   * @throws InputException if it is not valid, contains what its source does not allow, or is
   *     nested more than 64 levels deep
   */
  public static Config parse(String text, String origin, Source source) {
    if (text.length() > MOST) {
      throw new InputException(
          String.format(Locale.ROOT, "%s: expected at most %,d characters", origin, MOST));
    }
    NestingDepth.check(text, origin);
    try {
      Config config = ConfigFactory.parseString(text, options(origin, source));
      if (source == Source.USER) {
        return config.resolve();
      }
      if (!config.isResolved()) {
        throw new InputException(
            origin
                + ": a substitution (${NAME} or +=): expected literal values, as the program writes"
                + " them");
      }
      return config;
    } catch (ConfigException e) {
      throw unreadable(origin, e);
    } catch (StackOverflowError e) { // a long chain of substitutions
      throw new InputException(
          origin + ": too long a chain of substitutions: expected fewer that refer to each other",
          e);
    }
  }

  private static ConfigParseOptions options(String origin, Source source) {
    return ConfigParseOptions.defaults()
        .setSyntax(source == Source.JSON ? ConfigSyntax.JSON : ConfigSyntax.CONF)
        .setOriginDescription(origin)
        .setIncluder(new NoIncluder(origin));
  }

  /** Returns the exception to throw if a text cannot be read. */
  public static InputException unreadable(String origin, ConfigException e) {
    String message = InputException.reason(e);
    return new InputException(message.startsWith(origin) ? message : origin + ": " + message, e);
  }

  /** Returns a value as in a file: a text without quotes, everything else as JSON. */
  public static String written(ConfigValue value) {
    return value.valueType() == ConfigValueType.STRING
        ? value.unwrapped().toString()
        : value.render(ConfigRenderOptions.concise());
  }

  /**
   * Returns a value as a whole number, as {@link #whole(String)} does.
   *
   * @throws ArithmeticException if it is not a whole number from −2^63 to 2^63 − 1
   * @throws ConfigException if it is neither a number nor a text
   * @throws NumberFormatException if it is a text that is not a number
   */
  public static long whole(ConfigValue value) {
    return whole(value.atKey("value").getString("value")); // as it was written, not as a double
  }

  /**
   * Returns a whole number exactly, in any notation: 1000, 1e3 or 1000.0.
   *
   * @throws ArithmeticException if it is not a whole number from −2^63 to 2^63 − 1
   * @throws NumberFormatException if it is not a number
   */
  public static long whole(String number) {
    String digits = number.strip();
    if (digits.length() > LONGEST_NUMBER) {
      throw new ArithmeticException("too long");
    }
    return new BigDecimal(digits).longValueExact();
  }
}
