package org.eqprop.run;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.exc.StreamReadException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.stream.Collectors;
import org.eqprop.base.InputException;
import org.eqprop.base.Json;

/** Reads JSON that a run has written, and that may have been damaged since. */
final class JsonFile {
  /** Maximum bytes of a file or a line with a few values and warnings. */
  static final int MOST = 1 << 20;

  private static final ObjectMapper JSON = Json.mapper();

  private JsonFile() {}

  /** Returns whether a text is JSON. */
  static boolean isJson(String text) {
    try {
      var unused = JSON.readTree(text);
      return true;
    } catch (JsonProcessingException e) {
      return false;
    }
  }

  /**
   * Parses a JSON object.
   *
   * @param where for messages
   * @throws InputException if the text is not one
   */
  static JsonNode object(String json, String where) {
    try {
      JsonNode node = JSON.readTree(json);
      if (node.isObject()) {
        return node;
      }
      throw new InputException(where + ": damaged: expected a JSON object");
    } catch (JsonProcessingException e) {
      throw damaged(where, e);
    }
  }

  /**
   * Returns the exception to throw for damaged JSON; its message is one line, without class names.
   */
  static InputException damaged(String where, JsonProcessingException e) {
    if (e instanceof StreamReadException) {
      String place = e.getLocation() == null ? "" : ", column " + e.getLocation().getColumnNr();
      return new InputException(where + ": damaged: not valid JSON" + place, e);
    }
    String key =
        e instanceof JsonMappingException mapping
            ? mapping.getPath().stream()
                .map(
                    reference ->
                        reference.getFieldName() != null
                            ? reference.getFieldName()
                            : String.valueOf(reference.getIndex()))
                .collect(Collectors.joining("."))
            : "";
    return new InputException(
        where + ": damaged: " + (key.isEmpty() ? "a value" : key) + ": not what a run writes", e);
  }
}
