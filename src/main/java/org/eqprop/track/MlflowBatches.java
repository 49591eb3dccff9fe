package org.eqprop.track;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.eqprop.base.Json;

/**
 * The bodies of {@code runs/log-batch}, each within MLflow's documented limits: 1,000 metrics, 100
 * parameters, 100 tags, 1,000 items together, 1 MB. Keys and values that are too long are
 * shortened.
 */
final class MlflowBatches {
  private static final int MOST_METRICS = 1000;
  private static final int MOST_PARAMS = 100;
  private static final int MOST_TAGS = 100;
  private static final int MOST_TOGETHER = 1000;

  /** Limit of the items of a body, which also contains the run and the names of the lists. */
  private static final int MOST_BYTES = 1_000_000 - 1_000;

  private static final int LONGEST_KEY = 250;
  private static final int LONGEST_PARAM = 6000;
  private static final int LONGEST_TAG = 5000;
  private static final String CUT = "…";

  private final String run;
  private final List<String> bodies = new ArrayList<>();
  private final List<Object> metrics = new ArrayList<>();
  private final List<Object> params = new ArrayList<>();
  private final List<Object> tags = new ArrayList<>();
  private int bytes;

  private MlflowBatches(String run) {
    this.run = run;
  }

  /**
   * Returns the bodies that log all of these, in order.
   *
   * @param run the identifier of the run
   * @param params values by key; empty ones are skipped
   * @param tags values by key; empty ones are skipped
   */
  static List<String> of(
      String run,
      List<MlflowMetric> metrics,
      Map<String, String> params,
      Map<String, String> tags) {
    MlflowBatches batches = new MlflowBatches(run);
    for (MlflowMetric metric : metrics) {
      batches.add(batches.metrics, metric);
    }
    params.forEach((key, value) -> batches.addText(batches.params, key, value, LONGEST_PARAM));
    tags.forEach((key, value) -> batches.addText(batches.tags, key, value, LONGEST_TAG));
    batches.end();
    return batches.bodies;
  }

  private void addText(List<Object> list, String key, String value, int longest) {
    if (!value.isEmpty()) {
      // Letters, digits and these are allowed; servers have refused names with others.
      String name = key.replaceAll("[^/\\w.\\- ]", "_");
      add(list, Map.of("key", cut(name, LONGEST_KEY), "value", cut(value, longest)));
    }
  }

  private void add(List<Object> list, Object item) {
    int size = Json.text(item).getBytes(StandardCharsets.UTF_8).length + 1;
    if (isFull() || bytes + size > MOST_BYTES) {
      end();
    }
    list.add(item);
    bytes += size;
  }

  private boolean isFull() {
    return metrics.size() == MOST_METRICS
        || params.size() == MOST_PARAMS
        || tags.size() == MOST_TAGS
        || metrics.size() + params.size() + tags.size() == MOST_TOGETHER;
  }

  private void end() {
    if (bytes == 0) {
      return;
    }
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("run_id", run);
    body.put("metrics", List.copyOf(metrics));
    body.put("params", List.copyOf(params));
    body.put("tags", List.copyOf(tags));
    bodies.add(Json.text(body));
    metrics.clear();
    params.clear();
    tags.clear();
    bytes = 0;
  }

  /** Shortens a text to at most this number of UTF-8 bytes, without splitting a character. */
  private static String cut(String text, int mostBytes) {
    if (text.getBytes(StandardCharsets.UTF_8).length <= mostBytes) {
      return text;
    }
    int rest = mostBytes - CUT.getBytes(StandardCharsets.UTF_8).length;
    StringBuilder start = new StringBuilder();
    for (int c : text.codePoints().toArray()) {
      rest -= Character.toString(c).getBytes(StandardCharsets.UTF_8).length;
      if (rest < 0) {
        break;
      }
      start.appendCodePoint(c);
    }
    return start + CUT;
  }
}
