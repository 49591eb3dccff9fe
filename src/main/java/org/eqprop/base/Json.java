package org.eqprop.base;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** JSON as the program reads and writes it everywhere: nothing deep, nothing twice. */
public final class Json {
  /** Levels of objects and lists at most, in JSON and in configurations. */
  public static final int MOST_LEVELS = 64;

  private static final int LONGEST_NUMBER = 100;

  private static final int LONGEST_TEXT = 1 << 24;

  private static final ObjectMapper MAPPER = mapper();

  private Json() {}

  /**
   * Returns a mapper that refuses nesting beyond {@link #MOST_LEVELS}, numbers of more than 100
   * characters, a key twice in an object, and anything after the value.
   */
  public static ObjectMapper mapper() {
    return mapper(MOST_LEVELS);
  }

  /**
   * Returns the JSON value of a file from elsewhere: valid UTF-8, and otherwise as {@link #mapper}
   * reads it.
   *
   * @param utf8 not modified
   * @param levels how many objects and lists may lie in each other
   * @throws IllegalArgumentException if it is not valid; the message is one line that completes «it
   *     is»
   */
  public static JsonNode parse(byte[] utf8, int levels) {
    try {
      return mapper(levels)
          .readTree(StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8)).toString());
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException("not valid UTF-8", e);
    } catch (JsonProcessingException e) { // its message quotes the whole text
      String reason = String.valueOf(e.getOriginalMessage()).lines().findFirst().orElse("");
      throw new IllegalArgumentException("not valid JSON: " + reason.strip(), e);
    }
  }

  /** Returns a value as one line of JSON: maps, lists, records, text and numbers. */
  public static String text(Object value) {
    return text(MAPPER.writer(), value);
  }

  /** Returns a value as JSON of several lines. */
  public static String pretty(Object value) {
    return text(MAPPER.writerWithDefaultPrettyPrinter(), value);
  }

  private static String text(ObjectWriter writer, Object value) {
    try {
      return writer.writeValueAsString(value);
    } catch (JsonProcessingException e) { // what the program itself makes can be written
      throw new IllegalStateException(e);
    }
  }

  private static ObjectMapper mapper(int levels) {
    JsonFactory factory =
        JsonFactory.builder()
            .streamReadConstraints(
                StreamReadConstraints.builder()
                    .maxNestingDepth(levels)
                    .maxNumberLength(LONGEST_NUMBER)
                    .maxStringLength(LONGEST_TEXT)
                    .build())
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();
    return new ObjectMapper(factory).enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
  }
}
