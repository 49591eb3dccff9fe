package org.eqprop.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.eqprop.network.Network;
import org.eqprop.run.FigureName;
import org.eqprop.run.TestFindings;

/** Figures of how the trained network behaves on its test set. */
final class NetworkFigures {
  private static final double CERTAIN = 0.5;

  private final TestFindings findings;
  private final Network network;

  NetworkFigures(TestFindings findings, Network network) {
    this.findings = findings;
    this.network = network;
  }

  /** Returns the image of an example for the corner of a figure. */
  static String thumb(TestFindings findings, TestFindings.Shown shown) {
    return image(findings, shown).replace("<img ", "<img class=\"thumb\" ");
  }

  private static String image(TestFindings findings, TestFindings.Shown shown) {
    return String.format(
        Locale.ROOT,
        "<img src=\"%s\" alt=\"test image %d, true %d\">",
        Picture.uri(Picture.example(shown.bytes(), findings.rows(), findings.columns())),
        shown.index(),
        shown.truth());
  }

  /** Returns figures of how single examples relax, which is the core of equilibrium propagation. */
  List<Figure> relaxation() {
    List<Figure> list = new ArrayList<>();
    if (findings.traces().isEmpty()) {
      return list;
    }
    TestFindings.Trace first = findings.traces().get(0);
    LineChart energy =
        new LineChart("Total energy of some examples by step", "step", "F = E + βC")
            .divided(first.freeSteps(), "nudged");
    LineChart residual =
        new LineChart("Largest move of a unit by step", "step", "residual")
            .logarithmic()
            .over(0, first.steps().get(first.steps().size() - 1).step())
            .divided(first.freeSteps(), "nudged");
    for (int t = 0; t < findings.traces().size(); t++) {
      TestFindings.Trace trace = findings.traces().get(t);
      List<Double> x = steps(trace);
      energy.line(name(trace.example()), "c" + t, x, values(trace, TestFindings.Step::energy));
      residual.line(name(trace.example()), "c" + t, x, values(trace, TestFindings.Step::residual));
    }
    list.add(
        Figure.chart(
            FigureName.RELAXATION_ENERGY.id(),
            "Energy while the network relaxes",
            "A good result: E falls from step to step and levels off before the nudge, which adds βC; from there, F falls again. Even-odd sweeps"
                + " never raise E before the nudge, nor F after it.",
            energy));
    list.add(
        Figure.chart(
            FigureName.RELAXATION_RESIDUAL.id(),
            "How far units still move",
            "A good result: it falls by orders of magnitude within the free phase; the nudge sets units moving again. Lines end where nothing moves any more.",
            residual));
    for (int t = 0; t < findings.traces().size(); t++) {
      list.add(outputs(t, findings.traces().get(t)));
    }
    return list;
  }

  static String name(TestFindings.Shown example) {
    return "image " + example.index() + ": true " + example.truth();
  }

  private static List<Double> steps(TestFindings.Trace trace) {
    return trace.steps().stream().map(step -> (double) step.step()).toList();
  }

  private static List<Double> values(
      TestFindings.Trace trace, java.util.function.Function<TestFindings.Step, Double> of) {
    return trace.steps().stream().map(of).toList();
  }

  private Figure outputs(int index, TestFindings.Trace trace) {
    TestFindings.Shown example = trace.example();
    LineChart chart =
        new LineChart(
                "Output units of " + name(example) + ", by step",
                "step",
                network.hasReadout() ? "output z of the readout" : "output s_L")
            .fromZero()
            .divided(trace.freeSteps(), "nudged by β " + trace.beta());
    for (int c = 0; c < trace.steps().get(0).outputs().size(); c++) {
      int unit = c;
      boolean notable = c == example.truth() || c == example.predicted();
      String style = c == example.truth() ? "true" : notable ? "other" : "faint";
      chart.line(
          notable ? "unit " + c + (c == example.truth() ? " (true)" : " (predicted)") : "",
          style,
          steps(trace),
          trace.steps().stream().map(step -> step.outputs().get(unit)).toList());
    }
    Figure figure =
        Figure.chart(
            FigureName.OUTPUTS.id() + "-" + (index + 1),
            "Output units, "
                + name(example)
                + (example.isRight() ? "" : ", predicted " + example.predicted()),
            meaning(example),
            chart);
    return new Figure(
        figure.id(),
        figure.title(),
        figure.good(),
        thumb(findings, example) + figure.body(),
        figure.file());
  }

  private String meaning(TestFindings.Shown example) {
    if (network.hasReadout()) {
      return "The readout's outputs, log-probabilities up to a constant. A good result: at the end of the free phase, the true class is above"
          + " the others, or the nudge lifts it.";
    }
    if (!example.isRight()) {
      return "A confident mistake: the wrong unit wins the free phase; the nudge pulls the true one up, and the network learns from"
          + " this change.";
    }
    return example.score() < CERTAIN
        ? "The least certain of the correct predictions. A good result: even here, the true unit leads, or the nudge lifts only this unit."
        : "A good result: only the true unit is near 1 at the end of the free phase, and the nudge hardly moves it.";
  }

  /** Returns figures of sample predictions, mistakes, confusion, precision and recall. */
  List<Figure> predictions() {
    List<Figure> list = new ArrayList<>();
    list.add(
        Figure.html(
            FigureName.SAMPLES.id(),
            "Sample predictions",
            "The first images of the test set. A good result: predictions match the labels, with scores near 1.",
            images(findings.samples()),
            FigurePicture.images(
                "Sample predictions", findings.samples(), findings.rows(), findings.columns())));
    if (!findings.mistakes().isEmpty()) {
      list.add(
          Figure.html(
              FigureName.MISTAKES.id(),
              "Most confident mistakes",
              "A good result: images that people would hesitate over, too.",
              images(findings.mistakes()),
              FigurePicture.images(
                  "Most confident mistakes",
                  findings.mistakes(),
                  findings.rows(),
                  findings.columns())));
    }
    list.add(
        Figure.html(
            FigureName.CONFUSION.id(),
            "Confusion matrix",
            "Rows are true classes, columns are predicted classes. A good result: all numbers off the diagonal are small, and none stands out.",
            confusion(),
            FigurePicture.confusion(findings.confusion())));
    list.add(
        Figure.html(
            "classes",
            "Precision and recall",
            "Precision: how many of the predictions of a class are right. Recall: how many examples of a class are found. A good result: similar for all classes.",
            classes()));
    return list;
  }

  private String images(List<TestFindings.Shown> shown) {
    StringBuilder html = new StringBuilder("<ul class=\"images\">");
    for (TestFindings.Shown example : shown) {
      html.append("<li>")
          .append(image(findings, example))
          .append(
              String.format(
                  Locale.ROOT,
                  "<br>true %d<br><span class=\"%s\">predicted %d</span><br>score %.2f",
                  example.truth(),
                  example.isRight() ? "right" : "wrong",
                  example.predicted(),
                  example.score()))
          .append("</li>");
    }
    return html.append("</ul>").toString();
  }

  private int row(int truth) {
    return findings.confusion().get(truth).stream().mapToInt(Integer::intValue).sum();
  }

  private int column(int predicted) {
    return findings.confusion().stream().mapToInt(row -> row.get(predicted)).sum();
  }

  /**
   * Returns the confusion matrix as a table. Cells are shaded by their share of the row; those off
   * the diagonal much more strongly.
   */
  private String confusion() {
    int classes = findings.confusion().size();
    StringBuilder html =
        new StringBuilder(
            "<div class=\"scroll\" tabindex=\"0\"><table class=\"confusion\"><tr><th></th>");
    IntStream.range(0, classes)
        .forEach(c -> html.append("<th scope=\"col\">").append(c).append("</th>"));
    html.append("</tr>");
    for (int truth = 0; truth < classes; truth++) {
      html.append("<tr><th scope=\"row\">").append(truth).append("</th>");
      for (int c = 0; c < classes; c++) {
        int count = findings.confusion().get(truth).get(c);
        html.append(
            String.format(
                Locale.ROOT,
                "<td style=\"background: rgba(var(--heat), %.3f)\">%d</td>",
                FigurePicture.shade(count, row(truth), truth == c),
                count));
      }
      html.append("</tr>");
    }
    return html.append("</table></div>").toString();
  }

  private String classes() {
    StringBuilder html =
        new StringBuilder(
            "<div class=\"scroll\" tabindex=\"0\"><table><tr><th>class</th><th>examples</th><th>precision</th><th>recall</th></tr>");
    for (int c = 0; c < findings.confusion().size(); c++) {
      int right = findings.confusion().get(c).get(c);
      html.append(
          String.format(
              Locale.ROOT,
              "<tr><td>%d</td><td>%,d</td><td>%s</td><td>%s</td></tr>",
              c,
              row(c),
              percent(right, column(c)),
              percent(right, row(c))));
    }
    return html.append("</table></div>").toString();
  }

  private static String percent(int part, int whole) {
    return whole == 0 ? "–" : String.format(Locale.ROOT, "%.1f %%", 100.0 * part / whole);
  }
}
