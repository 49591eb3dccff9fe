package org.eqprop.report;

import java.util.List;
import java.util.Locale;
import org.eqprop.audit.AuditResult;
import org.eqprop.base.InputException;
import org.eqprop.base.SafeText;
import org.eqprop.storage.Storage;

/** The HTML page of a gradient audit. */
public final class AuditPage {
  private static final String MEANING =
      "Mean ± standard error over the batches. Cosine: only the direction; 1 is best. Relative error: direction and length; 0 is"
          + " best. Equal signs: share of equal signs among the elements that have a gradient. The exact gradient is that of the cost"
          + " at the free equilibrium; backpropagation through the free phase knows only the steps that the run takes.";

  private final AuditResult audit;

  public AuditPage(AuditResult audit) {
    this.audit = audit;
  }

  /** Returns the page. */
  String html() {
    AuditFigures figures = new AuditFigures(audit);
    StringBuilder main = new StringBuilder("<section><h2>At the run's own settings</h2>");
    main.append(Page.note(MEANING)).append(new AuditTable(audit).html()).append("</section>");
    section(main, "Over β", "", figures.overBeta());
    section(main, "Over the free phase's " + audit.settings().steps(), "", figures.overFreeSteps());
    section(
        main, "Over the nudged phases' " + audit.settings().steps(), "", figures.overNudgedSteps());
    section(main, "Step by step along the nudged phase", theorem(), figures.stepByStep());
    return Page.html(
        new Page.Contents("Audit of the gradient", lead(), main.toString(), "1", false));
  }

  private String theorem() {
    return "Share of the gradient that the nudged phase has collected after t "
        + audit.settings().steps()
        + ", compared with backpropagation through as many of the free phase's last moves (Ernoult et al. 2019):"
        + " ⟨collected, gradient⟩/‖gradient‖².";
  }

  private static void section(StringBuilder main, String title, String note, List<Figure> figures) {
    if (figures.isEmpty()) {
      return;
    }
    main.append("<section><h2>")
        .append(Svg.escape(title))
        .append("</h2>")
        .append(Page.note(note))
        .append(figures.size() == 3 ? "<div class=\"row three\">" : "<div class=\"row\">");
    figures.forEach(figure -> main.append(figure.element()));
    main.append("</div></section>");
  }

  private String lead() {
    return Page.note(settings(audit)) + Page.warnings(audit.notes());
  }

  /** Returns a sentence that says what was audited. */
  static String settings(AuditResult audit) {
    AuditResult.Settings settings = audit.settings();
    return String.format(
        Locale.ROOT,
        "%s: network %s; %s schedule, %d free and %d nudged %s; %s estimates, β %s; %s of %s, float64.",
        audit.source(),
        audit.network(),
        settings.schedule(),
        settings.freeSteps(),
        settings.nudgedSteps(),
        settings.steps(),
        settings.estimator(),
        settings.beta(),
        settings.batches() == 1 ? "1 batch" : settings.batches() + " batches",
        SafeText.count(settings.examples(), "example"));
  }

  /**
   * Checks that the page may be written.
   *
   * @throws InputException if the file exists and is not a page of this program
   */
  public static void check(Storage storage, String file) {
    if (storage.exists(file) && !Page.isOurs(storage, file)) {
      throw new InputException(
          file + ": exists already and is not a page of this program: choose another --out DIR");
    }
  }

  /**
   * Writes the page.
   *
   * @param file the location of the page
   * @throws InputException if it cannot be written, or exists and is not a page of this program
   */
  public void write(Storage storage, String file) {
    check(storage, file);
    storage.writeText(file, html());
  }
}
