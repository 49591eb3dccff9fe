package org.eqprop.report;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.eqprop.audit.AuditResult;
import org.eqprop.base.KeyValues;
import org.eqprop.data.Shape;
import org.eqprop.model.ModelFile;
import org.eqprop.network.Network;
import org.eqprop.run.Metric;
import org.eqprop.run.RunData;
import org.eqprop.run.RunFolder;
import org.eqprop.run.TestFindings;
import org.eqprop.spark.Settling;
import org.eqprop.storage.Storage;
import org.jspecify.annotations.Nullable;

/** The report of a run: one page with all pictures, and the pictures as files. */
public final class RunReport {
  private static final List<Metric> COLUMNS =
      List.of(
          Metric.EPOCH,
          Metric.TRAIN_ERROR,
          Metric.VALIDATION_ERROR,
          Metric.TEST_ERROR,
          Metric.COST,
          Metric.ENERGY,
          Metric.SECONDS,
          Metric.COMPUTE_SECONDS,
          Metric.BROADCAST_SECONDS,
          Metric.MERGE_SECONDS,
          Metric.EVALUATE_SECONDS,
          Metric.IMAGES_PER_SECOND);

  private static final String LEARNING = "Learning";
  private static final String AUDIT = "Audit of the gradient";

  /** The most rows of the table of epochs, or a few more. */
  private static final int ROWS = 300;

  private final RunData run;
  private final List<Section> sections;

  private RunReport(RunData run) {
    this.run = run;
    this.sections = sections();
  }

  /**
   * Checks that there is a run to report on, and that its report can be written.
   *
   * @throws org.eqprop.base.InputException if the folder is not a run folder, or one of its files
   *     is damaged
   */
  public static void check(Storage storage, String location) {
    var unused = RunData.read(storage, location, true);
    RunFolder.pictures(storage, location).check();
  }

  /**
   * Reads a run, which may be unfinished.
   *
   * @param location the run folder
   * @throws org.eqprop.base.InputException if it is not a run folder, or one of its files is
   *     damaged
   */
  public static RunReport of(Storage storage, String location) {
    return new RunReport(RunData.read(storage, location, true));
  }

  /** A heading and the figures below it. */
  private record Section(String title, List<Figure> figures) {}

  private List<Section> sections() {
    List<Section> sections = new ArrayList<>();
    CurveFigures curves = new CurveFigures(run);
    sections.add(new Section(LEARNING, curves.learning()));
    TestFindings findings = run.findings();
    if (findings != null) {
      NetworkFigures shown = new NetworkFigures(findings, network());
      sections.add(new Section("Relaxation", shown.relaxation()));
      Settling settling = findings.settling();
      if (settling != null) {
        int freeSteps = run.configuration().spec().relaxation().freeSteps();
        sections.add(new Section("Settling", new SettlingFigures(settling, freeSteps).list()));
      }
      sections.add(new Section("Feature maps", new MapFigures(findings, network()).list()));
      sections.add(new Section("Predictions on the test set", shown.predictions()));
    }
    ModelFile model = run.model();
    if (model != null) {
      WeightFigures weights = new WeightFigures(model);
      Shape image = image(model, findings);
      sections.add(new Section(weights.title(), weights.list(image.height(), image.width())));
    }
    if (findings != null) {
      sections.add(new Section("Units and gradient", new UnitFigures(findings, network()).list()));
    }
    AuditResult audit = run.audit();
    if (audit != null) {
      sections.add(new Section(AUDIT, new AuditFigures(audit).chosen()));
    }
    sections.add(new Section("Time", curves.running()));
    return sections.stream().filter(section -> !section.figures.isEmpty()).toList();
  }

  /** Returns the shape of the images; before there are findings, guesses it from the input. */
  private static Shape image(ModelFile model, @Nullable TestFindings findings) {
    Shape input = model.network().input();
    if (findings != null) {
      return Shape.image(findings.rows(), findings.columns());
    }
    int side = (int) Math.rint(Math.sqrt(input.size()));
    return input.height() > 1 ? input : Shape.image(side, side);
  }

  private Network network() {
    return run.configuration().spec().network();
  }

  /**
   * Returns the page.
   *
   * @param live whether the page polls for newer contents
   * @param version changes whenever the contents change
   */
  public String html(boolean live, String version) {
    StringBuilder main = new StringBuilder();
    for (Section section : sections) {
      main.append("<section><h2>")
          .append(Svg.escape(section.title))
          .append("</h2>")
          .append(section.title.equals(LEARNING) ? Page.note(Downsampling.note(run.epochs())) : "")
          .append(section.title.equals(AUDIT) ? audit() : "")
          .append(
              section.figures.size() == 3 ? "<div class=\"row three\">" : "<div class=\"row\">");
      section.figures.forEach(figure -> main.append(figure.element()));
      main.append("</div></section>");
    }
    if (run.epochs() > 0) {
      main.append("<section><h2>Epochs</h2>").append(epochs()).append("</section>");
    }
    main.append("<section><h2>Operations and energy</h2>")
        .append(OperationsTable.html(run.configuration()))
        .append("</section><section><h2>Configuration and machine</h2>");
    main.append(machine());
    main.append("<details><summary>Configuration</summary><pre>")
        .append(Svg.escape(run.configuration().toHocon()))
        .append("</pre></details></section>");
    return Page.html(new Page.Contents(run.name(), lead(live), main.toString(), version, live));
  }

  private String audit() {
    AuditResult audit = run.audit();
    return audit == null
        ? ""
        : Page.note(
                AuditPage.settings(audit)
                    + " Mean ± standard error; "
                    + RunFolder.AUDIT_PAGE
                    + " has all curves.")
            + new AuditTable(audit).html();
  }

  /** Returns whether the run has finished, so that its page is complete. */
  public boolean ended() {
    return run.result() != null;
  }

  private String lead(boolean live) {
    var spec = run.configuration().spec();
    StringBuilder lead = new StringBuilder();
    lead.append("<p class=\"soft\">")
        .append(
            Svg.escape(
                spec.network().description()
                    + " trained by equilibrium propagation: "
                    + Banner.phases(spec.relaxation())
                    + "; "
                    + KeyValues.word(spec.estimator().kind())
                    + " estimates, β "
                    + spec.estimator().beta()))
        .append("</p>");
    lead.append(Page.warnings(run.warnings()));
    lead.append("<p id=\"state\" role=\"status\">").append(state(live)).append("</p>");
    lead.append("<ul class=\"key\">");
    JsonNode result = run.result();
    if (result != null) {
      key(lead, Metric.TEST_ERROR, result);
    }
    if (run.epochs() > 0) {
      JsonNode last = run.metrics().get(run.epochs() - 1);
      if (Double.isFinite(Metric.VALIDATION_ERROR.of(last))) {
        key(lead, Metric.VALIDATION_ERROR, last);
      }
      key(lead, Metric.TRAIN_ERROR, last);
    }
    key(lead, Metric.percent(run.chance()), "random guessing");
    int epochs = spec.hyperparameters().epochs();
    key(lead, run.epochs() + " of " + epochs, epochs == 1 ? "epoch" : "epochs");
    if (result != null) {
      key(lead, String.format(Locale.ROOT, "%.1f s", Metric.SECONDS.of(result)), "time");
    }
    return lead.append("</ul>").append(Page.primer()).toString();
  }

  private String state(boolean live) {
    if (run.result() != null) {
      return "The run has finished.";
    }
    return live
        ? "Training in progress; this page updates by itself."
        : "The run had not finished when this page was written.";
  }

  private static void key(StringBuilder html, String value, String name) {
    html.append("<li><b>").append(Svg.escape(value)).append("</b>").append(name).append("</li>");
  }

  private static void key(StringBuilder html, Metric metric, JsonNode line) {
    key(html, metric.shown(metric.of(line)), metric.title());
  }

  /** Returns the first epoch, the last, and evenly spaced ones between them. */
  private List<JsonNode> rows() {
    int every = (run.epochs() + ROWS - 1) / ROWS;
    List<JsonNode> rows = new ArrayList<>();
    for (int e = 0; e < run.epochs(); e++) {
      if (e == 0 || e == run.epochs() - 1 || (e + 1) % every == 0) {
        rows.add(run.metrics().get(e));
      }
    }
    return rows;
  }

  private String epochs() {
    List<JsonNode> rows = rows();
    StringBuilder html =
        new StringBuilder(
            Page.note(
                    rows.size() == run.epochs()
                        ? ""
                        : String.format(
                            Locale.ROOT,
                            "%,d of %,d epochs; %s has all of them.",
                            rows.size(),
                            run.epochs(),
                            RunFolder.METRICS))
                + "<div class=\"scroll\" tabindex=\"0\"><table id=\"epochs\"><tr>");
    COLUMNS.forEach(metric -> html.append("<th>").append(metric.title()).append("</th>"));
    html.append("</tr>");
    for (JsonNode line : rows) {
      html.append("<tr>");
      for (Metric metric : COLUMNS) {
        html.append("<td>").append(metric.shown(metric.of(line))).append("</td>");
      }
      html.append("</tr>");
    }
    return html.append("</table></div>").toString();
  }

  private String machine() {
    StringBuilder html = new StringBuilder("<table class=\"text\">");
    for (Map.Entry<String, String> entry : run.machine().entrySet()) {
      html.append("<tr><th scope=\"row\">")
          .append(Svg.escape(entry.getKey()))
          .append("</th><td>")
          .append(Svg.escape(entry.getValue()))
          .append("</td></tr>");
    }
    return html.append("</table>").toString();
  }

  /**
   * Writes the page and its pictures into a run folder.
   *
   * @return the location of the page
   * @throws org.eqprop.base.InputException if they cannot be written
   */
  public String write(Storage storage, String location) {
    String folder = Storage.path(location, "");
    List<Figure> figures = sections.stream().flatMap(s -> s.figures.stream()).toList();
    RunFolder.pictures(storage, location).replace(Figure.files(figures));
    storage.writeText(folder + RunFolder.REPORT, html(false, ""));
    return folder + RunFolder.REPORT;
  }
}
