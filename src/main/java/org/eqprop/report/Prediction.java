package org.eqprop.report;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.eqprop.base.Json;
import org.jspecify.annotations.Nullable;

/**
 * The classification of one image.
 *
 * @param index of the image in its file, from 0
 * @param predicted the class with the largest score
 * @param truth the true class, or null if it is not known
 * @param scores the outputs at the free equilibrium: s_L, each in its range, or those of a readout
 */
public record Prediction(int index, int predicted, @Nullable Integer truth, List<Double> scores) {

  /** Returns a table with a header line; an unknown class is an empty field. */
  public static String csv(List<Prediction> predictions) {
    StringBuilder csv = new StringBuilder("index,class,true");
    int classes = predictions.isEmpty() ? 0 : predictions.get(0).scores.size();
    IntStream.range(0, classes).forEach(c -> csv.append(",score_").append(c));
    csv.append('\n');
    for (Prediction p : predictions) {
      String scores =
          p.scores.stream()
              .map(s -> String.format(Locale.ROOT, "%.6f", s))
              .collect(Collectors.joining(","));
      csv.append(p.index)
          .append(',')
          .append(p.predicted)
          .append(',')
          .append(p.truth == null ? "" : String.valueOf(p.truth))
          .append(',')
          .append(scores)
          .append('\n');
    }
    return csv.toString();
  }

  /** Returns a JSON array of objects, one per line. */
  public static String json(List<Prediction> predictions) {
    return predictions.stream()
        .map(
            p -> {
              Map<String, @Nullable Object> object = new LinkedHashMap<>();
              object.put("index", p.index);
              object.put("class", p.predicted);
              object.put("true", p.truth);
              object.put("scores", p.scores);
              return Json.text(object);
            })
        .collect(Collectors.joining(",\n ", "[", "]\n"));
  }
}
