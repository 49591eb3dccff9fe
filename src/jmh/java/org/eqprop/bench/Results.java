package org.eqprop.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The measurements: one row per contender and workload, one figure per round. */
final class Results {
  private record Key(String network, int batch, String mode, String contender) {}

  private record Figures(List<Double> imagesPerSecond, List<Double> bytesPerBatch) {}

  private final Map<Key, Figures> rows = new LinkedHashMap<>();

  void add(
      String network,
      int batch,
      String mode,
      String contender,
      double imagesPerSecond,
      double bytesPerBatch) {
    Figures figures =
        rows.computeIfAbsent(
            new Key(network, batch, mode, contender),
            key -> new Figures(new ArrayList<>(), new ArrayList<>()));
    figures.imagesPerSecond.add(imagesPerSecond);
    figures.bytesPerBatch.add(bytesPerBatch);
  }

  double median(String network, int batch, String mode, String contender) {
    Figures figures = rows.get(new Key(network, batch, mode, contender));
    return figures == null ? Double.NaN : median(figures.imagesPerSecond);
  }

  double medianBytes(String network, int batch, String mode, String contender) {
    Figures figures = rows.get(new Key(network, batch, mode, contender));
    return figures == null ? Double.NaN : median(figures.bytesPerBatch);
  }

  static double median(List<Double> values) {
    List<Double> sorted = values.stream().sorted().toList();
    int n = sorted.size();
    return n == 0 ? Double.NaN : (sorted.get((n - 1) / 2) + sorted.get(n / 2)) / 2;
  }

  private static String unit(Key key) {
    return switch (key.contender) {
      case "loop" -> "µs";
      case "ms an epoch" -> "ms";
      default -> "images/s";
    };
  }

  List<Map<String, Object>> toJson() {
    List<Map<String, Object>> json = new ArrayList<>();
    rows.forEach(
        (key, figures) -> {
          Map<String, Object> row = new LinkedHashMap<>();
          row.put("network", key.network);
          row.put("batch", key.batch);
          row.put("mode", key.mode);
          row.put("contender", key.contender);
          row.put("unit", unit(key));
          row.put("median", median(figures.imagesPerSecond));
          row.put("rounds", figures.imagesPerSecond);
          double bytes = median(figures.bytesPerBatch);
          if (!Double.isNaN(bytes)) {
            row.put("bytesPerBatch", bytes);
          }
          json.add(row);
        });
    return json;
  }
}
