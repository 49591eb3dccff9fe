package org.eqprop.grid;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.eqprop.base.InputException;
import org.eqprop.base.Json;
import org.eqprop.model.ModelFile;
import org.eqprop.spark.TrainingState;
import org.eqprop.storage.Storage;

/**
 * The results of a grid so far, on any Hadoop file system: for each point one model file of the
 * last epoch that it reached, replaced atomically, with its result in the metadata. The file name
 * is derived from the point's configuration, so a grid that is changed keeps the results of the
 * points that it still has.
 */
final class PointStore {
  private static final String RESULT = "result";
  private static final String WARNINGS = "warnings";
  private static final int DIGITS = 16;
  private static final ObjectMapper JSON = Json.mapper();

  private final Storage storage;
  private final String folder;
  private final Objective objective;

  /**
   * @param folder need not exist
   * @param objective of the grid
   */
  PointStore(Storage storage, String folder, Objective objective) {
    this.storage = storage;
    this.folder = folder;
    this.objective = objective;
  }

  /**
   * Writes a result, replacing that of the point's earlier epochs.
   *
   * @throws InputException if it cannot be written
   */
  void record(Point point, TrainedPoint trained) {
    storage.createFolder(folder);
    trained
        .state()
        .checkpoint(point.configuration(), RESULT, json(trained))
        .write(storage, path(point));
  }

  private String json(TrainedPoint trained) {
    PointResult result = trained.result();
    ObjectNode node = JSON.createObjectNode();
    for (Objective each : objective.written()) {
      node.putPOJO(each.key(), each.values(result.curve()));
    }
    node.put("seconds", result.seconds());
    node.put("lowest", String.valueOf(trained.state().error()));
    node.putPOJO(WARNINGS, result.warnings());
    PointResult.Failure failure = result.failure();
    node.put("failure", failure == null ? null : failure.reason());
    return Json.text(node);
  }

  /**
   * Returns the saved results, by point.
   *
   * @param warn called for each file that cannot be read; its point starts from scratch
   * @throws InputException if the folder cannot be read
   */
  Map<Integer, PointResult> read(Grid grid, java.util.function.Consumer<String> warn) {
    Map<Integer, PointResult> results = new TreeMap<>();
    Set<String> names = new TreeSet<>(storage.list(folder));
    if (!names.isEmpty() && grid.points().stream().noneMatch(p -> names.contains(name(p)))) {
      warn.accept(folder + ": " + names.size() + " files, but none is of a point of this grid");
    }
    for (Point point : grid.points()) {
      if (names.contains(name(point))) {
        try {
          results.put(point.index(), read(point).result());
        } catch (InputException e) {
          warn.accept(e.getMessage() + "; its point starts from scratch");
        }
      }
    }
    return results;
  }

  /**
   * Returns the saved state of a point.
   *
   * @throws InputException if its file is missing or damaged
   */
  TrainedPoint read(Point point) {
    String location = path(point);
    ModelFile file = ModelFile.read(storage, location);
    if (!point.configuration().toJson().equals(file.metadata().get(ModelFile.CONFIGURATION))) {
      throw new InputException(location + ": its configuration is that of another point");
    }
    JsonNode node;
    try {
      node = JSON.readTree(String.valueOf(file.metadata().get(RESULT)));
    } catch (JsonProcessingException e) {
      throw new InputException(location + ": its metadata has no valid result of a point", e);
    }
    LearningCurve curve =
        new LearningCurve(
            doubles(node, Objective.TRAIN_ERROR),
            doubles(node, objective.written().get(0)),
            doubles(node, Objective.VALIDATION_COST));
    if (!String.valueOf(curve.epochs()).equals(file.metadata().get(ModelFile.EPOCH))
        || objective.written().stream()
            .anyMatch(each -> each.values(curve).size() != curve.epochs())) {
      throw new InputException(location + ": its result does not match its epoch");
    }
    JsonNode failure = node.path("failure");
    List<String> warnings = new ArrayList<>();
    node.path(WARNINGS).forEach(warning -> warnings.add(warning.asText()));
    return new TrainedPoint(
        new PointResult(
            point.index(),
            curve,
            node.path("seconds").asDouble(),
            failure.isTextual() ? new PointResult.Failure(failure.asText(), true) : null,
            warnings),
        TrainingState.of(file, curve.epochs(), node.path("lowest").asDouble(Double.NaN)));
  }

  private static List<Double> doubles(JsonNode node, Objective objective) {
    List<Double> values = new ArrayList<>();
    node.path(objective.key()).forEach(value -> values.add(value.asDouble()));
    return values;
  }

  /** Returns the location of a point's model. */
  String path(Point point) {
    return Storage.path(folder, name(point));
  }

  /** Returns the file name of a point's model. */
  static String name(Point point) {
    String configuration = point.configuration().toJson();
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256")
              .digest(configuration.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest).substring(0, DIGITS) + ".safetensors";
    } catch (NoSuchAlgorithmException e) { // every JDK has it
      throw new IllegalStateException(e);
    }
  }
}
