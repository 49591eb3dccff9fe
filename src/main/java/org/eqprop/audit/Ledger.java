package org.eqprop.audit;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import org.eqprop.network.Network;

/** Collects comparisons batch by batch, and makes curves of them. */
final class Ledger {
  private final List<Part> parts;
  private final Map<Key, TreeMap<Double, Map<Part, List<Agreement>>>> entries =
      new LinkedHashMap<>();

  Ledger(Network network) {
    parts = Part.of(network);
  }

  private record Key(
      Curve.Over over, Curve.Phases phases, Curve.Compared compared, Curve.Reference reference) {}

  /**
   * Compares on one batch.
   *
   * @param at value of the setting
   * @param estimate in the order of the layout; not modified
   * @param expected what it is compared with; not modified
   */
  void add(
      Curve.Over over,
      Curve.Phases phases,
      Curve.Compared compared,
      Curve.Reference reference,
      double at,
      double[] estimate,
      double[] expected) {
    Map<Part, List<Agreement>> point =
        entries
            .computeIfAbsent(new Key(over, phases, compared, reference), key -> new TreeMap<>())
            .computeIfAbsent(at, value -> new LinkedHashMap<>());
    for (Part part : parts) {
      point
          .computeIfAbsent(part, key -> new ArrayList<>())
          .add(Agreement.between(estimate, expected, part));
    }
  }

  /** Returns the curves, in the order in which they began. */
  List<Curve> curves() {
    List<Curve> curves = new ArrayList<>();
    entries.forEach(
        (key, points) ->
            curves.add(
                new Curve(
                    key.over,
                    key.phases,
                    key.compared,
                    key.reference,
                    List.copyOf(points.keySet()),
                    parts.stream().map(part -> series(part, points)).toList())));
    return curves;
  }

  private static Curve.Series series(Part part, Map<Double, Map<Part, List<Agreement>>> points) {
    return new Curve.Series(
        part.name(),
        means(part, points, Agreement::cosine),
        means(part, points, Agreement::relativeError),
        means(part, points, Agreement::equalSigns),
        means(part, points, Agreement::scale));
  }

  private static List<Measured> means(
      Part part, Map<Double, Map<Part, List<Agreement>>> points, ToDoubleFunction<Agreement> of) {
    return points.values().stream()
        .map(
            point ->
                Measured.of(
                    point.getOrDefault(part, List.of()).stream()
                        .map(agreement -> of.applyAsDouble(agreement))
                        .toList()))
        .toList();
  }
}
