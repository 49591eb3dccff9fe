package org.eqprop.data;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;

/** JSON as the program reads and writes it everywhere: nothing deep, nothing twice. */
public final class Json {
  /** Levels of objects and lists at most, in JSON and in configurations. */
  public static final int MOST_LEVELS = 64;

  private static final int LONGEST_NUMBER = 100;

  private Json() {}

  /**
   * Returns a mapper that refuses nesting beyond {@link #MOST_LEVELS}, numbers of more than 100
   * characters, a key twice in an object, and anything after the value.
   */
  public static ObjectMapper mapper() {
    JsonFactory factory =
        JsonFactory.builder()
            .streamReadConstraints(
                StreamReadConstraints.builder()
                    .maxNestingDepth(MOST_LEVELS)
                    .maxNumberLength(LONGEST_NUMBER)
                    .build())
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();
    return new ObjectMapper(factory).enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
  }
}
