package org.eqprop.audit;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import org.eqprop.network.Network;

/** Collects comparisons batch by batch, and turns them into curves. */
final class AuditCollector {
  private final List<GradientPart> parts;
  private final Map<Key, TreeMap<Double, Map<GradientPart, List<Agreement>>>> entries =
      new LinkedHashMap<>();

  AuditCollector(Network network) {
    parts = GradientPart.of(network);
  }

  private record Key(
      AgreementCurve.Over over,
      AgreementCurve.Phases phases,
      AgreementCurve.Compared compared,
      AgreementCurve.Reference reference) {}

  /**
   * Adds a comparison on one batch.
   *
   * @param at the value of the setting
   * @param estimate in the order of the layout; not modified
   * @param expected what it is compared with; not modified
   */
  void add(
      AgreementCurve.Over over,
      AgreementCurve.Phases phases,
      AgreementCurve.Compared compared,
      AgreementCurve.Reference reference,
      double at,
      double[] estimate,
      double[] expected) {
    Map<GradientPart, List<Agreement>> point =
        entries
            .computeIfAbsent(new Key(over, phases, compared, reference), key -> new TreeMap<>())
            .computeIfAbsent(at, value -> new LinkedHashMap<>());
    for (GradientPart part : parts) {
      point
          .computeIfAbsent(part, key -> new ArrayList<>())
          .add(Agreement.between(estimate, expected, part));
    }
  }

  /** Returns the curves, in the order of their first comparisons. */
  List<AgreementCurve> curves() {
    List<AgreementCurve> curves = new ArrayList<>();
    entries.forEach(
        (key, points) ->
            curves.add(
                new AgreementCurve(
                    key.over,
                    key.phases,
                    key.compared,
                    key.reference,
                    List.copyOf(points.keySet()),
                    parts.stream().map(part -> series(part, points)).toList())));
    return curves;
  }

  private static AgreementCurve.Series series(
      GradientPart part, Map<Double, Map<GradientPart, List<Agreement>>> points) {
    return new AgreementCurve.Series(
        part.name(),
        means(part, points, Agreement::cosine),
        means(part, points, Agreement::relativeError),
        means(part, points, Agreement::equalSigns),
        means(part, points, Agreement::scale));
  }

  private static List<BatchMean> means(
      GradientPart part,
      Map<Double, Map<GradientPart, List<Agreement>>> points,
      ToDoubleFunction<Agreement> of) {
    return points.values().stream()
        .map(
            point ->
                BatchMean.of(
                    point.getOrDefault(part, List.of()).stream()
                        .map(agreement -> of.applyAsDouble(agreement))
                        .toList()))
        .toList();
  }
}
