package org.eqprop.data;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * Parses JSON of files from elsewhere: valid UTF-8, no duplicate keys, nothing after the end, and
 * no deeper than expected.
 */
public final class StrictJson {
  private static final int MAX_TEXT = 1 << 24;

  private StrictJson() {}

  /**
   * Returns a JSON value.
   *
   * @param utf8 not modified
   * @param depth how many objects and lists may lie in each other
   * @throws IllegalArgumentException if it is not valid; the message is one line that completes «it
   *     is»
   */
  public static JsonNode parse(byte[] utf8, int depth) {
    try {
      return mapper(depth)
          .readTree(StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8)).toString());
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException("not valid UTF-8", e);
    } catch (JsonProcessingException e) { // its message quotes the whole text
      String reason = String.valueOf(e.getOriginalMessage()).lines().findFirst().orElse("");
      throw new IllegalArgumentException("not valid JSON: " + reason.strip(), e);
    }
  }

  private static JsonMapper mapper(int depth) {
    return JsonMapper.builder(
            JsonFactory.builder()
                .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                .streamReadConstraints(
                    StreamReadConstraints.builder()
                        .maxNestingDepth(depth)
                        .maxStringLength(MAX_TEXT)
                        .build())
                .build())
        .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
        .build();
  }
}
