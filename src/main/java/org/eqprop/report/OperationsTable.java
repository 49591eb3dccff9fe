package org.eqprop.report;

import java.util.List;
import java.util.Locale;
import org.eqprop.config.RunConfiguration;
import org.eqprop.learning.Operations;

/** A table of the hardware operations per image, counted from the network and the steps. */
final class OperationsTable {
  private static final List<String> HEADINGS =
      List.of(
          "for one image",
          "multiply-adds",
          "state updates",
          "weight reads",
          "weight writes",
          "energy (µJ)");

  private OperationsTable() {}

  static String html(RunConfiguration configuration) {
    Operations inference = Operations.inference(configuration.spec());
    Operations update = Operations.update(configuration.spec());
    StringBuilder html =
        new StringBuilder(
            Page.note(
                "Counted from the network and its steps, not measured; the energy follows from the costs under"
                    + " energy in the configuration. Weight writes are those of a batch, divided by its number of images."));
    html.append("<div class=\"scroll\" tabindex=\"0\"><table id=\"operations\"><tr>");
    HEADINGS.forEach(heading -> html.append("<th>").append(heading).append("</th>"));
    html.append("</tr>");
    row(html, "inference (free phase)", inference, configuration);
    row(html, "update (nudged phases, contrast)", update, configuration);
    row(html, "training (both)", inference.plus(update), configuration);
    return html.append("</table></div>").toString();
  }

  private static void row(
      StringBuilder html, String name, Operations operations, RunConfiguration configuration) {
    html.append(
        String.format(
            Locale.ROOT,
            "<tr><th scope=\"row\">%s</th><td>%,.0f</td><td>%,.0f</td><td>%,.0f</td><td>%,.0f</td><td>%.3g</td></tr>",
            name,
            operations.multiplyAdds(),
            operations.stateUpdates(),
            operations.weightReads(),
            operations.weightWrites(),
            1e6 * operations.energy(configuration.costs())));
  }
}
