package org.eqprop.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.eqprop.data.Shape;
import org.eqprop.network.Convolution;
import org.eqprop.network.Network;
import org.eqprop.run.FigureName;
import org.eqprop.run.TestFindings;
import org.eqprop.spark.UnitStatistics;

/** Figures of the activity of units, and of the accuracy of the gradient. */
final class UnitFigures {
  private final TestFindings findings;
  private final Network network;

  UnitFigures(TestFindings findings, Network network) {
    this.findings = findings;
    this.network = network;
  }

  List<Figure> list() {
    List<Figure> list = new ArrayList<>();
    list.add(
        Figure.html(
            "activity",
            "Activity",
            "A good result: no layer has many dead "
                + (hasChannels() ? "units or channels" : "units")
                + " (0 for every test image), and hidden layers are neither silent nor saturated.",
            activity()));
    if (!findings.gradientCheck().isEmpty()) {
      LineChart chart =
          new LineChart(
                  "Relative error of the estimates against the gradient by the exponent of β",
                  "log₁₀ β",
                  "relative error")
              .logarithmic();
      for (String kind : List.of("one-sided", "centered")) {
        List<TestFindings.Check> checks =
            findings.gradientCheck().stream()
                .filter(check -> check.kind().equals(kind))
                .sorted(Comparator.comparingDouble(TestFindings.Check::beta))
                .toList();
        chart.line(
            kind,
            kind.equals("centered") ? "c0" : "c1",
            checks.stream().map(check -> Math.log10(check.beta())).toList(),
            checks.stream().map(TestFindings.Check::error).toList());
      }
      list.add(
          Figure.chart(
              FigureName.GRADIENT.id(),
              "Gradient check",
              "For the untrained network. A good result: as β → 0, the estimates approach the gradient of the cost (recurrent backpropagation, float64); the error"
                  + " of one-sided estimates falls like β, that of centered ones like β².",
              chart));
    }
    return list;
  }

  private boolean hasChannels() {
    return network.links().stream().anyMatch(Convolution.class::isInstance);
  }

  private String activity() {
    StringBuilder html =
        new StringBuilder(
            "<div class=\"scroll\" tabindex=\"0\"><table><tr><th>layer</th><th>units</th><th>dead</th><th>saturated</th><th>mean"
                + " activity</th></tr>");
    for (int k = 1; k <= network.depth(); k++) {
      UnitStatistics.Layer layer = findings.layers().get(k - 1);
      html.append(
          String.format(
              Locale.ROOT,
              "<tr><td>%s</td><td>%,d%s</td><td>%d (%.1f %%)</td><td>%.1f %%</td><td>%.3f</td></tr>",
              k < network.depth() || network.hasReadout() ? "hidden " + k : "output",
              layer.units(),
              channels(k, layer.units()),
              layer.dead(),
              100.0 * layer.dead() / layer.units(),
              100 * layer.saturated(),
              layer.meanActivity()));
    }
    return html.append("</table></div>").toString();
  }

  /** Returns a note for a layer with channels that channels are counted instead of units. */
  private String channels(int k, int count) {
    Shape shape = network.shape(k);
    return network.link(k) instanceof Convolution
        ? String.format(
            Locale.ROOT,
            " channel%s of %d × %d",
            count == 1 ? "" : "s",
            shape.height(),
            shape.width())
        : "";
  }
}
