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

/** The program's way of reading and writing JSON: without deep nesting or duplicate keys. */
public final class Json {
  /** Maximum nesting of objects and lists, in JSON and in configurations. */
  public static final int MOST_LEVELS = 64;

  private static final int LONGEST_NUMBER = 100;

  private static final int LONGEST_TEXT = 1 << 24;

  private static final ObjectMapper MAPPER = mapper();

  private Json() {}

  /**
   * Returns a mapper that refuses nesting beyond {@link #MOST_LEVELS}, numbers of more than 100
   * characters, duplicate keys in an object, and anything after the value.
   */
  public static ObjectMapper mapper() {
    return mapper(MOST_LEVELS);
  }

  /**
   * Returns the JSON value of an untrusted file: it must be valid UTF-8, and the rules of {@link
   * #mapper} apply.
   *
   * @param utf8 not modified
   * @param levels maximum nesting of objects and lists
   * @throws IllegalArgumentException if it is not valid; the message is one line that continues «it
   *     is»
   */
  public static JsonNode parse(byte[] utf8, int levels) {
    try {
      return mapper(levels)
          .readTree(StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8)).toString());
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException("not valid UTF-8", e);
    } catch (JsonProcessingException e) { // getMessage() would quote the whole text
      String reason = String.valueOf(e.getOriginalMessage()).lines().findFirst().orElse("");
      throw new IllegalArgumentException("not valid JSON: " + reason.strip(), e);
    }
  }

  /** Returns a value as one line of JSON: maps, lists, records, text and numbers. */
  public static String text(Object value) {
    return text(MAPPER.writer(), value);
  }

  /** Returns a value as JSON over several lines. */
  public static String pretty(Object value) {
    return text(MAPPER.writerWithDefaultPrettyPrinter(), value);
  }

  private static String text(ObjectWriter writer, Object value) {
    try {
      return writer.writeValueAsString(value);
    } catch (JsonProcessingException e) { // cannot happen: the program's own values can be written
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
