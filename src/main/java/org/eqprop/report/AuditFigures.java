package org.eqprop.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.eqprop.audit.AgreementCurve;
import org.eqprop.audit.AgreementCurve.Compared;
import org.eqprop.audit.AgreementCurve.Over;
import org.eqprop.audit.AgreementCurve.Phases;
import org.eqprop.audit.AgreementCurve.Reference;
import org.eqprop.audit.AuditResult;
import org.eqprop.audit.BatchMean;
import org.eqprop.audit.GradientPart;
import org.eqprop.run.FigureName;

/** Figures of a gradient audit; error bars are standard errors over the batches. */
final class AuditFigures {
  private static final int STYLES = 8;

  /** Axes that reach more steps than this are logarithmic. */
  private static final double MANY = 50;

  private final AuditResult audit;
  private final String steps;

  AuditFigures(AuditResult audit) {
    this.audit = audit;
    this.steps = audit.settings().steps();
  }

  /** A number by which an estimate and a reference are compared. */
  private enum Score {
    COSINE("cosine", 1),
    ERROR("relative error", 1),
    SIGNS("equal signs (%)", 100),
    SHARE("share collected", 1);

    private final String title;
    private final double factor;

    Score(String title, double factor) {
      this.title = title;
      this.factor = factor;
    }

    List<BatchMean> of(AgreementCurve.Series series) {
      return switch (this) {
        case COSINE -> series.cosine();
        case ERROR -> series.relativeError();
        case SIGNS -> series.equalSigns();
        case SHARE -> series.scale();
      };
    }
  }

  /** Returns the few figures that a run's report shows. */
  List<Figure> chosen() {
    List<Figure> figures = new ArrayList<>(overBeta());
    figures.add(free(Score.COSINE));
    figures.add(collected(Phases.RUN));
    return present(figures);
  }

  /** Returns figures of how well the estimates agree over β. */
  List<Figure> overBeta() {
    double beta = Math.abs(audit.settings().beta());
    LineChart cosines =
        chart("Cosine with the exact gradient by layer, over β", "|β|", Score.COSINE)
            .logarithmicAcross()
            .divided(beta, "β " + beta);
    audit.curves(Over.BETA, Phases.RUN, Reference.EXACT).stream()
        .filter(curve -> name(curve.compared()).equals(audit.settings().estimator()))
        .forEach(curve -> addLayers(cosines, curve, Score.COSINE, "", ""));
    return present(
        List.of(
            estimators(
                "beta-converged",
                Phases.CONVERGED,
                "Error over β, converged phases",
                "A good result: as β → 0, the error against the exact gradient falls like β² for centered estimates and like β for one-sided"
                    + " ones; with a random sign, each batch errs like a one-sided estimate, but in either direction."),
            estimators(
                "beta-run",
                Phases.RUN,
                "Error over β, the run's own " + steps,
                "A good result: the same as with converged phases. A one-sided error that rises as β falls is the remaining movement of the free"
                    + " phase, divided by β; an error that levels off is the price of phases that are cut short."),
            figure(
                "beta-cosine",
                "Cosine over β, the run's own " + steps,
                "A good result: every layer stays near 1 up to the run's β; a layer that drops before that learns from a different direction.",
                cosines)));
  }

  private Figure estimators(String id, Phases phases, String title, String good) {
    LineChart chart =
        chart(title + ": the whole gradient against the exact one", "|β|", Score.ERROR)
            .logarithmicAcross();
    for (AgreementCurve curve : audit.curves(Over.BETA, phases, Reference.EXACT)) {
      String style =
          switch (curve.compared()) {
            case CENTERED -> "c0";
            case ONE_SIDED -> "c1";
            default -> "c2";
          };
      add(chart, curve, GradientPart.ALL, Score.ERROR, name(curve.compared()), style);
    }
    return figure(id, title, good, chart);
  }

  /** Returns figures of how well the run's estimate agrees over the steps of its free phase. */
  List<Figure> overFreeSteps() {
    return present(List.of(free(Score.COSINE), free(Score.ERROR), free(Score.SIGNS)));
  }

  private Figure free(Score score) {
    return overSteps(
        Over.FREE_STEPS,
        "free",
        score,
        audit.settings().freeSteps(),
        "A good result: flat from the run's own setting on; further left, the free phase is cut short. Broad lines: compared with"
            + " backpropagation through these "
            + steps
            + ", which differentiates the cost at their end.");
  }

  /** Returns figures of how well the run's estimate agrees over the steps of its nudged phases. */
  List<Figure> overNudgedSteps() {
    return present(List.of(nudged(Score.COSINE), nudged(Score.ERROR), nudged(Score.SIGNS)));
  }

  private Figure nudged(Score score) {
    return overSteps(
        Over.NUDGED_STEPS,
        "nudged",
        score,
        audit.settings().nudgedSteps(),
        "A good result: flat from the run's own setting on; the nudge reaches lower layers later. Broad lines: compared with backpropagation"
            + " through the free phase.");
  }

  private Figure overSteps(Over over, String phase, Score score, int own, String good) {
    String name = score.title.replace(" (%)", "");
    String title =
        name.substring(0, 1).toUpperCase(Locale.ROOT)
            + name.substring(1)
            + " over "
            + phase
            + " "
            + steps;
    LineChart chart = chart(title + " by layer", phase + " " + steps, score);
    scaled(chart, audit.curves(over, Phases.RUN, Reference.UNROLLED)).divided(own, "the run's");
    audit.curves(over, Phases.RUN, Reference.UNROLLED).stream()
        .filter(curve -> curve.compared() != Compared.TRUNCATED)
        .forEach(curve -> addLayers(chart, curve, score, ", unrolled", " under"));
    audit
        .curves(over, Phases.RUN, Reference.EXACT)
        .forEach(curve -> addLayers(chart, curve, score, "", ""));
    return figure(phase + "-" + score.name().toLowerCase(Locale.ROOT), title, good, chart);
  }

  /**
   * Returns figures of what the nudged phase has collected after each step, compared with truncated
   * backpropagation.
   */
  List<Figure> stepByStep() {
    return present(
        List.of(
            collected(Phases.CONVERGED),
            difference(Phases.CONVERGED),
            collected(Phases.RUN),
            difference(Phases.RUN)));
  }

  private Figure collected(Phases phases) {
    boolean converged = phases == Phases.CONVERGED;
    Reference whole = converged ? Reference.EXACT : Reference.UNROLLED;
    List<AgreementCurve> curves = audit.curves(Over.NUDGED_STEPS, phases, whole);
    LineChart chart =
        chart(
            "Share of the gradient collected by layer, "
                + (converged ? "from the free equilibrium" : "as the run trains"),
            "nudged " + steps,
            Score.SHARE);
    scaled(chart, curves);
    curves.stream()
        .filter(curve -> curve.compared() == Compared.TRUNCATED)
        .forEach(curve -> addLayers(chart, curve, Score.SHARE, ", truncated", " under"));
    curves.stream()
        .filter(curve -> curve.compared() != Compared.TRUNCATED)
        .forEach(curve -> addLayers(chart, curve, Score.SHARE, "", ""));
    return figure(
        "share-" + words(phases),
        converged ? "Collected step by step, converged" : "Collected step by step, as trained",
        converged
            ? "A good result: each layer's thin line (the estimate after that many nudged "
                + steps
                + " at β → 0) lies on its broad line (backpropagation truncated to as many); both approach 1, the exact gradient."
            : "The same with the run's own β and free phase; 1 is backpropagation through the whole free phase. A good result: close to the broad"
                + " line, and close to 1 at the end.",
        chart);
  }

  private Figure difference(Phases phases) {
    List<AgreementCurve> curves = audit.curves(Over.NUDGED_STEPS, phases, Reference.TRUNCATED);
    boolean converged = phases == Phases.CONVERGED;
    LineChart chart =
        chart(
            "Relative error of the estimate against truncated backpropagation by layer, "
                + words(phases),
            "nudged " + steps,
            Score.ERROR);
    scaled(chart, curves);
    curves.forEach(curve -> addLayers(chart, curve, Score.ERROR, "", ""));
    return figure(
        "difference-" + words(phases),
        converged
            ? "Against truncated backpropagation, converged"
            : "Against truncated backpropagation, as trained",
        converged
            ? "A good result: far below 1 after any number of "
                + steps
                + ", as the theorem of Ernoult et al. (2019) says; the remaining error is O(β²), and larger where a unit crosses an end of its range."
            : "A good result: small; the excess over the figure with converged phases is the price of a finite β and a short free phase.",
        chart);
  }

  private static String words(Phases phases) {
    return phases.name().toLowerCase(Locale.ROOT);
  }

  private static String name(Compared compared) {
    return compared.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static LineChart chart(String title, String xTitle, Score score) {
    LineChart chart = new LineChart(title, xTitle, score.title);
    return score == Score.ERROR ? chart.logarithmic() : chart;
  }

  private static LineChart scaled(LineChart chart, List<AgreementCurve> curves) {
    boolean many =
        curves.stream().flatMap(curve -> curve.at().stream()).anyMatch(step -> step > MANY);
    return many ? chart.logarithmicAcross() : chart;
  }

  private void addLayers(
      LineChart chart, AgreementCurve curve, Score score, String reference, String style) {
    for (int k = 0; k < audit.layers().size(); k++) {
      String layer = audit.layers().get(k);
      add(chart, curve, layer, score, layer + reference, "c" + k % STYLES + style);
    }
  }

  private static void add(
      LineChart chart, AgreementCurve curve, String part, Score score, String name, String style) {
    curve.parts().stream()
        .filter(series -> series.part().equals(part))
        .forEach(
            series -> {
              List<BatchMean> all = score.of(series);
              List<Double> values = all.stream().map(m -> score.factor * m.value()).toList();
              List<Double> errors = all.stream().map(m -> score.factor * m.error()).toList();
              chart.line(name, style, curve.at(), values);
              if (!style.endsWith("under")) {
                chart.bars(style, curve.at(), values, errors);
              }
            });
  }

  /** Returns a figure; its body is empty if the chart has nothing to draw. */
  private static Figure figure(String id, String title, String good, LineChart chart) {
    String name = FigureName.AUDIT.id() + "-" + id;
    return chart.isEmpty()
        ? Figure.html(name, title, good, "")
        : Figure.chart(name, title, good, chart);
  }

  private static List<Figure> present(List<Figure> figures) {
    return figures.stream().filter(figure -> !figure.body().isEmpty()).toList();
  }
}
