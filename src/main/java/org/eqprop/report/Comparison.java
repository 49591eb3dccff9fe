package org.eqprop.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.typesafe.config.ConfigRenderOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.eqprop.base.InputException;
import org.eqprop.base.SafeText;
import org.eqprop.run.Metric;
import org.eqprop.run.RunData;
import org.eqprop.run.RunRecorder;
import org.eqprop.storage.Storage;

/** An HTML page that compares runs. */
public final class Comparison {
  private static final int STYLES = 8;
  private static final List<Metric> CURVES =
      List.of(Metric.TEST_ERROR, Metric.VALIDATION_ERROR, Metric.TRAIN_ERROR);

  private final List<RunData> runs;

  private Comparison(List<RunData> runs) {
    this.runs = runs;
  }

  /**
   * Reads runs.
   *
   * @param locations of the run folders, at least two
   * @throws InputException if one is not a run folder, or a file is damaged
   */
  public static Comparison of(Storage storage, List<String> locations) {
    return new Comparison(locations.stream().map(l -> RunData.read(storage, l, false)).toList());
  }

  /** Returns the page. */
  String html() {
    StringBuilder main = new StringBuilder("<section><h2>Results</h2>");
    main.append(results()).append("</section><section><h2>Learning</h2>");
    main.append(
        Page.note(Downsampling.note(runs.stream().mapToInt(RunData::epochs).max().orElse(0))));
    main.append("<div class=\"row\">");
    CURVES.forEach(metric -> main.append(curves(metric)));
    main.append("</div></section><section><h2>What differs</h2>").append(differences());
    main.append("</section>");
    return Page.html(
        new Page.Contents(
            "Comparison of " + runs.size() + " runs",
            "<p class=\"soft\">The curves of all runs, and the keys in which their configurations differ.</p>",
            main.toString(),
            "1",
            false));
  }

  private String curves(Metric metric) {
    LineChart chart =
        new LineChart(metric.title() + " by epoch", "epoch", "error (%)").logarithmic();
    for (int i = 0; i < runs.size(); i++) {
      RunData run = runs.get(i);
      chart.line(
          (i + 1) + " " + run.name(), "c" + i % STYLES, run.epochNumbers(), run.plotted(metric));
    }
    return chart.isEmpty()
        ? ""
        : Figure.chart(
                metric.key(),
                metric.title(),
                "A good result: low, and reached in few epochs.",
                chart)
            .element();
  }

  private String results() {
    StringBuilder html =
        new StringBuilder(
            "<div class=\"scroll\" tabindex=\"0\"><table id=\"results\"><tr><th>run</th><th>test error</th><th>validation"
                + " error</th><th>training error</th><th>epochs</th><th>seconds</th><th>images/s</th></tr>");
    for (int i = 0; i < runs.size(); i++) {
      RunData run = runs.get(i);
      JsonNode result = run.result();
      html.append("<tr><td>")
          .append(i + 1)
          .append(' ')
          .append(Svg.escape(run.name()))
          .append(warned(run))
          .append("</td>");
      if (result == null) {
        html.append("<td colspan=\"6\">not finished, ")
            .append(SafeText.count(run.epochs(), "epoch"))
            .append("</td></tr>");
        continue;
      }
      CURVES.forEach(metric -> html.append(cell(metric, result)));
      html.append("<td>").append(result.path(RunRecorder.EPOCHS).asInt()).append("</td>");
      html.append(cell(Metric.SECONDS, result)).append(cell(Metric.IMAGES_PER_SECOND, result));
      html.append("</tr>");
    }
    return html.append("</table></div>").toString();
  }

  private static String cell(Metric metric, JsonNode result) {
    return "<td>" + metric.shown(metric.of(result)) + "</td>";
  }

  private static String warned(RunData run) {
    int count = run.warnings().size();
    return count == 0
        ? ""
        : " <span class=\"wrong\">" + SafeText.count(count, "warning") + "</span>";
  }

  private String differences() {
    TreeSet<String> keys = new TreeSet<>();
    runs.forEach(
        run -> run.configuration().source().entrySet().forEach(entry -> keys.add(entry.getKey())));
    List<String> rows = new ArrayList<>();
    for (String key : keys) {
      List<String> values = runs.stream().map(run -> value(run, key)).toList();
      if (values.stream().distinct().count() > 1) {
        StringBuilder row = new StringBuilder("<tr><th scope=\"row\">" + Svg.escape(key) + "</th>");
        values.forEach(value -> row.append("<td>").append(Svg.escape(value)).append("</td>"));
        rows.add(row.append("</tr>").toString());
      }
    }
    if (rows.isEmpty()) {
      return "<p>Nothing: the configurations are the same.</p>";
    }
    StringBuilder html =
        new StringBuilder(
            "<div class=\"scroll\" tabindex=\"0\"><table class=\"text\" id=\"differences\"><tr><th>key</th>");
    IntStream.range(0, runs.size())
        .forEach(
            i ->
                html.append("<th>")
                    .append(i + 1)
                    .append(' ')
                    .append(Svg.escape(runs.get(i).name()))
                    .append("</th>"));
    html.append("</tr>");
    rows.forEach(html::append);
    return html.append("</table></div>").toString();
  }

  private static String value(RunData run, String key) {
    var source = run.configuration().source();
    return source.hasPath(key) ? source.getValue(key).render(ConfigRenderOptions.concise()) : "";
  }

  /**
   * Writes the page.
   *
   * @param file the location of the page
   * @throws InputException if it cannot be written, or exists and is not a page of this program
   */
  public void write(Storage storage, String file) {
    if (storage.exists(file) && !Page.isOurs(storage, file)) {
      throw new InputException(
          file + ": exists already and is not a page of this program: choose another --out FILE");
    }
    storage.writeText(file, html());
  }
}
