package org.eqprop.track;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class MlflowBatchesTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  private static List<MlflowMetric> metrics(int count) {
    return IntStream.range(0, count)
        .mapToObj(i -> new MlflowMetric("cost", i + 0.5, 1_700_000_000_000L + i, i))
        .toList();
  }

  private static Map<String, String> texts(int count, String value) {
    Map<String, String> texts = new LinkedHashMap<>();
    IntStream.range(0, count).forEach(i -> texts.put("key-" + i, value));
    return texts;
  }

  private static List<JsonNode> parsed(List<String> bodies) throws IOException {
    List<JsonNode> parsed = new ArrayList<>();
    for (String body : bodies) {
      assertThat(body.getBytes(StandardCharsets.UTF_8).length).isLessThanOrEqualTo(1_000_000);
      JsonNode json = JSON.readTree(body);
      int[] sizes = {
        json.get("metrics").size(), json.get("params").size(), json.get("tags").size()
      };
      assertThat(sizes[0]).isLessThanOrEqualTo(1000);
      assertThat(sizes[1]).isLessThanOrEqualTo(100);
      assertThat(sizes[2]).isLessThanOrEqualTo(100);
      assertThat(sizes[0] + sizes[1] + sizes[2]).isLessThanOrEqualTo(1000);
      assertThat(json.get("run_id").asText()).isEqualTo("r");
      parsed.add(json);
    }
    return parsed;
  }

  private static List<JsonNode> all(List<JsonNode> bodies, String list) {
    List<JsonNode> items = new ArrayList<>();
    bodies.forEach(body -> body.get(list).forEach(items::add));
    return items;
  }

  @Test
  void splitsManyItemsAndLosesNone() throws IOException {
    List<JsonNode> bodies =
        parsed(MlflowBatches.of("r", metrics(2500), texts(250, "v"), texts(201, "w")));
    assertThat(all(bodies, "metrics")).hasSize(2500);
    assertThat(all(bodies, "metrics").get(2499).toString())
        .isEqualTo("{\"key\":\"cost\",\"value\":2499.5,\"timestamp\":1700000002499,\"step\":2499}");
    assertThat(all(bodies, "params").stream().map(p -> p.get("key").asText()))
        .containsExactlyElementsOf(texts(250, "").keySet());
    assertThat(all(bodies, "tags")).hasSize(201);
    assertThat(parsed(MlflowBatches.of("r", metrics(1000), Map.of(), Map.of()))).hasSize(1);
    assertThat(parsed(MlflowBatches.of("r", metrics(950), texts(100, "v"), Map.of()))).hasSize(2);
    assertThat(MlflowBatches.of("r", List.of(), Map.of("empty", ""), Map.of())).isEmpty();
  }

  /** A text of 6,000 bytes may take 36,000 bytes in JSON. */
  @Test
  void splitsLongItemsByTheSizeOfTheirJson() throws IOException {
    List<JsonNode> bodies =
        parsed(MlflowBatches.of("r", List.of(), texts(100, "\u0001".repeat(6000)), Map.of()));
    assertThat(all(bodies, "params")).hasSize(100);
    assertThat(bodies.size()).isGreaterThan(3);
  }

  @Test
  void shortensLongKeysAndValuesBetweenCharacters() throws IOException {
    Map<String, String> params =
        Map.of(
            "k".repeat(300),
            "x".repeat(6000),
            "exact",
            "ä".repeat(3000),
            "long",
            "😀".repeat(1501));
    List<JsonNode> items =
        all(
            parsed(MlflowBatches.of("r", List.of(), params, Map.of("t", "x".repeat(5001)))),
            "params");
    Map<String, String> sent = new LinkedHashMap<>();
    items.forEach(item -> sent.put(item.get("key").asText(), item.get("value").asText()));
    assertThat(sent)
        .containsEntry("k".repeat(247) + "…", "x".repeat(6000))
        .containsEntry("exact", "ä".repeat(3000))
        .containsEntry("long", "😀".repeat(1499) + "…");
  }
}
