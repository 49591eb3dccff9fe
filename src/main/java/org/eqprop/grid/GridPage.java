package org.eqprop.grid;

import java.util.List;
import java.util.Locale;
import org.eqprop.report.Banner;
import org.eqprop.report.Figure;
import org.eqprop.report.Page;

/** The page of a grid: the ranked settings and the pictures, in one file. */
final class GridPage {
  private final Grid grid;
  private final Objective objective;
  private final List<Summary.Row> rows;

  /**
   * @param rows the settings, ranked; at least one
   */
  GridPage(Grid grid, Objective objective, List<Summary.Row> rows) {
    this.grid = grid;
    this.objective = objective;
    this.rows = rows;
  }

  /**
   * Returns the page.
   *
   * @param name of the grid
   * @param verdict the outcome of the search, a sentence; may be empty
   * @param warnings what looks wrong with the data or the best setting, one line each
   * @param sensitivity HTML of {@link Sensitivity}; may be empty
   */
  String html(
      String name,
      String verdict,
      List<String> warnings,
      String sensitivity,
      List<Figure> figures) {
    StringBuilder main = new StringBuilder(sensitivity);
    main.append("<section><h2>Pictures</h2><div class=\"row\">");
    figures.forEach(figure -> main.append(figure.element()));
    main.append("</div></section><section><h2>Settings, ranked</h2>").append(table());
    main.append("</section>");
    var spec = grid.points().get(0).configuration().spec();
    String lead =
        String.format(
            Locale.ROOT,
            "<p class=\"soft\">%s</p><p>%s</p><ul class=\"key\"><li><b>%,d</b>points</li><li><b>%,d</b>settings</li><li><b>%s</b>lowest %s</li></ul>",
            Page.escape(
                String.join(", ", grid.keys())
                    + " of "
                    + spec.network()
                    + "; "
                    + Banner.phases(spec.relaxation())
                    + " (first point)"),
            Page.escape(verdict),
            grid.points().size(),
            grid.settings(),
            Page.escape(GridReport.value(objective, rows.get(0))),
            Page.escape(objective.title()));
    return Page.html(
        new Page.Contents(name, Page.warnings(warnings) + lead, main.toString(), "1", false));
  }

  private String table() {
    StringBuilder html =
        new StringBuilder(
            "<div class=\"scroll\" tabindex=\"0\"><table id=\"settings\"><tr><th>rank</th><th>"
                + Page.escape(objective.title())
                + "</th><th>epochs</th>");
    grid.keys().forEach(key -> html.append("<th>").append(Page.escape(key)).append("</th>"));
    html.append("<th></th></tr>");
    for (int rank = 0; rank < rows.size(); rank++) {
      Summary.Row row = rows.get(rank);
      html.append(
          String.format(
              Locale.ROOT,
              "<tr><td>%d</td><td>%s</td><td>%d</td>",
              rank + 1,
              Page.escape(GridReport.value(objective, row)),
              row.epochs()));
      grid.keys()
          .forEach(
              key ->
                  html.append("<td>")
                      .append(Page.escape(row.values().getOrDefault(key, "")))
                      .append("</td>"));
      String failure = row.failure();
      html.append("<td>")
          .append(
              failure != null
                  ? Page.escape("failed: " + failure)
                  : row.warnings().isEmpty()
                      ? GridReport.state(row)
                      : Page.escape("warning: " + String.join("; ", row.warnings())))
          .append("</td></tr>");
    }
    return html.append("</table></div>").toString();
  }
}
