package org.eqprop.grid;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.eqprop.report.ConsoleReport;
import org.eqprop.report.Page;

/** A grid's page: the settings, ranked, and its pictures, in one file. */
final class GridPage {
  private final Grid grid;
  private final Objective objective;
  private final List<Summary.Row> rows;

  /**
   * @param rows the settings, ranked; one at least
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
   * @param verdict what the search has come to, a sentence; may be empty
   * @param warnings what looks wrong with the data or the best setting, a line each
   * @param pictures PNG files by name
   */
  String html(String name, String verdict, List<String> warnings, Map<String, byte[]> pictures) {
    StringBuilder main = new StringBuilder("<section><h2>Settings, ranked</h2>").append(table());
    main.append("</section><section><h2>Pictures</h2><div class=\"row\">");
    pictures.forEach((file, png) -> main.append(Page.figure(title(file), good(file), png)));
    main.append("</div></section>");
    var rule = grid.points().get(0).configuration().rule();
    String lead =
        String.format(
            Locale.ROOT,
            "<p class=\"soft\">%s</p><p>%s</p><ul class=\"key\"><li><b>%,d</b>points</li><li><b>%,d</b>settings</li><li><b>%s</b>lowest %s</li></ul>",
            Page.escape(
                String.join(", ", grid.keys())
                    + " of "
                    + rule.topology()
                    + "; "
                    + ConsoleReport.phases(rule.relaxation())
                    + " (first point)"),
            Page.escape(verdict),
            grid.points().size(),
            grid.settings(),
            Page.escape(GridReport.value(objective, rows.get(0))),
            Page.escape(objective.title()));
    return Page.html(
        new Page.Contents(name, Page.warnings(warnings) + lead, main.toString(), "1", false));
  }

  private static String title(String file) {
    return file.replaceAll("\\.png$", "")
        .replaceFirst("^(axis|heat)-", "$1: ")
        .replace('+', '/')
        .replace("learning-curves", "learning curves");
  }

  private static String good(String file) {
    if (file.startsWith("axis")) {
      return "Good: the best lies within the axis and not at an end of it, where a further value may be better still.";
    }
    return file.startsWith("heat")
        ? "Good: a broad blue basin; a single blue cell may be luck. All from half as high again as the lowest is orange."
        : "Good: the best are ahead early, which is what lets successive halving save.";
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
