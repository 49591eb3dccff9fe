package org.eqprop.run;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.eqprop.base.InputException;
import org.eqprop.base.Json;
import org.eqprop.storage.Storage;
import org.jspecify.annotations.Nullable;

/**
 * The metrics of a run: one line of JSON per epoch, appended. A process that is killed while it
 * appends leaves a partial line without a line break, which readers ignore.
 */
final class MetricsFile {
  /** Maximum bytes, enough for half a million epochs. */
  private static final int MOST = 1 << 28;

  private final Storage storage;
  private final String location;
  private @Nullable String kept;

  /**
   * @param location need not exist
   */
  MetricsFile(Storage storage, String location) {
    this.storage = storage;
    this.location = location;
  }

  /**
   * Returns the lines; none if there is no file.
   *
   * @throws InputException if the file cannot be read, or a complete line is damaged
   */
  List<JsonNode> read() {
    List<JsonNode> lines = new ArrayList<>();
    String[] texts = text().split("\n", -1);
    for (int i = 0; i < texts.length; i++) {
      boolean torn = i + 1 == texts.length && !JsonFile.isJson(texts[i]);
      if (!texts[i].isBlank() && !torn) {
        lines.add(line(texts[i], location + ": line " + (i + 1)));
      }
    }
    return lines;
  }

  private String text() {
    return storage.exists(location) ? storage.text(location, MOST) : "";
  }

  private static JsonNode line(String json, String where) {
    if (json.length() > JsonFile.MOST) {
      throw new InputException(
          String.format(
              Locale.ROOT, "%s: damaged: expected at most %,d characters", where, JsonFile.MOST));
    }
    JsonNode line = JsonFile.object(json, where);
    JsonNode epoch = line.path(Metric.EPOCH.key());
    if (!epoch.isIntegralNumber() || !epoch.canConvertToInt() || epoch.asInt() < 1) {
      throw new InputException(
          where
              + ": epoch"
              + (epoch.isMissingNode() ? "" : " = " + epoch)
              + ": expected a whole number from 1");
    }
    return line;
  }

  /**
   * Takes over the first epochs; the lines of later ones are dropped when the next line is
   * appended.
   *
   * @param epochs number of epochs to take over
   * @return their lines
   * @throws InputException if lines are missing or damaged
   */
  List<JsonNode> takeOver(int epochs) {
    List<JsonNode> lines = new ArrayList<>();
    StringBuilder first = new StringBuilder();
    int number = 0;
    for (String line : text().lines().limit(epochs).toList()) {
      lines.add(line(line, location + ": line " + ++number));
      first.append(line).append('\n');
    }
    if (lines.size() < epochs) {
      throw new InputException(
          location + ": " + lines.size() + " epochs: expected at least " + epochs);
    }
    kept = first.toString();
    return lines;
  }

  /**
   * Appends a line.
   *
   * @param values in the order in which they are to appear
   * @throws InputException if it cannot be written
   */
  void append(Map<String, ?> values) {
    String line = Json.text(values) + "\n";
    if (kept != null) {
      storage.writeText(location, kept + line);
      kept = null;
    } else {
      storage.append(location, line);
    }
  }
}
