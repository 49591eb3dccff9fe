package org.eqprop.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.eqprop.network.Network;
import org.eqprop.run.Drawn;
import org.eqprop.run.RunFigures;

/** Figures of what the trained network does on its test set. */
final class NetworkFigures {
  private static final double CERTAIN = 0.5;

  private final RunFigures figures;
  private final Network network;

  NetworkFigures(RunFigures figures, Network network) {
    this.figures = figures;
    this.network = network;
  }

  /** Returns an example in the corner of a figure. */
  static String thumb(RunFigures figures, RunFigures.Shown shown) {
    return image(figures, shown).replace("<img ", "<img class=\"thumb\" ");
  }

  private static String image(RunFigures figures, RunFigures.Shown shown) {
    return String.format(
        Locale.ROOT,
        "<img src=\"%s\" alt=\"test image %d, a %d\">",
        Picture.uri(Picture.example(shown.bytes(), figures.rows(), figures.columns())),
        shown.index(),
        shown.truth());
  }

  /** How single examples relax: what equilibrium propagation is about. */
  List<Figure> relaxation() {
    List<Figure> list = new ArrayList<>();
    if (figures.traces().isEmpty()) {
      return list;
    }
    RunFigures.Trace first = figures.traces().get(0);
    LineChart energy =
        new LineChart("Total energy of some examples by step", "step", "F = E + βC")
            .divided(first.freeSteps(), "nudged");
    LineChart residual =
        new LineChart("Largest move of a unit by step", "step", "residual")
            .logarithmic()
            .over(0, first.steps().get(first.steps().size() - 1).step())
            .divided(first.freeSteps(), "nudged");
    for (int t = 0; t < figures.traces().size(); t++) {
      RunFigures.Trace trace = figures.traces().get(t);
      List<Double> x = steps(trace);
      energy.line(name(trace.example()), "c" + t, x, values(trace, RunFigures.Step::energy));
      residual.line(name(trace.example()), "c" + t, x, values(trace, RunFigures.Step::residual));
    }
    list.add(
        Figure.chart(
            Drawn.RELAXATION_ENERGY.id(),
            "Energy while the network relaxes",
            "Good: E falls from step to step and levels off before the nudge; there βC joins it, and F falls again. Even-odd sweeps"
                + " never raise either.",
            energy));
    list.add(
        Figure.chart(
            Drawn.RELAXATION_RESIDUAL.id(),
            "How far units still move",
            "Good: it falls by orders of magnitude within the free phase; the nudge sets units moving again. Lines end where nothing moves any more.",
            residual));
    for (int t = 0; t < figures.traces().size(); t++) {
      list.add(outputs(t, figures.traces().get(t)));
    }
    return list;
  }

  static String name(RunFigures.Shown example) {
    return "no. " + example.index() + ", a " + example.truth();
  }

  private static List<Double> steps(RunFigures.Trace trace) {
    return trace.steps().stream().map(step -> (double) step.step()).toList();
  }

  private static List<Double> values(
      RunFigures.Trace trace, java.util.function.Function<RunFigures.Step, Double> of) {
    return trace.steps().stream().map(of).toList();
  }

  private Figure outputs(int index, RunFigures.Trace trace) {
    RunFigures.Shown example = trace.example();
    LineChart chart =
        new LineChart(
                "Output units of " + name(example) + " by step",
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
            Drawn.OUTPUTS.id() + "-" + (index + 1),
            "Output units: "
                + name(example)
                + (example.isRight() ? "" : ", taken for a " + example.predicted()),
            meaning(example),
            chart);
    return new Figure(
        figure.id(),
        figure.title(),
        figure.good(),
        thumb(figures, example) + figure.body(),
        figure.file());
  }

  private String meaning(RunFigures.Shown example) {
    if (network.hasReadout()) {
      return "The readout's outputs, log-probabilities up to a constant. Good: at the end of the free phase the true one stands"
          + " above the others, or the nudge lifts it.";
    }
    if (!example.isRight()) {
      return "A confident mistake: the wrong unit wins the free phase; the nudge pulls the true one up, which is what is learnt"
          + " from.";
    }
    return example.score() < CERTAIN
        ? "The least certain of the right ones. Good: even here the true unit leads, or the nudge lifts it and no other."
        : "Good: the true unit alone stands near 1 at the end of the free phase, and the nudge hardly moves it.";
  }

  /** Sample predictions, mistakes, confusion. */
  List<Figure> predictions() {
    List<Figure> list = new ArrayList<>();
    list.add(
        Figure.html(
            Drawn.SAMPLES.id(),
            "Sample predictions",
            "The first images of the test set. Good: predicted as they are, with scores near 1.",
            images(figures.samples()),
            Sheet.images(
                "Sample predictions", figures.samples(), figures.rows(), figures.columns())));
    if (!figures.mistakes().isEmpty()) {
      list.add(
          Figure.html(
              Drawn.MISTAKES.id(),
              "Most confident mistakes",
              "Good: images that people, too, would hesitate over.",
              images(figures.mistakes()),
              Sheet.images(
                  "Most confident mistakes",
                  figures.mistakes(),
                  figures.rows(),
                  figures.columns())));
    }
    list.add(
        Figure.html(
            Drawn.CONFUSION.id(),
            "Confusion matrix",
            "Rows are true classes, columns predicted ones. Good: all numbers off the diagonal small, and none that stands out.",
            confusion(),
            Sheet.confusion(figures.confusion())));
    list.add(
        Figure.html(
            "classes",
            "Precision and recall",
            "Of what is predicted as a class, how much is right; of a class, how much is found. Good: alike for all classes.",
            classes()));
    return list;
  }

  private String images(List<RunFigures.Shown> shown) {
    StringBuilder html = new StringBuilder("<ul class=\"images\">");
    for (RunFigures.Shown example : shown) {
      html.append("<li>")
          .append(image(figures, example))
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
    return figures.confusion().get(truth).stream().mapToInt(Integer::intValue).sum();
  }

  private int column(int predicted) {
    return figures.confusion().stream().mapToInt(row -> row.get(predicted)).sum();
  }

  /** Cells are shaded by their share of the row; those off the diagonal much more strongly. */
  private String confusion() {
    int classes = figures.confusion().size();
    StringBuilder html =
        new StringBuilder(
            "<div class=\"scroll\" tabindex=\"0\"><table class=\"confusion\"><tr><th></th>");
    IntStream.range(0, classes)
        .forEach(c -> html.append("<th scope=\"col\">").append(c).append("</th>"));
    html.append("</tr>");
    for (int truth = 0; truth < classes; truth++) {
      html.append("<tr><th scope=\"row\">").append(truth).append("</th>");
      for (int c = 0; c < classes; c++) {
        int count = figures.confusion().get(truth).get(c);
        html.append(
            String.format(
                Locale.ROOT,
                "<td style=\"background: rgba(var(--heat), %.3f)\">%d</td>",
                Sheet.shade(count, row(truth), truth == c),
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
    for (int c = 0; c < figures.confusion().size(); c++) {
      int right = figures.confusion().get(c).get(c);
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
