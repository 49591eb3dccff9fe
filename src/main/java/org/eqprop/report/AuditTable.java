package org.eqprop.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.eqprop.audit.AgreementCurve;
import org.eqprop.audit.AgreementCurve.Reference;
import org.eqprop.audit.AuditResult;
import org.eqprop.audit.BatchMean;
import org.eqprop.audit.GradientPart;

/**
 * A table of how well the run's own estimate agrees with both references, layer by layer: mean ±
 * standard error over the batches.
 */
public final class AuditTable {
  private static final int COLUMN = 17;
  private static final int NAME = 9;

  private final AuditResult audit;

  public AuditTable(AuditResult audit) {
    this.audit = audit;
  }

  private List<String> names() {
    List<String> names = new ArrayList<>(audit.layers());
    names.add(GradientPart.ALL);
    return names;
  }

  private List<String> cells(String part) {
    List<String> cells = new ArrayList<>();
    for (Reference reference : List.of(Reference.EXACT, Reference.UNROLLED)) {
      Optional<AgreementCurve.Series> series = audit.atSettings(reference, part);
      cells.add(series.map(s -> cell(s.cosine(), 1, "%.4f", "")).orElse("–"));
      cells.add(series.map(s -> cell(s.relativeError(), 1, "%.3f", "")).orElse("–"));
      cells.add(series.map(s -> cell(s.equalSigns(), 100, "%.1f", " %")).orElse("–"));
    }
    return cells;
  }

  private static String cell(List<BatchMean> values, double factor, String format, String unit) {
    BatchMean measured = values.get(0);
    if (measured.mean() == null) {
      return "–";
    }
    String mean = String.format(Locale.ROOT, format, factor * measured.mean());
    return measured.standardError() == null
        ? mean + unit
        : mean
            + " ± "
            + String.format(Locale.ROOT, format, factor * measured.standardError())
            + unit;
  }

  private String unrolled() {
    return "backpropagation through the "
        + audit.settings().freeSteps()
        + " free "
        + audit.settings().steps();
  }

  /** Returns the table as lines of text. */
  public String text() {
    StringBuilder text = new StringBuilder();
    String columns = column("cosine") + column("relative error") + column("equal signs");
    text.append(pad("", NAME))
        .append(pad("against the exact gradient", 3 * COLUMN))
        .append("against ")
        .append(unrolled())
        .append("\n");
    text.append(line("", columns + columns));
    for (String name : names()) {
      StringBuilder cells = new StringBuilder();
      this.cells(name).forEach(cell -> cells.append(column(cell)));
      text.append(line(name, cells.toString()));
    }
    return text.toString();
  }

  private static String line(String name, String cells) {
    return (pad(name, NAME) + cells).stripTrailing() + "\n";
  }

  private static String column(String cell) {
    return pad(cell, COLUMN);
  }

  private static String pad(String text, int width) {
    return text + " ".repeat(Math.max(1, width - text.length()));
  }

  /** Returns the table as HTML. */
  String html() {
    StringBuilder html =
        new StringBuilder(
            "<div class=\"scroll\" tabindex=\"0\"><table id=\"audit-table\"><tr><th>");
    html.append("</th><th colspan=\"3\">against the exact gradient</th><th colspan=\"3\">against ")
        .append(unrolled())
        .append("</th></tr><tr><th></th>");
    html.append("<th>cosine</th><th>relative error</th><th>equal signs</th>".repeat(2))
        .append("</tr>");
    for (String name : names()) {
      html.append("<tr><td>").append(Svg.escape(name)).append("</td>");
      cells(name).forEach(cell -> html.append("<td>").append(cell).append("</td>"));
      html.append("</tr>");
    }
    return html.append("</table></div>").toString();
  }
}
