package org.eqprop.report;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import org.eqprop.run.FigureName;
import org.eqprop.run.Metric;
import org.eqprop.run.RunData;

/** Figures of what was measured per epoch. */
final class CurveFigures {
  private static final int SHARES_WIDTH = 480;
  private static final int SHARES_HEIGHT = 240;
  private static final int BARS = 200;
  private static final List<Metric> PARTS =
      List.of(
          Metric.COMPUTE_SECONDS,
          Metric.BROADCAST_SECONDS,
          Metric.MERGE_SECONDS,
          Metric.EVALUATE_SECONDS);

  private final RunData run;

  CurveFigures(RunData run) {
    this.run = run;
  }

  /** Returns figures of error, cost and energy; none before the first epoch. */
  List<Figure> learning() {
    List<Figure> figures = new ArrayList<>();
    if (run.epochs() == 0) {
      return figures;
    }
    List<Double> x = run.epochNumbers();
    LineChart errors =
        new LineChart("Error rate by epoch, beside random guessing", "epoch", "error (%)")
            .logarithmic()
            .line("training", "c0", x, run.plotted(Metric.TRAIN_ERROR))
            .line("validation", "c1", x, run.plotted(Metric.VALIDATION_ERROR))
            .line("test", "c2", x, run.plotted(Metric.TEST_ERROR))
            .line("random guessing", "base", x, Collections.nCopies(x.size(), 100 * run.chance()));
    figures.add(
        Figure.chart(
            FigureName.ERROR.id(),
            "Error",
            "A good result: all curves fall far below random guessing, and those of unseen examples level off without rising again.",
            errors));
    figures.add(
        Figure.chart(
            FigureName.COST.id(),
            "Cost at the free equilibrium",
            "A good result: "
                + (run.configuration().spec().network().hasReadout() ? "−ln p_y" : "‖s_L − y‖²")
                + " of the training examples, each before its own update, falls steadily towards 0.",
            new LineChart("Mean cost by epoch", "epoch", "cost C")
                .fromZero()
                .line("cost", "c0", x, run.numbers(Metric.COST))));
    figures.add(
        Figure.chart(
            FigureName.ENERGY.id(),
            "Energy at the free equilibrium",
            "A good result: it settles; an energy that runs away to large values means that the weights diverge.",
            new LineChart("Mean energy by epoch", "epoch", "energy E")
                .line("energy", "c0", x, run.numbers(Metric.ENERGY))));
    return figures;
  }

  /** Returns figures of time and speed, and of how far the replicas drift apart. */
  List<Figure> running() {
    List<Figure> figures = new ArrayList<>();
    if (run.epochs() == 0) {
      return figures;
    }
    List<Double> x = run.epochNumbers();
    figures.add(
        Figure.picture(
            FigureName.TIME.id(),
            "Where the time goes",
            "A good result: computing takes almost all of each epoch; if the rest is large, there are more averages, or more replicas, than pay off.",
            shares()));
    figures.add(
        Figure.chart(
            FigureName.SPEED.id(),
            "Speed",
            "A good result: flat after the first epoch or two, in which the JVM warms up.",
            new LineChart("Training images per second by epoch", "epoch", "images/s")
                .fromZero()
                .line("images/s", "c0", x, run.numbers(Metric.IMAGES_PER_SECOND))));
    if (run.has(Metric.REPLICA_SPREAD)) {
      figures.add(
          Figure.chart(
              FigureName.SPREAD.id(),
              "Replicas' spread before averaging",
              "A good result: of the order of 1, and flat; replicas that differ by much more than their mean moves undo each other's"
                  + " work.",
              new LineChart(
                      "Distance of the replicas from their mean, divided by the mean's step, by epoch",
                      "epoch",
                      "spread / step")
                  .fromZero()
                  .line("spread", "c0", x, run.numbers(Metric.REPLICA_SPREAD))));
    }
    return figures;
  }

  /** The epochs of a bar: {@code from} inclusive, {@code to} exclusive, counted from 0. */
  private record Bar(int from, int to) {
    /** Returns the mean of a part; a value that is missing, or cannot be a time, counts as 0. */
    double mean(List<Double> part) {
      double sum = 0;
      for (double value : part.subList(from, to)) {
        sum += value >= 0 && value < 1e9 ? value : 0;
      }
      return sum / (to - from);
    }

    String name() {
      return to - from == 1 ? "epoch " + to : "epochs " + (from + 1) + "–" + to + ", mean";
    }
  }

  private List<Bar> bars() {
    int epochs = run.epochs();
    int each = (epochs + BARS - 1) / BARS;
    List<Bar> bars = new ArrayList<>();
    for (int from = 0; from < epochs; from += each) {
      bars.add(new Bar(from, Math.min(epochs, from + each)));
    }
    return bars;
  }

  /** Returns a chart of stacked bars, one per epoch; with many epochs, one for several. */
  private String shares() {
    double left = 62;
    double bottom = SHARES_HEIGHT - 42;
    List<List<Double>> parts = PARTS.stream().map(run::numbers).toList();
    double most = 0;
    for (Bar bar : bars()) {
      most = Math.max(most, parts.stream().mapToDouble(bar::mean).sum());
    }
    Axis y = Axis.linear(0, most, false);
    StringBuilder svg =
        new StringBuilder(
            String.format(
                Locale.ROOT,
                "<svg viewBox=\"0 0 %d %d\" class=\"chart\" role=\"img\" tabindex=\"0\" aria-label=\"Seconds of each epoch by what they were spent on\">",
                SHARES_WIDTH,
                SHARES_HEIGHT));
    for (double tick : y.ticks()) {
      double at = bottom - (bottom - 30) * y.at(tick);
      svg.append(Svg.line(left, at, SHARES_WIDTH - 14, at, "grid"));
      svg.append(Svg.text(left - 6, at + 4, "end", "tick", y.label(tick)));
    }
    double width = (SHARES_WIDTH - 14 - left) / run.epochs(); // per epoch
    for (Bar epochs : bars()) {
      double at = 0;
      double wide = width * (epochs.to - epochs.from);
      StringBuilder told = new StringBuilder(epochs.name() + ":");
      StringBuilder bars = new StringBuilder();
      for (int p = 0; p < PARTS.size(); p++) {
        double value = epochs.mean(parts.get(p));
        double from = bottom - (bottom - 30) * y.at(at);
        double to = bottom - (bottom - 30) * y.at(at + value);
        bars.append(
            String.format(
                Locale.ROOT,
                "<rect x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\" class=\"bar f%d\"/>",
                Svg.number(left + epochs.from * width + 0.1 * wide),
                Svg.number(to),
                Svg.number(0.8 * wide),
                Svg.number(from - to),
                p));
        told.append(String.format(Locale.ROOT, " %s %.2f s", name(p), value));
        at += value;
      }
      svg.append("<g><title>").append(told).append("</title>").append(bars).append("</g>");
    }
    Axis x = Axis.linear(1, Math.max(2, run.epochs()), true);
    for (double tick : x.ticks()) {
      if (tick <= run.epochs()) {
        svg.append(Svg.tickBelow(left + (tick - 0.5) * width, bottom, x.label(tick), SHARES_WIDTH));
      }
    }
    for (int p = 0; p < PARTS.size(); p++) {
      double at = left + 105 * p;
      svg.append(
          String.format(
              Locale.ROOT,
              "<rect x=\"%s\" y=\"4\" width=\"12\" height=\"12\" class=\"bar f%d\"/>",
              Svg.number(at),
              p));
      svg.append(Svg.text(at + 17, 14, "start", "legend", name(p)));
    }
    svg.append(Svg.text((left + SHARES_WIDTH) / 2, SHARES_HEIGHT - 6, "middle", "title", "epoch"));
    svg.append(
        String.format(
            Locale.ROOT,
            "<text transform=\"translate(13 %s) rotate(-90)\" text-anchor=\"middle\" class=\"title\">seconds</text>",
            Svg.number((30 + bottom) / 2)));
    return svg.append("</svg>").toString();
  }

  private static String name(int part) {
    return PARTS.get(part).title();
  }
}
